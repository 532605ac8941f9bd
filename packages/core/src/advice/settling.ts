import { RECENT_LATENCY_MS } from '../contract/index.ts'
import type { Snapshot } from '../metrics/index.ts'
import type { AdviceSettings } from './advice-settings.ts'

/** How far back a metric looks, milliseconds: end-to-end latencies are told over the last seconds, all else over its own time. */
export function looksBackMs(metric: string): number {
  return ['p50', 'p95', 'p99'].includes(metric) ? RECENT_LATENCY_MS : 0
}

/** From when on nothing that is measured is of what was at `at` or before: it has settled, and no latency looks back to it. */
export function clearFrom(at: number, settings: AdviceSettings): number {
  return at + settings['advice.settle'] + RECENT_LATENCY_MS
}

/** When the provider was started, wall-clock milliseconds; undefined while it is not known. */
export function startedAt({ provider }: Snapshot): number | undefined {
  return provider.known ? provider.value.at - provider.value.uptimeMs : undefined
}

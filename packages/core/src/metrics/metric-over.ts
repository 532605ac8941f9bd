import type { Metric } from './evaluation.ts'
import type { History } from './history.ts'
import { type Reading, unknown } from './reading.ts'
import type { Threshold, ThresholdState } from './threshold.ts'

/** A metric over (from, to]: what it is now, and what its samples in the window come to. */
export function metricOver(
  history: History,
  metric: string,
  {
    from,
    to,
    now,
    threshold,
    state,
  }: {
    from: number
    to: number
    now: Reading<number> | undefined
    threshold?: Threshold | undefined
    state?: ThresholdState | undefined
  },
): Metric {
  const { times, values } = history.values(metric, { from, to })
  const judged = {
    now: now ?? unknown('it was not measured yet'),
    samples: values.length,
    limit: threshold?.warn ?? null,
    state: state?.word ?? null,
  }
  if (values.length === 0)
    return { ...judged, average: null, min: null, max: null, p95: null, perMinute: null }
  const sorted = values.toSorted((a, b) => a - b)
  return {
    ...judged,
    average: values.reduce((sum, value) => sum + value, 0) / values.length,
    min: sorted[0] ?? null,
    max: sorted.at(-1) ?? null,
    p95: percentile(sorted, 0.95),
    perMinute: slopePerMinute(times, values),
  }
}

/** The smallest value that at least this share of all is not above (nearest rank). */
function percentile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null
}

/** Least squares; fewer than three samples are no trend. */
function slopePerMinute(times: readonly number[], values: readonly number[]): number | null {
  if (values.length < 3) return null
  const start = times[0] as number
  const minutes = times.map((time) => (time - start) / 60_000)
  const meanX = minutes.reduce((sum, x) => sum + x, 0) / minutes.length
  const meanY = values.reduce((sum, y) => sum + y, 0) / values.length
  let [above, below] = [0, 0]
  for (const [index, x] of minutes.entries()) {
    above += (x - meanX) * ((values[index] as number) - meanY)
    below += (x - meanX) ** 2
  }
  return below > 0 ? above / below : null
}

/** The mean of a metric in (from, to]; undefined when it is not known there. */
export function meanOver(
  history: History,
  metric: string,
  window: { from: number; to: number },
): number | undefined {
  const { values } = history.values(metric, window)
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length
}

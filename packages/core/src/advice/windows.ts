import { measure, metricName } from '../metrics/index.ts'
import { formatDuration } from '../units/index.ts'
import type { AdviceContext } from './context.ts'
import { looksBackMs, startedAt } from './settling.ts'

/** What a metric came to in one window. */
export interface Span {
  average: number
  min: number
  max: number
  p95: number
}

/** A metric over windows in a row, oldest first, and over all of them together. */
export interface Told {
  known: true
  windows: readonly Span[]
  whole: Span
  times: readonly number[]
  values: readonly number[]
  /** Of all windows together. */
  windowMs: number
}

/** Why a rule cannot judge. `enoughAt` is when it will be able to, wall-clock milliseconds; null when that cannot be told. */
export interface Missing {
  known: false
  why: string
  enoughAt: number | null
}

/**
 * The last windows of a metric up to now. A gap as long as a window is no data: what is not known is never taken for 0. Nor is a
 * time in which the provider was paused or, as after a change, had just been started: it says nothing of the load that limits, slots
 * and fetches have to bear.
 */
export function lastWindows(
  context: AdviceContext,
  metric: string,
  count: number = context.settings['advice.windows'],
): Told | Missing {
  const { evaluator, now, settings } = context
  const each = settings['advice.window']
  const from = now - count * each
  const looksBack = looksBackMs(metric)
  const disturbed = isLoad(metric) ? lastDisturbance(context, from - looksBack) : undefined
  if (disturbed)
    return {
      known: false,
      why: `the provider ${disturbed.what}, and ${formatDuration(count * each)} of its readings are needed`,
      enoughAt: disturbed.at + looksBack + count * each,
    }
  const { times, values } = evaluator.history.values(metric, { from, to: now })
  const since = toldSince(times, { now, gapMs: each })
  if (since === undefined)
    return { known: false, why: `${metricName(metric)}: ${whyUnknown(context, metric)}`, enoughAt: null }
  const windows = Array.from({ length: count }, (_, index) =>
    values.filter((_value, at) => Math.ceil(((times[at] as number) - from) / each) - 1 === index),
  )
  // A rate begins with the second sample, so half of the first window is enough.
  if (since - from > each / 2 || windows.some((own) => own.length === 0))
    return {
      known: false,
      why: `${metricName(metric)} is known for ${formatDuration(now - since)}, and ${formatDuration(count * each)} are needed`,
      enoughAt: since + count * each,
    }
  return {
    known: true,
    windows: windows.map(summarise),
    whole: summarise(values),
    times,
    values,
    windowMs: count * each,
  }
}

/** What depends on how much flows; memory that is short is so without readings too. */
function isLoad(metric: string): boolean {
  return !/^(memory|heap)\//.test(metric)
}

/** When, after `from`, what flowed was not the load; undefined when it was all the time. */
function lastDisturbance(
  { evaluator, snapshot, settings, now }: AdviceContext,
  from: number,
): { what: string; at: number } | undefined {
  const { times, values } = evaluator.history.values('provider.paused', { from, to: now })
  const pausedAt = times[values.lastIndexOf(1)]
  if (pausedAt !== undefined) return { what: 'was paused', at: pausedAt }
  const started = startedAt(snapshot)
  if (started === undefined) return undefined
  const settled = started + settings['advice.settle']
  return settled > from
    ? { what: `was started ${formatDuration(now - started)} ago`, at: settled }
    : undefined
}

/** Whether something holds in more than half of the windows. */
export function mostWindows({ windows }: Told, holds: (span: Span) => boolean): boolean {
  return windows.filter(holds).length * 2 > windows.length
}

/** The average, the ends and the p95 (nearest rank) of at least one value. */
export function summarise(values: readonly number[]): Span {
  const sorted = values.toSorted((a, b) => a - b)
  return {
    average: values.reduce((sum, value) => sum + value, 0) / values.length,
    min: sorted[0] as number,
    max: sorted.at(-1) as number,
    p95: sorted[Math.ceil(0.95 * sorted.length) - 1] as number,
  }
}

/** Since when samples come without a gap up to now; undefined when the newest is older than a gap. */
function toldSince(
  times: readonly number[],
  { now, gapMs }: { now: number; gapMs: number },
): number | undefined {
  let since: number | undefined
  for (const time of times.toReversed()) {
    if ((since ?? now) - time >= gapMs) break
    since = time
  }
  return since
}

function whyUnknown({ snapshot }: AdviceContext, metric: string): string {
  const reading = measure(snapshot).get(metric)
  return reading?.known === false ? reading.why : 'no source told it lately'
}

import { LATENCY_BOUNDS_MS, type LatencyBuckets } from '../contract/index.ts'
import type { Snapshot } from '../metrics/index.ts'

/** The latencies of all records so far, as the backend counted them at an instant of its own. */
export interface LatencyCount {
  at: number
  buckets: LatencyBuckets
}

/** Fewer records say nothing of a p99. */
const FEWEST_RECORDS = 100

/** What the backend had counted at a snapshot; undefined where it does not tell. */
export function latencyCountOf({ backend }: Snapshot): LatencyCount | undefined {
  if (!backend.known || !backend.value.endToEndBuckets) return undefined
  return { at: backend.value.at, buckets: backend.value.endToEndBuckets }
}

/**
 * A percentile (0 to 1) of the records that arrived in (from, to] alone, in milliseconds, to within their bucket: straight lines between
 * its bounds. Undefined with too few records, or where the counts do not reach back. Counts go up in time.
 */
export function percentileBetween(
  counts: readonly LatencyCount[],
  { from, to, percentile }: { from: number; to: number; percentile: number },
): number | undefined {
  const before = counts.findLast(({ at }) => at <= from)
  const after = counts.findLast(({ at }) => at <= to)
  if (!before || !after || after === before) return undefined
  const total = after.buckets.count - before.buckets.count
  if (total < FEWEST_RECORDS) return undefined
  let left = Math.ceil(percentile * total)
  for (const [index, bound] of LATENCY_BOUNDS_MS.entries()) {
    const count = (after.buckets.counts[index] ?? 0) - (before.buckets.counts[index] ?? 0)
    if (count < 0) return undefined
    const lower = LATENCY_BOUNDS_MS[index - 1] ?? 0
    if (left <= count) return lower + ((bound - lower) * left) / count
    left -= count
  }
  return LATENCY_BOUNDS_MS.at(-1)
}

import { createHistogram } from 'node:perf_hooks'
import type { Latency } from '@radtune/core/contract'

const MICROSECONDS = 1000
const LONGEST_US = 3_600_000_000

/** A histogram of latencies in milliseconds, kept in microseconds; `take` reads the percentiles and starts afresh. */
export interface LatencyMeter {
  record(ms: number): void
  take(): Latency
}

export function createLatencyMeter(): LatencyMeter {
  const histogram = createHistogram({ lowest: 1, highest: LONGEST_US, figures: 3 })
  return {
    record(ms) {
      histogram.record(Math.min(LONGEST_US, Math.max(1, Math.round(ms * MICROSECONDS))))
    },
    take() {
      const { count } = histogram
      const at = (percentile: number) =>
        count === 0 ? null : histogram.percentile(percentile) / MICROSECONDS
      const latency = {
        count,
        p50Ms: at(50),
        p99Ms: at(99),
        p999Ms: at(99.9),
        maxMs: count === 0 ? null : histogram.max / MICROSECONDS,
      }
      histogram.reset()
      return latency
    },
  }
}

import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import type { Latency } from '@radtune/core/contract'

/** Latencies of the last ten seconds and since start. */
export interface LatencyWindow {
  record(ms: number): void
  /** To be called every second: the oldest second leaves the window. */
  turn(): void
  recent(): Latency
  sinceStart(): Latency
}

const SECONDS = 10
const MICROSECONDS = 1000
const LONGEST_US = 3_600_000_000

/** Kept in microseconds to 3 significant figures, at most an hour, 180 KB a second of the window. */
export function createLatencyWindow(): LatencyWindow {
  const seconds = Array.from({ length: SECONDS }, histogramOfHours)
  const total = histogramOfHours()
  const merged = histogramOfHours()
  let current = 0
  let summary: Latency | undefined
  return {
    record(ms) {
      const us = Math.min(LONGEST_US, Math.max(1, Math.round(ms * MICROSECONDS)))
      seconds[current]?.record(us)
      total.record(us)
      if (summary?.count === 0) summary = undefined
    },
    turn() {
      current = (current + 1) % SECONDS
      seconds[current]?.reset()
      summary = undefined
    },
    recent() {
      if (!summary) {
        merged.reset()
        for (const second of seconds) merged.add(second)
        summary = summarise(merged)
      }
      return summary
    },
    sinceStart: () => summarise(total),
  }
}

function histogramOfHours(): RecordableHistogram {
  return createHistogram({ lowest: 1, highest: LONGEST_US, figures: 3 })
}

function summarise(histogram: RecordableHistogram): Latency {
  const { count } = histogram
  const at = (percentile: number) => (count === 0 ? null : histogram.percentile(percentile) / MICROSECONDS)
  return {
    count,
    p50Ms: at(50),
    p99Ms: at(99),
    p999Ms: at(99.9),
    maxMs: count === 0 ? null : histogram.max / MICROSECONDS,
  }
}

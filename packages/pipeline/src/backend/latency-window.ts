import type { Latency, LatencyBuckets } from '@radtune/core/contract'
import { LatencyBucketCounts, LatencyHistogram } from '../stats-server/index.ts'

/** Latencies of the last ten seconds and since start. */
export interface LatencyWindow {
  record(ms: number): void
  /** To be called every second: the oldest second leaves the window. */
  turn(): void
  recent(): Latency
  sinceStart(): Latency
  buckets(): LatencyBuckets
}

const SECONDS = 10

/** 180 KB a second of the window. */
export function createLatencyWindow(): LatencyWindow {
  const seconds = Array.from({ length: SECONDS }, () => new LatencyHistogram())
  const total = new LatencyHistogram()
  const buckets = new LatencyBucketCounts()
  const merged = new LatencyHistogram()
  let current = 0
  let summary: Latency | undefined
  return {
    record(ms) {
      seconds[current]?.record(ms)
      total.record(ms)
      buckets.record(ms)
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
        summary = merged.summary()
      }
      return summary
    },
    sinceStart: () => total.summary(),
    buckets: () => buckets.read(),
  }
}

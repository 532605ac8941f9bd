import { type Latency, type LatencyBuckets, RECENT_LATENCY_MS } from '@radtune/core/contract'
import { LatencyBucketCounts, LatencyHistogram } from '../stats-server/index.ts'

/** Latencies of the last `RECENT_LATENCY_MS` and since start. */
export interface LatencyWindow {
  record(ms: number): void
  /** To be called every second: the oldest second leaves the window. */
  turn(): void
  recent(): Latency
  sinceStart(): Latency
  buckets(): LatencyBuckets
}

const SECONDS = RECENT_LATENCY_MS / 1000

/** 180 KB a second of the window. */
export function createLatencyWindow(): LatencyWindow {
  const seconds = Array.from({ length: SECONDS }, () => new LatencyHistogram())
  /** Of the seconds that have left the window. */
  const former = new LatencyHistogram()
  const buckets = new LatencyBucketCounts()
  const merged = new LatencyHistogram()
  let current = 0
  let summary: Latency | undefined

  function sum(parts: readonly LatencyHistogram[]): Latency {
    merged.reset()
    for (const part of parts) merged.add(part)
    return merged.summary()
  }

  return {
    record(ms) {
      seconds[current]?.record(ms)
      buckets.record(ms)
      if (summary?.count === 0) summary = undefined
    },
    turn() {
      current = (current + 1) % SECONDS
      const oldest = seconds[current] as LatencyHistogram
      former.add(oldest)
      oldest.reset()
      summary = undefined
    },
    recent() {
      summary ??= sum(seconds)
      return summary
    },
    sinceStart: () => sum([former, ...seconds]),
    buckets: () => buckets.read(),
  }
}

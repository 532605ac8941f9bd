import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { LATENCY_BOUNDS_MS, type Latency, type LatencyBuckets } from '@radtune/core/contract'

const MICROSECONDS = 1000
const LONGEST_US = 3_600_000_000

/** Latencies in milliseconds, kept in microseconds to 3 significant figures, at most an hour. */
export class LatencyHistogram {
  readonly #histogram: RecordableHistogram = createHistogram({ lowest: 1, highest: LONGEST_US, figures: 3 })

  record(ms: number): void {
    this.#histogram.record(Math.min(LONGEST_US, Math.max(1, Math.round(ms * MICROSECONDS))))
  }

  add(other: LatencyHistogram): void {
    this.#histogram.add(other.#histogram)
  }

  reset(): void {
    this.#histogram.reset()
  }

  summary(): Latency {
    const { count } = this.#histogram
    const at = (percentile: number) =>
      count === 0 ? null : this.#histogram.percentile(percentile) / MICROSECONDS
    return {
      count,
      p50Ms: at(50),
      p95Ms: at(95),
      p99Ms: at(99),
      p999Ms: at(99.9),
      maxMs: count === 0 ? null : this.#histogram.max / MICROSECONDS,
    }
  }
}

/** Latencies counted in buckets since the start. */
export class LatencyBucketCounts {
  readonly #buckets: LatencyBuckets = { count: 0, sumMs: 0, counts: LATENCY_BOUNDS_MS.map(() => 0) }

  record(ms: number): void {
    const late = Math.max(0, ms)
    this.#buckets.count += 1
    this.#buckets.sumMs += late
    let bucket = 0
    while (bucket < LATENCY_BOUNDS_MS.length && late > (LATENCY_BOUNDS_MS[bucket] as number)) bucket += 1
    if (bucket < LATENCY_BOUNDS_MS.length)
      this.#buckets.counts[bucket] = (this.#buckets.counts[bucket] ?? 0) + 1
  }

  read(): LatencyBuckets {
    return { ...this.#buckets, counts: [...this.#buckets.counts] }
  }
}

/** Latencies twice over: of the present interval, which `take` reads and ends, and in buckets since the start. */
export class LatencyMeter {
  readonly #interval = new LatencyHistogram()
  readonly #buckets = new LatencyBucketCounts()

  /** Times that are no numbers are passed over: they come from a header that anybody may write. */
  record(ms: number): void {
    if (!Number.isFinite(ms)) return
    this.#interval.record(ms)
    this.#buckets.record(ms)
  }

  take(): Latency {
    const summary = this.#interval.summary()
    this.#interval.reset()
    return summary
  }

  buckets(): LatencyBuckets {
    return this.#buckets.read()
  }
}

/** A histogram as Prometheus text: prom-client observes values one by one and cannot take counts made elsewhere. */
export function latencyHistogramText(
  { name, help }: { name: string; help: string },
  series: readonly { labels: Readonly<Record<string, string>>; buckets: LatencyBuckets }[],
): string {
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`]
  for (const { labels, buckets } of series) {
    const written = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
    let below = 0
    for (const [index, bound] of LATENCY_BOUNDS_MS.entries()) {
      below += buckets.counts[index] ?? 0
      lines.push(`${name}_bucket{${[...written, `le="${bound}"`].join(',')}} ${below}`)
    }
    lines.push(`${name}_bucket{${[...written, 'le="+Inf"'].join(',')}} ${buckets.count}`)
    lines.push(`${name}_sum{${written.join(',')}} ${buckets.sumMs}`)
    lines.push(`${name}_count{${written.join(',')}} ${buckets.count}`)
  }
  return `${lines.join('\n')}\n`
}

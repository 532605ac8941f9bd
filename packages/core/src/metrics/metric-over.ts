import type { Metric } from './evaluation.ts'
import { createScratch, type History, type Scratch } from './history.ts'
import { type Reading, unknown } from './reading.ts'
import type { Threshold, ThresholdState } from './threshold.ts'

/** A span of time, its beginning left out. */
export interface Window {
  from: number
  to: number
}

/** What is known of a metric beside its samples. */
export interface Judged {
  now: Reading<number> | undefined
  threshold: Threshold | undefined
  state: ThresholdState | undefined
}

/** Answers what the samples of metrics in windows come to. One for each history: it uses its room again and again. */
export interface WindowReader {
  metric(name: string, window: Window, judged: Judged): Metric
  /** The mean; undefined when the metric is not known there. */
  mean(name: string, window: Window): number | undefined
}

export function createWindowReader(history: History): WindowReader {
  const scratch = createScratch(history.capacity)
  return {
    metric(name, window, { now, threshold, state }) {
      const count = history.read(name, window, scratch)
      return {
        now: now ?? unknown('it was not measured yet'),
        ...summaryOf(scratch, count),
        samples: count,
        limit: threshold?.warn ?? null,
        state: state?.word ?? null,
      }
    },
    mean(name, window) {
      const count = history.read(name, window, scratch)
      return count === 0 ? undefined : sumOf(scratch.values, count) / count
    },
  }
}

function summaryOf(
  scratch: Scratch,
  count: number,
): Pick<Metric, 'average' | 'min' | 'max' | 'p95' | 'perMinute'> {
  if (count === 0) return { average: null, min: null, max: null, p95: null, perMinute: null }
  const average = sumOf(scratch.values, count) / count
  const perMinute = slopePerMinute(scratch, count, average)
  const sorted = scratch.values.subarray(0, count).sort()
  return {
    average,
    min: sorted[0] as number,
    max: sorted[count - 1] as number,
    // The smallest value that 95 % are not above (nearest rank).
    p95: sorted[Math.ceil(0.95 * count) - 1] as number,
    perMinute,
  }
}

/** Least squares; fewer than three samples are no trend. */
function slopePerMinute({ times, values }: Scratch, count: number, average: number): number | null {
  if (count < 3) return null
  const start = times[0] as number
  const meanMinutes = (sumOf(times, count) / count - start) / 60_000
  let [above, below] = [0, 0]
  for (let index = 0; index < count; index += 1) {
    const x = ((times[index] as number) - start) / 60_000 - meanMinutes
    above += x * ((values[index] as number) - average)
    below += x * x
  }
  return below > 0 ? above / below : null
}

function sumOf(numbers: Float64Array, count: number): number {
  let sum = 0
  for (let index = 0; index < count; index += 1) sum += numbers[index] as number
  return sum
}

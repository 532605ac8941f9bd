/** A counter as it was at a time. */
export interface Sample {
  at: number
  value: number
}

/** The time in which both were looked at. */
export function overlap(a: readonly Sample[], b: readonly Sample[]): { from: number; to: number } {
  return {
    from: Math.max(a[0]?.at ?? 0, b[0]?.at ?? 0),
    to: Math.min(a.at(-1)?.at ?? 0, b.at(-1)?.at ?? 0),
  }
}

/** What a counter gained per second. */
export function rateIn(samples: readonly Sample[], { from, to }: { from: number; to: number }): number {
  return ((valueAt(samples, to) - valueAt(samples, from)) * 1000) / (to - from)
}

/** Between two samples a counter is taken to grow evenly. Throws for a time after the last one. */
export function valueAt(samples: readonly Sample[], at: number): number {
  const next = samples.findIndex((sample) => sample.at >= at)
  const [before, after] = [samples[next - 1], samples[next]]
  if (!after) throw new Error('nobody looked at that time')
  if (!before || after.at === before.at) return after.value
  return before.value + ((after.value - before.value) * (at - before.at)) / (after.at - before.at)
}

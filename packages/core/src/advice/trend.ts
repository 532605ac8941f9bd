/** A straight line through samples: what it gains per second, and how far off that may be. */
export interface Trend {
  perSecond: number
  /** Standard error of it. */
  error: number
}

/** Least squares; undefined with fewer than three samples. */
export function trendOf({
  times,
  values,
}: {
  /** Milliseconds. */
  times: readonly number[]
  values: readonly number[]
}): Trend | undefined {
  const count = times.length
  if (count < 3) return undefined
  const start = times[0] as number
  const seconds = times.map((time) => (time - start) / 1000)
  const meanX = seconds.reduce((sum, x) => sum + x, 0) / count
  const meanY = values.reduce((sum, y) => sum + y, 0) / count
  let [above, below] = [0, 0]
  for (const [index, x] of seconds.entries()) {
    above += (x - meanX) * ((values[index] as number) - meanY)
    below += (x - meanX) ** 2
  }
  if (below === 0) return undefined
  const perSecond = above / below
  const residual = seconds.reduce(
    (sum, x, index) => sum + ((values[index] as number) - meanY - perSecond * (x - meanX)) ** 2,
    0,
  )
  return { perSecond, error: Math.sqrt(residual / (count - 2) / below) }
}

/** Whether it goes up beyond doubt: by more than two standard errors. */
export function rises({ perSecond, error }: Trend): boolean {
  return perSecond > 0 && perSecond > 2 * error
}

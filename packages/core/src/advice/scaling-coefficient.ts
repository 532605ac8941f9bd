/** Records per second that so many saturated slots processed. */
export interface Observation {
  slots: number
  perSecond: number
}

const ENOUGH = 3

/** What more slots are worth while nobody has measured it. */
export const COEFFICIENT_BOUNDS = { low: 0.5, high: 1 } as const

/**
 * How much of its worth a slot keeps when there are more of them: the least-squares fit of rates against those of slots that
 * scale without loss, from the fewest slots that were observed, within 0.5 to 1. Undefined with fewer than three observations.
 * Source: Flink autoscaler, observed scalability.
 */
export function scalingCoefficient(observations: readonly Observation[]): number | undefined {
  const usable = observations.filter(({ slots, perSecond }) => slots > 0 && perSecond > 0)
  if (usable.length < ENOUGH) return undefined
  const base = usable.reduce((least, one) => (one.slots < least.slots ? one : least))
  const perSlot = base.perSecond / base.slots
  let [above, below] = [0, 0]
  for (const { slots, perSecond } of usable) {
    const ideal = perSlot * slots
    above += ideal * perSecond
    below += ideal * ideal
  }
  return Math.min(COEFFICIENT_BOUNDS.high, Math.max(COEFFICIENT_BOUNDS.low, above / below))
}

/** The range of the coefficient: the measured one at both ends, else what is thought possible. */
export function coefficientRange(observations: readonly Observation[]): { low: number; high: number } {
  const measured = scalingCoefficient(observations)
  return measured === undefined ? COEFFICIENT_BOUNDS : { low: measured, high: measured }
}

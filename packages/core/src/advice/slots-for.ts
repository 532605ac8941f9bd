import { largestDivisor } from '../stack/index.ts'

/** One step takes at most this share away. Source: `scale-down.max-factor` of the Flink autoscaler. */
export const MOST_SHRINK_SHARE = 0.6

/** Demand ÷ capacity up to which nothing is added. Source: Flink autoscaler, the upper end of target 0.7 ± 0.3. */
const MOST_UTILISATION = 1

/** All divisors, upwards: the numbers of slots that have as many partitions each. */
export function divisorsOf(partitions: number): number[] {
  return Array.from({ length: Math.max(0, partitions) }, (_, index) => index + 1).filter(
    (candidate) => partitions % candidate === 0,
  )
}

/** Whether more is asked for (records per second) than can be done: less than that is left alone. */
export function isOverloaded({ demand, capacity }: { demand: number; capacity: number }): boolean {
  return demand > MOST_UTILISATION * capacity
}

/**
 * The fewest slots, more than now, that can do what is required: a divisor of the partitions up to `most`. The fewest of
 * those that can do most when none can; undefined when there is none.
 */
export function growSlots({
  current,
  partitions,
  most,
  required,
  capacity,
}: {
  current: number
  partitions: number
  most: number
  /** Records per second. */
  required: number
  capacity: (slots: number) => number
}): number | undefined {
  const candidates = divisorsOf(partitions).filter((slots) => slots > current && slots <= most)
  const best = Math.max(...candidates.map(capacity))
  return candidates.find((slots) => capacity(slots) >= Math.min(required, best))
}

/** The most slots, fewer than now, that fit: a divisor of the partitions within one step; undefined when there is none. */
export function shrinkSlots({
  current,
  partitions,
  fitting,
}: {
  current: number
  partitions: number
  /** Slots that there is CPU for. */
  fitting: number
}): number | undefined {
  const least = Math.max(1, Math.ceil(current * (1 - MOST_SHRINK_SHARE)))
  const wanted = largestDivisor(partitions, Math.min(current - 1, Math.max(fitting, least)))
  return wanted >= least && wanted < current ? wanted : undefined
}

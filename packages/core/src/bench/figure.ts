import { z } from 'zod'

/** A measurement over the parts of one window. */
export const figureSchema = z.object({
  /** The median of the parts: a hiccup of something else in one part does not move it. */
  value: z.number(),
  /** Twice the robust deviation of a part: differences up to this are variation. */
  noise: z.number(),
  /** Of the parts. */
  min: z.number(),
  max: z.number(),
})
export type Figure = z.infer<typeof figureSchema>

/** The deviation of a normal distribution is this many median absolute deviations: 1 ÷ Φ⁻¹(3/4). */
const DEVIATIONS_PER_MAD = 1.4826
const FEWEST_PARTS = 3

/**
 * The figure of a window by what its parts came to: their median, with two robust standard deviations (1.4826 × the median absolute
 * deviation) as noise. Undefined with fewer than three parts, which tell nothing of their variation.
 */
export function figureOf(parts: readonly number[]): Figure | undefined {
  if (parts.length < FEWEST_PARTS || !parts.every(Number.isFinite)) return undefined
  const value = median(parts)
  const deviation = DEVIATIONS_PER_MAD * median(parts.map((part) => Math.abs(part - value)))
  return { value, noise: 2 * deviation, min: Math.min(...parts), max: Math.max(...parts) }
}

/** The middle of at least one number; of two middles, their mean. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] as number
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2
}

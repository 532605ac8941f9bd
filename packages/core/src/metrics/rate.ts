import { known, type Reading, unknown } from './reading.ts'

/**
 * What a counter gained per second between two readings, over the time that really passed between them. A counter that went
 * down began anew, and gives no rate; the same reading again gives the rate that it gave before.
 */
export function rateBetween(
  before: Reading<number> | undefined,
  after: Reading<number>,
  rateBefore?: Reading<number>,
): Reading<number> {
  if (!after.known) return after
  if (!before) return unknown('a rate needs two samples')
  if (!before.known) return unknown(before.why)
  if (after.at <= before.at) return rateBefore ?? unknown('there is no newer sample yet')
  if (after.value < before.value) return unknown('the counter began anew')
  return finite(((after.value - before.value) * 1000) / (after.at - before.at), after.at)
}

/** One counter's gain as a share of another's; nothing to be shared is unknown, not 0. */
export function shareOf(part: Reading<number>, whole: Reading<number>, nothing: string): Reading<number> {
  if (!part.known) return part
  if (!whole.known) return whole
  if (whole.value <= 0) return unknown(nothing)
  return finite(part.value / whole.value, Math.min(part.at, whole.at))
}

/** The sum of readings, as old as the oldest of them; unknown when one of them is, or when there is none. */
export function sumOf(parts: readonly Reading<number>[], none: string): Reading<number> {
  let sum = 0
  let at = Number.POSITIVE_INFINITY
  for (const part of parts) {
    if (!part.known) return part
    sum += part.value
    at = Math.min(at, part.at)
  }
  return parts.length === 0 ? unknown(none) : finite(sum, at)
}

/** A number as a reading; what came out as no number at all is unknown. */
export function finite(value: number, at: number): Reading<number> {
  return Number.isFinite(value) ? known(value, at) : unknown('the source gave no number')
}

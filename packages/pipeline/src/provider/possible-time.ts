import { parseCapturedTime } from '@radtune/core/safecast'

const EARLIEST_US = Date.UTC(2011, 2, 1) * 1000
const TOLERANCE_US = 48 * 3_600_000 * 1000

/**
 * A captured time that can be meant, as microseconds since 1970: after Safecast began (2011-03-01) and at most 48 hours ahead
 * of now. Undefined for the dates of broken clocks, which must stretch neither a span nor a pause.
 */
export function possibleTimeUs(text: string | undefined, nowMs: number): number | undefined {
  const instantUs = parseCapturedTime(text ?? '')
  return instantUs > EARLIEST_US && instantUs <= nowMs * 1000 + TOLERANCE_US ? instantUs : undefined
}

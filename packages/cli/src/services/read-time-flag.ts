import { RadtuneError } from '@radtune/core/errors'
import { formatDuration, parseDuration } from '@radtune/core/units'

/** What a flag that takes a time can take, in milliseconds, and how a user would write it. */
interface TimeFlag {
  flag: string
  min?: number
  max?: number
  /** A command line that is right. */
  example: string
}

const HOUR_MS = 3_600_000

/** A time of the command line in milliseconds; a bare number is seconds. Throws RT-CLI-003 outside 1 ms to 1 h or what is named. */
export function readTimeFlag(text: string, { flag, min = 1, max = HOUR_MS, example }: TimeFlag): number {
  const parsed = parseDuration(/^\d+(\.\d+)?$/.test(text.trim()) ? `${text.trim()}s` : text)
  if (parsed.ok && parsed.value >= min && parsed.value <= max) return parsed.value
  throw new RadtuneError('RT-CLI-003', {
    what: `--${flag} ${text} is not a time that it can take`,
    why: parsed.ok ? `it is between ${formatDuration(min)} and ${formatDuration(max)}` : parsed.problem,
    fix: [example],
  })
}

import { RadtuneError } from '@radtune/core/errors'
import { formatDuration, parseDuration } from '@radtune/core/units'

/**
 * Reads a flag that is a time, as milliseconds; a bare number is seconds, as everywhere on a command line. Throws RT-CLI-003 outside of
 * `least` and `most`, which are 1 ms and 1 h.
 */
export function readTime(
  flag: string,
  text: string,
  {
    least = 1,
    most = 3_600_000,
    why,
    example,
  }: { least?: number; most?: number; why?: string; example: string },
): number {
  const parsed = parseDuration(/^\d+(\.\d+)?$/.test(text.trim()) ? `${text.trim()}s` : text)
  if (parsed.ok && parsed.value >= least && parsed.value <= most) return parsed.value
  const range = `it is between ${formatDuration(least)} and ${formatDuration(most)}`
  throw new RadtuneError('RT-CLI-003', {
    what: `--${flag} ${text} is not a time that it can take`,
    why: parsed.ok ? `${range}${why === undefined ? '' : `: ${why}`}` : parsed.problem,
    fix: [example],
  })
}

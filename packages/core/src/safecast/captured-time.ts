const SECOND_US = 1_000_000
const DAY_S = 86_400

/**
 * Reads a captured time as microseconds since 1970 UTC: `YYYY-MM-DD HH:MM:SS[.ffffff]`, the same with `T` and an optional
 * `Z`, or `YYYY/MM/DD HH:MM:SS` with an optional ` +0000`, trimmed; no zone means UTC. NaN for everything else and for
 * dates that the calendar does not have. Exact up to the year 2255; a fraction is cut after its sixth digit.
 */
export function parseCapturedTime(text: string): number {
  const instant = scanTime(text)
  if (!Number.isNaN(instant)) return instant
  const trimmed = text.trim()
  return trimmed.length === text.length ? instant : scanTime(trimmed)
}

/** Prints microseconds since 1970 as `2020-01-31T23:58:46Z`, with a fraction of 3 or 6 digits only if there is one. */
export function formatInstantIso(instantUs: number): string {
  return formatInstant(instantUs, 'T', 'Z')
}

/** Prints microseconds since 1970 as dumps do: `2020-01-31 23:58:46`, with a fraction of 3 or 6 digits if there is one. */
export function formatInstantDump(instantUs: number): string {
  return formatInstant(instantUs, ' ', '')
}

function scanTime(text: string): number {
  const { length } = text
  if (length < 19) return Number.NaN
  const separator = text.charCodeAt(4)
  if ((separator !== 45 && separator !== 47) || text.charCodeAt(7) !== separator) return Number.NaN
  const between = text.charCodeAt(10)
  const slashed = separator === 47
  if (between !== 32 && (between !== 84 || slashed)) return Number.NaN
  if (text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return Number.NaN
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2)
  const month = twoDigits(text, 5)
  const day = twoDigits(text, 8)
  const hour = twoDigits(text, 11)
  const minute = twoDigits(text, 14)
  const second = twoDigits(text, 17)
  // A character that is no digit made its number NaN, and every comparison with NaN is false.
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return Number.NaN
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return Number.NaN
  const fractionUs = length === 19 ? 0 : restOf(text, { slashed, zoned: between === 84 })
  const seconds = daysSince1970(year, month, day) * DAY_S + hour * 3600 + minute * 60 + second
  return seconds * SECOND_US + fractionUs
}

/** What follows the seconds: microseconds, or NaN when it is neither a fraction nor a zone of this form. */
function restOf(text: string, form: { slashed: boolean; zoned: boolean }): number {
  if (form.slashed) return text.length === 25 && text.endsWith(' +0000') ? 0 : Number.NaN
  const end = form.zoned && text.charCodeAt(text.length - 1) === 90 ? text.length - 1 : text.length
  if (end === 19) return 0
  if (text.charCodeAt(19) !== 46 || end === 20) return Number.NaN
  let us = 0
  let scale = 100_000
  for (let at = 20; at < end; at += 1) {
    const digit = text.charCodeAt(at) - 48
    if (!(digit >= 0 && digit <= 9)) return Number.NaN
    us += digit * scale
    scale = scale === 1 ? 0 : Math.floor(scale / 10)
  }
  return us
}

function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48
  const ones = text.charCodeAt(at + 1) - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const

function daysIn(year: number, month: number): number {
  return month === 2 && isLeap(year) ? 29 : (monthLengths[month - 1] as number)
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

/**
 * Days since 1970-01-01 in the proleptic Gregorian calendar. Years begin in March, so that the leap day is the last of its
 * year and the days before a month are ⌊(153 m + 2) / 5⌋.
 */
function daysSince1970(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year
  const marchMonth = month <= 2 ? month + 9 : month - 3
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400)
  return marchYear * 365 + leapDays + Math.floor((153 * marchMonth + 2) / 5) + day - 1 - 719_468
}

function formatInstant(instantUs: number, between: string, zone: string): string {
  const seconds = Math.floor(instantUs / SECOND_US)
  const us = instantUs - seconds * SECOND_US
  const days = Math.floor(seconds / DAY_S)
  const ofDay = seconds - days * DAY_S
  const hour = Math.floor(ofDay / 3600)
  const minute = Math.floor((ofDay % 3600) / 60)
  return `${dateText(days)}${between}${two(hour)}:${two(minute)}:${two(ofDay % 60)}${fractionText(us)}${zone}`
}

let lastDays = Number.NaN
let lastDate = ''

/** Neighbouring readings share a day. */
function dateText(days: number): string {
  if (days !== lastDays) {
    lastDate = new Date(days * DAY_S * 1000).toISOString().slice(0, -14)
    lastDays = days
  }
  return lastDate
}

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`
}

function fractionText(us: number): string {
  if (us === 0) return ''
  return us % 1000 === 0 ? `.${String(us / 1000).padStart(3, '0')}` : `.${String(us).padStart(6, '0')}`
}

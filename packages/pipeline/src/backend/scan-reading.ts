import { LEVELS } from '@radtune/core/contract'
import { parseCapturedTime } from '@radtune/core/safecast'
import { type IncomingReading, MAX_TEXT, NO_FLAGS } from './incoming-reading.ts'

/*
 * A value as workers write it (stages/serialise.ts), read where it lies in its batch: no object of the record is made, and no
 * text but its time and its ids. Any other JSON is left to a parser.
 */

/** A whole number of so many digits is exact, and so is its quotient by a power of ten but for one rounding, as in JSON. */
const MAX_DIGITS = 15
const powersOfTen = Array.from({ length: MAX_DIGITS + 1 }, (_, exponent) => 10 ** exponent)

const [MINUS, POINT, ZERO, QUOTE, BACKSLASH] = Buffer.from('-.0"\\') as unknown as [
  number,
  number,
  number,
  number,
  number,
]
const LAST_ASCII = 127

const parts = {
  latitude: Buffer.from('{"latitude":'),
  longitude: Buffer.from(',"longitude":'),
  value: Buffer.from(',"value":'),
  capturedTime: Buffer.from(',"unit":"cpm","captured_time":"'),
  level: Buffer.from('","level":"'),
  critical: Buffer.from('","critical":'),
  true: Buffer.from('true'),
  false: Buffer.from('false'),
  usvh: Buffer.from(',"usvh":'),
  basis: Buffer.from(',"usvh_basis":"'),
  device: Buffer.from('","device_id":"'),
  loader: Buffer.from('","loader_id":"'),
  flags: Buffer.from('","flags":['),
  converted: Buffer.from('"converted"]}'),
  none: Buffer.from(']}'),
}
const levels = LEVELS.map((level) => Buffer.from(level))
const CONVERTED: readonly string[] = ['converted']

/** Reads the JSON of a `ProcessedReading`; false for any form that the stages do not write, and `into` then means nothing. */
export function scanReading(value: Buffer, into: IncomingReading): boolean {
  scan.data = value
  scan.at = 0
  scan.failed = false
  expect(parts.latitude)
  into.latitude = number()
  expect(parts.longitude)
  into.longitude = number()
  expect(parts.value)
  into.value = number()
  expect(parts.capturedTime)
  into.capturedUs = parseCapturedTime(asciiText())
  expect(parts.level)
  into.level = level()
  expect(parts.critical)
  into.critical = skip(parts.true)
  if (!into.critical) expect(parts.false)
  expect(parts.usvh)
  into.usvh = number()
  expect(parts.basis)
  skipText()
  const device = skip(parts.device) ? asciiText() : undefined
  const loader = skip(parts.loader) ? asciiText() : undefined
  expect(parts.flags)
  into.flags = skip(parts.none) ? NO_FLAGS : CONVERTED
  if (into.flags === CONVERTED) expect(parts.converted)
  if (scan.failed || scan.at !== value.length || Number.isNaN(into.capturedUs)) return false
  into.nameSensor(device, loader)
  return true
}

/** Where the scan of one value is. Readings are taken in one after the other, so there is one. */
const scan: { data: Buffer; at: number; failed: boolean } = { data: Buffer.alloc(0), at: 0, failed: false }

/** Goes past these bytes if they come next. */
function skip(part: Buffer): boolean {
  const { data, at } = scan
  for (let index = 0; index < part.length; index += 1) if (data[at + index] !== part[index]) return false
  scan.at = at + part.length
  return true
}

function expect(part: Buffer): void {
  if (!skip(part)) scan.failed = true
}

/** A number without exponent and of few digits. */
function number(): number {
  const { data } = scan
  let { at } = scan
  const negative = data[at] === MINUS
  if (negative) at += 1
  const from = at
  let whole = 0
  let pointAt = -1
  for (; ; at += 1) {
    const byte = data[at] as number
    const digit = byte - ZERO
    if (digit >= 0 && digit <= 9) whole = whole * 10 + digit
    else if (byte === POINT && pointAt < 0 && at > from) pointAt = at
    else break
  }
  scan.at = at
  const decimals = pointAt < 0 ? 0 : at - pointAt - 1
  const leadingZero = data[from] === ZERO && at - from > 1 && pointAt !== from + 1
  if (at === from || at - from > MAX_DIGITS || leadingZero || pointAt === at - 1) scan.failed = true
  const magnitude = whole / (powersOfTen[decimals] ?? 1)
  return negative ? -magnitude : magnitude
}

function level(): number {
  for (let index = 0; index < levels.length; index += 1) if (skip(levels[index] as Buffer)) return index
  scan.failed = true
  return 0
}

/** To the end of a text. */
function skipText(): void {
  const { data } = scan
  let { at } = scan
  for (; at < data.length && data[at] !== QUOTE; at += 1) if (!isPlain(data[at] as number)) scan.failed = true
  scan.at = at
}

/** A text of ASCII characters that is not long. */
function asciiText(): string {
  const from = scan.at
  skipText()
  const { data, at } = scan
  if (at - from > MAX_TEXT) scan.failed = true
  for (let index = from; index < at; index += 1) if ((data[index] as number) > LAST_ASCII) scan.failed = true
  return scan.failed ? '' : data.toString('latin1', from, at)
}

/** Neither an escape nor what JSON does not allow in a text. */
function isPlain(byte: number): boolean {
  return byte >= 32 && byte !== BACKSLASH
}

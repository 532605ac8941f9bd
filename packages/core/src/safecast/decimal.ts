/** A decimal number of the data, exact to its fifth decimal. All parts are whole numbers below 2^53. */
export interface Decimal {
  negative: boolean
  /** Magnitude × 100,000, cut after the fifth decimal; at most `LARGEST_UNITS`, which stands for all that is larger. */
  units: number
  /** The sixth decimal is 5 or more, so that the fifth is rounded up. */
  roundsUp: boolean
  /** Some digit after the fifth decimal is not 0. */
  more: boolean
}

/** 10^10 × 100,000: far beyond every coordinate and every plausible count. */
export const LARGEST_UNITS = 1e15

const UNIT = 100_000
const numeral = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/

/**
 * Reads a finite decimal number: a JSON number or a numeric text such as `34.132`, ` -0.5`, `+3`, `.5`, `1e-05`, trimmed.
 * Undefined for everything else: empty text, hexadecimal, Infinity, text beyond the range of a double, other types.
 */
export function parseDecimal(raw: unknown): Decimal | undefined {
  if (typeof raw === 'string') return scanPlain(raw) ?? readNumeral(raw.trim())
  if (typeof raw !== 'number' || !Number.isFinite(raw)) return undefined
  const text = String(raw)
  return scanPlain(text) ?? readNumeral(text)
}

/** The number rounded half up to 5 decimals, × 100,000. Halves go away from zero. */
export function roundToFive(decimal: Decimal): number {
  return signed(decimal, decimal.roundsUp ? decimal.units + 1 : decimal.units)
}

/** The number rounded half up to 2 decimals, × 100. */
export function roundToTwo(decimal: Decimal): number {
  return signed(decimal, Math.floor((decimal.units + 500) / 1000))
}

/** The number rounded half up to a whole one. */
export function roundToWhole(decimal: Decimal): number {
  return signed(decimal, Math.floor((decimal.units + 50_000) / UNIT))
}

/** Whether |number| > limit, exactly. `limit` is not negative and has at most 5 decimals. */
export function exceeds(decimal: Decimal, limit: number): boolean {
  const limitUnits = Math.round(limit * UNIT)
  return decimal.units > limitUnits || (decimal.units === limitUnits && decimal.more)
}

/** The exact product of two decimal numbers; undefined when one of them is none. */
export function multiplyDecimals(left: unknown, right: unknown): Decimal | undefined {
  const a = exactly(left)
  const b = exactly(right)
  if (!a || !b) return undefined
  const negative = a.negative !== b.negative
  const product = readNumeral(`${negative ? '-' : ''}${a.mantissa * b.mantissa}e${a.exponent + b.exponent}`)
  return product ?? { negative, units: LARGEST_UNITS, roundsUp: false, more: false }
}

/**
 * The common case in one pass over the characters: at most 10 digits before the point, no exponent, spaces around.
 * Undefined means "look closer", not "no number".
 */
function scanPlain(text: string): Decimal | undefined {
  const { length } = text
  let at = 0
  let code = text.charCodeAt(0)
  const negative = code === 45
  if (negative) code = text.charCodeAt(++at)
  const wholeFrom = at
  let units = 0
  while (code >= 48 && code <= 57) {
    units = units * 10 + (code - 48)
    code = text.charCodeAt(++at)
  }
  const wholeDigits = at - wholeFrom
  if (wholeDigits === 0 || wholeDigits > 10) return undefined
  if (at === length) return { negative, units: units * UNIT, roundsUp: false, more: false }
  if (code !== 46) return undefined
  let decimals = 0
  let roundsUp = false
  let more = false
  for (at += 1; at < length; at += 1) {
    const digit = text.charCodeAt(at) - 48
    if (!(digit >= 0 && digit <= 9)) return undefined
    if (decimals < 5) units = units * 10 + digit
    else {
      if (decimals === 5) roundsUp = digit >= 5
      if (digit > 0) more = true
    }
    decimals += 1
  }
  for (; decimals < 5; decimals += 1) units *= 10
  return { negative, units, roundsUp, more }
}

function readNumeral(text: string): Decimal | undefined {
  const parts = splitNumeral(text)
  if (!parts) return undefined
  const { negative, digits, pointAt } = parts
  if (pointAt > 10) return { negative, units: LARGEST_UNITS, roundsUp: false, more: false }
  const kept = pointAt + 5
  if (kept < 0) return { negative, units: 0, roundsUp: false, more: digits !== '' }
  const units = Number(digits.slice(0, kept).padEnd(kept, '0') || '0')
  return {
    negative,
    units,
    roundsUp: (digits[kept] ?? '0') >= '5',
    more: digits.length > kept,
  }
}

/** Significant digits without zeros at either end, and where the point stands: 0.digits × 10^pointAt. */
function splitNumeral(text: string): { negative: boolean; digits: string; pointAt: number } | undefined {
  const match = numeral.exec(text)
  if (!match) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  if (whole === '' && fraction === '') return undefined
  // A double overflows where nothing in the data can be meant, and `1e999` is not finite for anybody.
  if (!Number.isFinite(Number(text))) return undefined
  const all = whole + fraction
  const leading = leadingZeros(all)
  let end = all.length
  while (end > leading && all.charCodeAt(end - 1) === 48) end -= 1
  const digits = all.slice(leading, end)
  const pointAt = digits === '' ? 0 : whole.length - leading + Math.max(-1e6, Number(exponent))
  return { negative: sign === '-', digits, pointAt }
}

function leadingZeros(digits: string): number {
  let count = 0
  while (digits.charCodeAt(count) === 48) count += 1
  return count
}

/** Beyond this many digits a factor is cut: nobody measures so exactly, and arithmetic on a megabyte of digits blocks. */
const MAX_FACTOR_DIGITS = 400

function exactly(raw: unknown): { negative: boolean; mantissa: bigint; exponent: number } | undefined {
  if (typeof raw !== 'string' && typeof raw !== 'number') return undefined
  const parts = splitNumeral(String(raw).trim())
  if (!parts) return undefined
  const digits = parts.digits.slice(0, MAX_FACTOR_DIGITS)
  return {
    negative: parts.negative,
    mantissa: BigInt(digits || '0'),
    exponent: parts.pointAt - digits.length,
  }
}

/** Never −0, which would make another key of the same place. */
function signed(decimal: Decimal, magnitude: number): number {
  return decimal.negative ? 0 - magnitude : magnitude
}

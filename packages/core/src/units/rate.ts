import { type Parsed, parsed, refused } from './problem.ts'

/** Reads a range of readings per second: `1000-10000`, `1,000–10,000`, or one number for both ends. The lower end is more than 0. */
export function parseRateRange(text: string): Parsed<{ minPerSecond: number; maxPerSecond: number }> {
  const match = /^([\d,]+(?:\.\d+)?)(?:\s*[-–]\s*([\d,]+(?:\.\d+)?))?(?:\s*\/\s*s)?$/.exec(text.trim())
  const min = readNumber(match?.[1])
  const max = match?.[2] === undefined ? min : readNumber(match[2])
  if (min === undefined || max === undefined)
    return refused(`"${text}" is not a range of readings per second; write it as 1000-10000`)
  if (min <= 0) return refused(`"${text}" begins at 0; the lower end is more than 0 readings per second`)
  if (max < min) return refused(`"${text}" ends below where it begins`)
  return parsed({ minPerSecond: min, maxPerSecond: max })
}

/** Prints a number with thousands separated: `10,000`. */
export function formatCount(value: number): string {
  const [whole = '', decimals] = String(value).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return decimals === undefined ? grouped : `${grouped}.${decimals}`
}

function readNumber(text: string | undefined): number | undefined {
  if (text === undefined || !/^(\d+|\d{1,3}(,\d{3})+)(\.\d+)?$/.test(text)) return undefined
  const value = Number(text.replaceAll(',', ''))
  return value <= 1_000_000_000 ? value : undefined
}

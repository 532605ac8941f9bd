import { type Parsed, parsed, refused } from './problem.ts'

const factors: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** Reads a duration as milliseconds: `500ms`, `30s`, `5m`, `24h`, `7d`; a bare number is milliseconds. */
export function parseDuration(text: string): Parsed<number> {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d)?$/i.exec(text.trim())
  if (!match) return refused(`"${text}" is not a duration; write it as 500ms, 30s, 5m or 24h`)
  const ms = Math.round(Number(match[1]) * (factors[(match[2] ?? 'ms').toLowerCase()] ?? 1))
  return Number.isSafeInteger(ms) ? parsed(ms) : refused(`"${text}" is too long`)
}

/** Prints milliseconds with at most two units: `41 ms`, `2.1 s`, `12m41s`, `24h`, `3d4h`. */
export function formatDuration(ms: number): string {
  if (Math.round(ms) < 1000) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1).replace(/\.0$/, '')} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return joined(Math.floor(seconds / 60), 'm', seconds % 60, 's')
  const minutes = Math.round(seconds / 60)
  if (minutes <= 48 * 60) return joined(Math.floor(minutes / 60), 'h', minutes % 60, 'm')
  const hours = Math.round(minutes / 60)
  return joined(Math.floor(hours / 24), 'd', hours % 24, 'h')
}

/** Writes milliseconds exactly, in the largest unit that divides them, as `parseDuration` reads them: `500ms`, `30s`, `24h`. */
export function writeDuration(ms: number): string {
  const units = [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ] as const
  const [unit, length] = units.find(([, each]) => ms > 0 && ms % each === 0) ?? ['ms', 1]
  return `${ms / length}${unit}`
}

function joined(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`
}

import { type Parsed, parsed, refused } from './problem.ts'

export const KIB = 1024
export const MIB = 1024 * KIB
export const GIB = 1024 * MIB
const TIB = 1024 * GIB

const factors: Record<string, number> = { b: 1, k: KIB, m: MIB, g: GIB, t: TIB }

/**
 * Reads an amount of memory or disk: `512MiB`, `1.5GB`, `300m`, `1048576`. Every suffix is binary, also `GB`,
 * because that is how container engines read limits (1GB = 1,073,741,824 bytes there).
 */
export function parseBytes(text: string): Parsed<number> {
  const match = /^(\d+(?:\.\d+)?)\s*(?:(b)|([kmgt])(?:i?b)?)?$/i.exec(text.trim())
  if (!match)
    return refused(`"${text}" is not an amount of memory; write it as 512MiB, 1.5GB or a number of bytes`)
  const suffix = (match[2] ?? match[3] ?? 'b').toLowerCase()
  const bytes = Math.round(Number(match[1]) * (factors[suffix] ?? 1))
  return Number.isSafeInteger(bytes) ? parsed(bytes) : refused(`"${text}" is too large`)
}

/** Prints bytes in the largest binary unit that they fill, with at most one decimal: `512 MiB`, `1.5 GiB`. */
export function formatBytes(bytes: number): string {
  const units = [
    ['TiB', TIB],
    ['GiB', GIB],
    ['MiB', MIB],
    ['KiB', KIB],
  ] as const
  for (const [unit, size] of units) {
    // An amount that rounds up to a whole unit is printed as that, not as 1024 of the next smaller one.
    const fills = size === KIB ? Math.abs(bytes) >= KIB : Number((Math.abs(bytes) / size).toFixed(1)) >= 1
    if (fills) return `${trimDecimal(bytes / size)} ${unit}`
  }
  return `${bytes} B`
}

/** Writes bytes exactly, in the largest binary unit that divides them, as `parseBytes` and container engines read them: `512MiB`, `322122547B`. */
export function writeBytes(bytes: number): string {
  const units = [
    ['GiB', GIB],
    ['MiB', MIB],
    ['KiB', KIB],
  ] as const
  const [unit, size] = units.find(([, each]) => bytes > 0 && bytes % each === 0) ?? ['B', 1]
  return `${bytes / size}${unit}`
}

/** Prints a memory limit in GiB with one decimal, as limits are compared by people: `0.3 GiB`, `2.0 GiB`. */
export function formatGibibytes(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`
}

function trimDecimal(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '')
}

import { type Parsed, parsed, refused } from './problem.ts'

/** Reads an amount of CPU: `4`, `1.5`, or thousandths as `500m`. Exact to a thousandth, more than 0. */
export function parseCpus(text: string): Parsed<number> {
  const match = /^(\d+(?:\.\d+)?)(m)?$/i.exec(text.trim())
  if (!match) return refused(`"${text}" is not an amount of CPU; write it as 4, 1.5 or 500m`)
  const thousandths = Math.round(Number(match[1]) * (match[2] ? 1 : 1000))
  if (!Number.isSafeInteger(thousandths)) return refused(`"${text}" is too large`)
  if (thousandths === 0) return refused(`"${text}" is less than a thousandth of a CPU`)
  return parsed(thousandths / 1000)
}

/** Prints an amount of CPU with as many decimals as it needs, at most three: `4`, `0.3`, `1.25`. */
export function formatCpus(cpus: number): string {
  return String(Math.round(cpus * 1000) / 1000)
}

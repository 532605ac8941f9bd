import type { Parsed } from '../units/index.ts'

const MOST_STEPS = 20
const MOST_PER_SECOND = 10_000_000

/** Reads steps of load in records per second: `1000,2000,5000`. Each is whole, above 0 and above the one before it. */
export function parseSteps(text: string): Parsed<number[]> {
  const refused = (problem: string): Parsed<number[]> => ({ ok: false, problem })
  const words = text.split(',').map((word) => word.trim())
  const steps: number[] = []
  for (const word of words) {
    if (!/^\d+(_\d{3})*$/.test(word)) return refused(`"${word}" is not a whole number`)
    const step = Number(word.replaceAll('_', ''))
    if (step < 1 || step > MOST_PER_SECOND)
      return refused(`a step is between 1 and 10000000, and ${word} is not`)
    const before = steps.at(-1)
    if (before !== undefined && step <= before)
      return refused(`steps go up, and ${word} comes after ${before}`)
    steps.push(step)
  }
  if (steps.length > MOST_STEPS)
    return refused(`there are ${steps.length} steps, and ${MOST_STEPS} are the most`)
  return { ok: true, value: steps }
}

import type { Advice } from '@radtune/core/advice'
import type { CalibrationStanding } from '@radtune/core/bench'
import type { Judged } from '../services/advise-stack.ts'
import type { ResolvedStep, StepOutcome } from '../services/run-step.ts'

/** `data` of radtune.advise/1. */
export interface AdviseData {
  /** Wall-clock milliseconds of what was measured. */
  measured: { from: number; to: number }
  advice: Advice
  rules: { id: string; title: string; guidelines: readonly number[]; state: string; detail: string }[]
  /** What was made of it, with `--apply`. */
  outcome: StepOutcome | null
  /** What was done about a step that an earlier run had left open. */
  resolved: ResolvedStep | null
  /** Of this machine's calibration, and whether it was used; null for a recording. */
  calibration: Pick<CalibrationStanding, 'state' | 'sentence'> | null
}

export function adviseData(
  { advice, rules, from, to, standing }: Judged,
  { outcome = null, resolved = null }: { outcome?: StepOutcome | null; resolved?: ResolvedStep | null },
): AdviseData {
  return {
    measured: { from, to },
    advice,
    rules: rules.map(ruleData),
    outcome,
    resolved,
    calibration: standing ? { state: standing.state, sentence: standing.sentence } : null,
  }
}

function ruleData({ rule, result }: Judged['rules'][number]): AdviseData['rules'][number] {
  const { id, title, guidelines } = rule
  const detail =
    result.state === 'quiet'
      ? result.why
      : result.state === 'finding'
        ? result.findings.map(({ sentence }) => sentence).join('; ')
        : result.missing
  return { id, title, guidelines, state: result.state, detail }
}

/** Text of `radtune advise --rules`: each rule with its guidelines and how it stands. */
export function rulesText(data: Pick<AdviseData, 'rules'>, bold: (text: string) => string): string {
  return data.rules
    .flatMap(({ id, title, guidelines, state, detail }) => {
      const from = guidelines.length === 0 ? 'radtune' : `guideline ${guidelines.join(', ')}`
      return [`${bold(id.padEnd(30))} ${state}`, `  ${title} (${from})`, `  ${detail}`]
    })
    .join('\n')
}

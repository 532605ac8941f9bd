import { printFigure } from '@radtune/core/advice'
import { changeTexts } from '../../packages/cli/src/output/advice-text.ts'
import type { AdviseData } from '../../packages/cli/src/output/advise-data.ts'

type Outcome = NonNullable<AdviseData['outcome']>

/** A row of docs/tuning.md: scenario, advice, expected, measured, verdict. */
export type Row = [string, string, string, string, string]

/** What was advised and what came of it; `also` is what else was expected and measured. */
export function rowOf(
  name: string,
  { advice, outcome }: Pick<AdviseData, 'advice' | 'outcome'>,
  also: { expected?: string; measured?: string } = {},
): Row {
  if (!outcome) return [name, advice.holds ?? 'nothing to change', '', '', 'none']
  return outcomeRow(name, outcome, also)
}

/** The same of an outcome alone. */
export function outcomeRow(
  name: string,
  { step, verdict }: Outcome,
  { expected = '', measured = '' }: { expected?: string; measured?: string } = {},
): Row {
  const figures = verdict.comparisons.filter((figure) => figure.expected !== null)
  const wanted = figures.map(
    (figure) =>
      `${figure.metric} ${printed(figure.expected?.low, figure.unit)} to ${printed(figure.expected?.high, figure.unit)}`,
  )
  const found = figures.map(
    ({ metric, unit, before, after }) => `${metric} ${printed(before, unit)} → ${printed(after, unit)}`,
  )
  return [
    name,
    changeTexts(step.changes).join(', '),
    joined(wanted, expected),
    joined(found, measured),
    verdict.verdict,
  ]
}

/** The changes that are advised, in words. */
export function stepsText({ steps }: AdviseData['advice']): string {
  return steps.flatMap(({ changes }) => changeTexts(changes)).join(', ')
}

function joined(texts: readonly string[], also: string): string {
  return [...texts, also].filter((text) => text !== '').join('; ')
}

function printed(value: number | undefined, unit: Parameters<typeof printFigure>[1]): string {
  return value === undefined ? '-' : printFigure(value, unit)
}

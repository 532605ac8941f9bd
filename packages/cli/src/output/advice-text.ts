import {
  type Change,
  type Evidence,
  type Finding,
  type Kept,
  printFigure,
  type Step,
} from '@radtune/core/advice'
import { printSettingValue } from '@radtune/core/settings'
import { pinName } from '@radtune/core/stack'
import { formatDuration } from '@radtune/core/units'
import type { Judged } from '../services/advise-stack.ts'
import type { StepOutcome } from '../services/run-step.ts'
import type { Palette } from './palette.ts'
import { wrapText } from './wrap-text.ts'

interface Style {
  columns: number
  palette: Palette
  /** Also the numbers that findings rest on, and what the rules that found nothing say. */
  explain?: boolean
}

const LABEL = 8

/** Text of `radtune advise`: what was measured, the bottleneck, what to change and why, what is kept, and what is not known. */
export function adviceText(
  { advice, rules, from, to, moment: { snapshot }, standing }: Judged,
  style: Style,
): string {
  const { palette } = style
  const { stack } = snapshot
  const what = stack.known ? `${stack.value.profile}, engine ${stack.value.engine}` : 'a recording'
  const findings = advice.findings.filter(({ steps }) => steps.length === 0)
  return [
    `Measured ${formatDuration(roundSeconds(to - from))} (${clockText(from)} to ${clockText(to)} UTC) on ${what}.`,
    `Bottleneck: ${advice.bottleneck.sentence}.`,
    ...(standing && standing.state !== 'none' ? wrapText(capital(standing.sentence), style.columns) : []),
    ...advice.steps.flatMap((step, index) => [
      '',
      ...stepLines(step, { index: index + 1, finding: findingOf(step, advice.findings), style }),
    ]),
    ...(findings.length > 0 ? ['', ...findings.flatMap((finding) => findingLines(finding, style))] : []),
    ...(advice.kept.length > 0 ? ['', ...advice.kept.flatMap((kept) => keptLines(kept, style))] : []),
    ...undecidedLines(advice.undecided, to, style),
    ...(style.explain ? ['', ...quietLines(rules, style)] : []),
    '',
    closingLine(advice, palette),
  ].join('\n')
}

/** What became of a step, expected beside measured. */
export function outcomeText({ id, step, verdict }: StepOutcome, { columns, palette }: Style): string {
  const colour =
    verdict.verdict === 'kept' ? palette.green : verdict.verdict === 'reverted' ? palette.red : palette.yellow
  const rows = verdict.comparisons.map(({ metric, unit, before, after, expected, outcome }) => {
    const range = expected
      ? `expected ${printFigure(expected.low, unit)} to ${printFigure(expected.high, unit)}: ${outcome}`
      : 'watched'
    return `  ${metric.padEnd(LABEL + 8)} ${printFigure(before, unit)} → ${printFigure(after, unit)}   ${range}`
  })
  const undone = verdict.verdict === 'kept' ? '' : ', and taken back'
  return [
    `step ${id}  ${changeTexts(step.changes).join(', ')}: ${colour(verdict.verdict)}${undone}`,
    ...rows,
    ...wrapText(verdict.sentence, columns - 2).map((line) => `  ${line}`),
    ...(verdict.verdict === 'kept' ? [`  take it back   radtune advise --undo ${id}`] : []),
  ].join('\n')
}

/** One line for each setting of a step: `kafka.cpus 0.5 → 0.9`. */
export function changeTexts(changes: readonly Change[]): string[] {
  return changes.map((change) => `${pinName(change)} ${valuesText(change)}`)
}

function stepLines(
  step: Step,
  { index, finding, style }: { index: number; finding: Finding | undefined; style: Style },
): string[] {
  const { palette } = style
  const width = Math.max(...step.changes.map((change) => pinName(change).length), 20)
  const rows = step.changes.map((change, at) => {
    const start = at === 0 ? `  ${index}  ` : '     '
    const how = at === 0 ? `   ${EFFECTS[step.effect]}` : ''
    return `${start}${palette.bold(pinName(change).padEnd(width))}  ${valuesText(change)}${how}`
  })
  const expected = step.expected.map(
    ({ metric, unit, from, low, high }) =>
      `${metric} ${printFigure(from, unit)} → ${printFigure(low, unit)} to ${printFigure(high, unit)}`,
  )
  return [
    ...rows,
    ...(finding ? labelled('because', finding.sentence, style) : []),
    ...labelled('why', step.why, style),
    ...labelled('expect', expected.join('; ') || 'nothing that can be measured', style),
    ...labelled('cost', step.cost, style),
    ...labelled('rule', step.rule, style),
    ...(finding ? evidenceLines(finding, style) : []),
  ]
}

function evidenceLines({ evidence }: Pick<Finding, 'evidence'>, style: Style): string[] {
  return style.explain ? evidence.flatMap((one) => labelled('from', evidenceText(one), style)) : []
}

/** `throttled/kafka 62 %, over 30s`. */
export function evidenceText({ name, value, unit, windowMs }: Evidence): string {
  const over = windowMs === null ? 'now or planned' : `over ${formatDuration(windowMs)}`
  return `${name} ${printFigure(value, unit)}, ${over}`
}

function quietLines(rules: Judged['rules'], style: Style): string[] {
  return rules.flatMap(({ rule, result }) =>
    result.state === 'quiet' ? labelled('quiet', `${rule.id}: ${result.why}`, style) : [],
  )
}

export const EFFECTS: Readonly<Record<Step['effect'], string>> = {
  live: 'live, no restart',
  restart: 'one service restarts',
  recreate: 'services are made anew',
  irreversible: 'cannot be taken back: by hand only',
}

function findingLines({ severity, sentence, rule, command, evidence }: Finding, style: Style): string[] {
  const { palette } = style
  const word =
    severity === 'critical' ? palette.red('CRIT') : severity === 'warn' ? palette.yellow('WARN') : 'info'
  return [
    ...labelled(word, `${sentence} (${rule})`, style, 4),
    ...(command === undefined ? [] : labelled('', `look closer: ${command}`, style)),
    ...evidenceLines({ evidence }, style),
  ]
}

function keptLines({ key, service, value, why }: Kept, style: Style): string[] {
  const shown = `${pinName({ key, service })} ${valueText(key, value)}: ${why}`
  return labelled('kept', shown, style)
}

function undecidedLines(
  undecided: Judged['advice']['undecided'],
  now: number,
  { columns, palette }: Style,
): string[] {
  if (undecided.length === 0) return []
  const waits = undecided.map(({ rule, missing, enoughAt }) =>
    enoughAt === null
      ? `${rule} (${missing})`
      : `${rule} (in ${formatDuration(roundSeconds(enoughAt - now))})`,
  )
  return ['', ...wrapText(`not decided: ${waits.join(', ')}`, columns).map((line) => palette.dim(line))]
}

function closingLine({ steps, holds, findings }: Judged['advice'], palette: Palette): string {
  if (steps.length === 0)
    return findings.length === 0 ? 'Nothing to change.' : 'Nothing that a setting could change.'
  const count = `${steps.length} ${steps.length === 1 ? 'change' : 'changes'} advised, 0 applied.`
  return holds === null
    ? `${count}    apply  ${palette.bold('radtune advise --apply --verify 60s')}`
    : `${count} Not now: ${holds}.`
}

function labelled(
  label: string,
  text: string,
  { columns, palette }: Style,
  visible = label.length,
): string[] {
  const indent = 5
  const room = Math.max(20, columns - indent - LABEL)
  return wrapText(text, room).map((line, index) => {
    const shown =
      index === 0
        ? `${visible === label.length ? palette.dim(label) : label}${' '.repeat(LABEL - visible)}`
        : ' '.repeat(LABEL)
    return `${' '.repeat(indent)}${shown}${line}`
  })
}

export function findingOf(step: Step, findings: readonly Finding[]): Finding | undefined {
  return findings.find(({ steps }) => steps.includes(step))
}

function valuesText({ key, from, to }: Change): string {
  return `${valueText(key, from)} → ${valueText(key, to)}`
}

/** A value of a setting as people read it. */
export function valueText(key: Change['key'], value: Change['from']): string {
  return printSettingValue(key, value as never)
}

function capital(sentence: string): string {
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`
}

function clockText(at: number): string {
  return new Date(at).toISOString().slice(11, 19)
}

function roundSeconds(ms: number): number {
  return Math.max(0, Math.round(ms / 1000)) * 1000
}

import { type EvidenceUnit, type Finding, printFigure, type Step } from '@radtune/core/advice'
import { pinName } from '@radtune/core/stack'
import { formatDuration } from '@radtune/core/units'
import type { Judged } from '../services/advise-stack.ts'
import type { StepOutcome } from '../services/run-step.ts'
import { changeTexts, EFFECTS, evidenceText, findingOf, valueText } from './advice-text.ts'
import { lineChart } from './line-chart.ts'

/** Pull requests show so much without scrolling. */
const CHART = { columns: 76, rows: 8 } as const

/**
 * Markdown for a pull request: what is to be changed with its reasons, and the measurement that it is about over time; with an
 * `outcome` before and after the step, expected beside measured.
 */
export function adviceMarkdown(judged: Judged, outcome: StepOutcome | undefined): string {
  const { advice, from, to, moment } = judged
  const { stack } = moment.snapshot
  const of = stack.known ? stack.value.profile : 'a recording'
  return [
    `## radtune advise: ${of}`,
    `Measured ${formatDuration(Math.round((to - from) / 1000) * 1000)} until ${new Date(to).toISOString().slice(0, 19)}Z. Bottleneck: ${advice.bottleneck.sentence}.`,
    ...(outcome ? outcomeParts(outcome, judged) : adviceParts(judged)),
    ...findingParts(advice.findings),
    ...(advice.kept.length > 0
      ? [
          advice.kept
            .map((kept) => `- kept \`${pinName(kept)}\` ${valueText(kept.key, kept.value)}: ${kept.why}`)
            .join('\n'),
        ]
      : []),
  ].join('\n\n')
}

function adviceParts(judged: Judged): string[] {
  const { steps, findings } = judged.advice
  const [first] = steps
  if (!first) return ['Nothing to change.']
  return [
    settingsTable(steps),
    ...steps.map((step, index) => stepText(step, { number: index + 1, finding: findingOf(step, findings) })),
    ...chartOf(first, judged, { from: judged.from, to: judged.to }),
  ]
}

function settingsTable(steps: readonly Step[]): string {
  return table(
    ['', 'setting', 'before', 'after', '', 'rule'],
    steps.flatMap(({ changes, effect, rule }, index) =>
      changes.map((change) => [
        `${index + 1}`,
        `\`${pinName(change)}\``,
        valueText(change.key, change.from),
        valueText(change.key, change.to),
        EFFECTS[effect],
        `\`${rule}\``,
      ]),
    ),
  )
}

function stepText(step: Step, { number, finding }: { number: number; finding: Finding | undefined }): string {
  const expected = step.expected.map(
    ({ metric, unit, from, low, high }) =>
      `${metric} ${printFigure(from, unit)} → ${printFigure(low, unit)} to ${printFigure(high, unit)}`,
  )
  return [
    `**${number}. ${step.changes.map(pinName).join(', ')}**`,
    ...(finding ? [`- because ${finding.sentence}`] : []),
    `- ${step.why}`,
    `- expected: ${expected.join('; ') || 'nothing that can be measured'}`,
    `- cost: ${step.cost}`,
    ...(finding?.evidence ?? []).map((one) => `- from ${evidenceText(one)}`),
  ].join('\n')
}

function outcomeParts({ id, step, verdict, appliedAt, decidedAt }: StepOutcome, judged: Judged): string[] {
  const rows = verdict.comparisons.map(({ metric, unit, before, after, expected, outcome }) => [
    metric,
    printFigure(before, unit),
    printFigure(after, unit),
    expected ? `${printFigure(expected.low, unit)} to ${printFigure(expected.high, unit)}` : '–',
    expected ? outcome : 'watched',
  ])
  return [
    `**Step ${id} ${verdict.verdict}**: ${changeTexts(step.changes).join(', ')}. ${verdict.sentence}.`,
    settingsTable([step]),
    table(['measured', 'before', 'after', 'expected', ''], rows),
    ...chartOf(step, judged, {
      from: appliedAt - (decidedAt - appliedAt),
      to: decidedAt,
      changedAt: appliedAt,
    }),
  ]
}

function findingParts(findings: readonly Finding[]): string[] {
  const without = findings.filter(({ steps }) => steps.length === 0)
  if (without.length === 0) return []
  return [
    without.map(({ severity, sentence, rule }) => `- ${severity}: ${sentence} (\`${rule}\`)`).join('\n'),
  ]
}

/** The measurement that a step is about over time, with a mark where it was changed. */
function chartOf(
  { expected }: Step,
  { moment: { evaluator } }: Judged,
  { from, to, changedAt }: { from: number; to: number; changedAt?: number },
): string[] {
  const shown = expected.find(({ metric }) => evaluator.history.metrics.includes(metric))
  const { metric, unit }: { metric: string; unit: EvidenceUnit } = shown ?? { metric: 'p99', unit: 'ms' }
  let width = 0
  const lines = lineChart(
    (columns) => {
      width = columns
      return evaluator.history.series(metric, { from, to, width: columns })
    },
    { ...CHART, label: (value) => printFigure(value, unit) },
  )
  if (!lines) return []
  const at =
    changedAt === undefined ? [] : [mark(CHART.columns - width, ((changedAt - from) / (to - from)) * width)]
  return [
    `${metric}, ${formatDuration(Math.round((to - from) / 1000) * 1000)}:`,
    `\`\`\`text\n${[...lines, ...at].join('\n')}\n\`\`\``,
  ]
}

function mark(indent: number, columns: number): string {
  return `${' '.repeat(Math.round(indent + columns))}^ changed`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

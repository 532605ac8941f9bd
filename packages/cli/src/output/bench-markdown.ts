import { type BenchReport, type BenchStep, fingerprintText, type ReportComparison } from '@radtune/core/bench'
import { formatDuration } from '@radtune/core/units'
import { figureText, NAMES, PRINTED, perS } from './bench-text.ts'

/** A report in Markdown, for a pull request: the steps, the knee, and what changed against an earlier one. */
export function benchMarkdown(report: BenchReport, comparison: ReportComparison | null): string {
  const { stack, machine, forMs, warmUpMs, steps, knee } = report
  return [
    `### radtune bench: ${stack.profile}, ${stack.runtime}`,
    `${fingerprintText(machine)}. ${formatDuration(forMs)} a step after ${formatDuration(warmUpMs)} of warm-up.`,
    table(['asked', 'out', 'p50', 'p95', 'p99', 'CPU/record', 'memory', 'rejects', ''], steps.map(stepCells)),
    `**Knee**: ${knee.sentence}.`,
    ...(comparison ? comparisonParts(comparison) : []),
  ].join('\n\n')
}

function stepCells({ perSecond, measures, carried }: BenchStep): string[] {
  const metrics = ['out', 'p50', 'p95', 'p99', 'cpu', 'memory', 'rejects'] as const
  return [
    perS(perSecond),
    ...metrics.map((metric) => {
      const figure = measures[metric]
      const noise = figure && figure.noise > 0 ? ` ± ${PRINTED[metric](figure.noise)}` : ''
      return `${figureText(figure, PRINTED[metric])}${noise}`
    }),
    carried.state,
  ]
}

function comparisonParts({ steps, regressions, differences }: ReportComparison): string[] {
  const rows = steps.flatMap(({ perSecond, figures }) =>
    figures
      .filter(({ verdict }) => verdict === 'better' || verdict === 'worse')
      .map(({ metric, before, after, verdict }) => [
        perS(perSecond),
        NAMES[metric],
        figureText(before, PRINTED[metric]),
        figureText(after, PRINTED[metric]),
        verdict,
      ]),
  )
  return [
    regressions.length === 0
      ? '**No regression beyond noise.**'
      : `**Regression**: ${regressions.join('; ')}.`,
    ...(rows.length > 0 ? [table(['step', '', 'before', 'now', ''], rows)] : []),
    ...(differences.length > 0 ? [`Not the same: ${differences.join('; ')}.`] : []),
  ]
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

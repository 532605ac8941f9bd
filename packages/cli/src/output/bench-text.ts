import type {
  BenchReport,
  BenchStep,
  ComparedMetric,
  Figure,
  FigureComparison,
  ReportComparison,
} from '@radtune/core/bench'
import { formatBytes, formatCount, formatCpus, formatDuration } from '@radtune/core/units'
import type { Palette } from './palette.ts'
import { wrapText } from './wrap-text.ts'

interface Style {
  columns: number
  palette: Palette
}

/** A column of the table of steps; rows come one by one, so the widths stand before. */
interface Column {
  title: string
  width: number
  text(step: BenchStep): string
}

const COLUMNS: readonly Column[] = [
  { title: 'asked', width: 10, text: ({ perSecond }) => perS(perSecond) },
  { title: 'out', width: 11, text: ({ measures: { out } }) => figureText(out, perS) },
  { title: 'p50', width: 8, text: ({ measures: { p50 } }) => figureText(p50, formatDuration) },
  { title: 'p95', width: 8, text: ({ measures: { p95 } }) => figureText(p95, formatDuration) },
  { title: 'p99', width: 8, text: ({ measures: { p99 } }) => figureText(p99, formatDuration) },
  { title: 'CPU/record', width: 11, text: ({ measures: { cpu } }) => figureText(cpu, microseconds) },
  { title: 'memory', width: 9, text: ({ measures: { memory } }) => figureText(memory, bytes) },
  { title: 'rejects', width: 8, text: ({ measures: { rejects } }) => figureText(rejects, percent) },
  { title: '', width: 13, text: ({ carried }) => ` ${carried.state}` },
]

/** The head of the table of steps. */
export function stepHeadText({ palette }: Pick<Style, 'palette'>): string {
  const cells = COLUMNS.map(({ title, width }) => title.padStart(width))
  return palette.dim(cells.join('').trimEnd())
}

/** One step as it has ended. */
export function stepText(step: BenchStep, { palette }: Pick<Style, 'palette'>): string {
  const cells = COLUMNS.map((column, index) =>
    index === COLUMNS.length - 1 ? column.text(step) : column.text(step).padStart(column.width),
  )
  const word = cells.pop() ?? ''
  const colour =
    step.carried.state === 'carried'
      ? palette.green
      : step.carried.state === 'unknown'
        ? palette.dim
        : palette.red
  return `${cells.join('')}${colour(word)}`
}

/** What a report comes to under its table: how much varied, where the CPU goes, and the knee. */
export function reportText(report: BenchReport, { columns, palette }: Style): string {
  const { steps, left, knee, machine } = report
  const others = othersText(
    steps.map(({ perSecond, measures }) => ({ at: perS(perSecond), others: measures.others })),
    machine,
  )
  return [
    '',
    ...roleTable(steps).map(palette.dim),
    '',
    ...(others === undefined ? [] : wrapped(`others  ${others}`, columns, 8).map(palette.yellow)),
    ...(left.length > 0
      ? wrapped(
          `left    ${left.map(perS).join(', ')}: not measured, as ${perS(steps.at(-1)?.perSecond ?? 0)} were too much already`,
          columns,
          8,
        )
      : []),
    ...wrapped(`knee    ${knee.sentence}`, columns, 8).map((line, index) =>
      index === 0 ? line.replace(/^knee/, palette.bold('knee')) : line,
    ),
  ].join('\n')
}

/** What became of each step against an earlier report. */
export function comparisonText(
  comparison: ReportComparison,
  { file, style: { columns, palette } }: { file: string; style: Style },
): string {
  const { steps, regressions, differences, only, knee } = comparison
  const lines = steps.flatMap(({ perSecond, figures }) =>
    figures.filter(isTold).map((figure, index) => {
      const start = index === 0 ? perS(perSecond).padStart(10) : ' '.repeat(10)
      return `${start}  ${comparedText(figure, palette)}`
    }),
  )
  const kneeLine = `knee ${kneeText(knee.before)} → ${kneeText(knee.after)}`
  const lone = [
    ...(only.before.length > 0 ? [`only before: ${only.before.map(perS).join(', ')}`] : []),
    ...(only.after.length > 0 ? [`only now: ${only.after.map(perS).join(', ')}`] : []),
  ]
  return [
    '',
    `against ${file}`,
    ...lines,
    ...wrapped([kneeLine, ...lone].join('; '), columns, 2),
    ...(differences.length > 0
      ? wrapped(`not the same: ${differences.join('; ')}`, columns, 2).map(palette.yellow)
      : []),
    regressions.length === 0
      ? palette.green('no regression beyond noise')
      : wrapped(`regression: ${regressions.join('; ')}`, columns, 2)
          .map(palette.red)
          .join('\n'),
  ].join('\n')
}

/** The most telling always, others when they have changed. */
function isTold({ metric, verdict }: FigureComparison): boolean {
  return verdict === 'better' || verdict === 'worse' || ['out', 'p99', 'cpu'].includes(metric)
}

function comparedText(
  { metric, before, after, difference, threshold, verdict }: FigureComparison,
  palette: Palette,
): string {
  const print = PRINTED[metric]
  const values = `${figureText(before, print)} → ${figureText(after, print)}`
  const label = `${NAMES[metric].padEnd(11)}${values.padEnd(24)}`
  if (difference === null || threshold === null) return `${label}${palette.dim('not known')}`
  const amount = print(Math.abs(difference))
  const signed = amount === print(0) ? amount : `${difference < 0 ? '-' : '+'}${amount}`
  const said = `${signed} (noise ${print(threshold)}) ${verdict}`
  const colour = verdict === 'worse' ? palette.red : verdict === 'better' ? palette.green : palette.dim
  return `${label}${colour(said)}`
}

export const NAMES: Readonly<Record<ComparedMetric, string>> = {
  out: 'out',
  p50: 'p50',
  p95: 'p95',
  p99: 'p99',
  cpu: 'CPU/record',
  memory: 'memory',
  rejects: 'rejects',
}

export const PRINTED: Readonly<Record<ComparedMetric, (value: number) => string>> = {
  out: perS,
  p50: formatDuration,
  p95: formatDuration,
  p99: formatDuration,
  cpu: microseconds,
  memory: bytes,
  rejects: percent,
}

/** A figure as a person reads it; what is not known is said to be so. */
export function figureText(figure: Figure | null, print: (value: number) => string): string {
  return figure ? print(figure.value) : 'n/a'
}

export function perS(value: number): string {
  return `${formatCount(Math.round(value))}/s`
}

export function microseconds(value: number): string {
  return value < 9.95 ? `${value.toFixed(1)} µs` : `${Math.round(value)} µs`
}

function bytes(value: number): string {
  return formatBytes(Math.round(value / 1024 ** 2) * 1024 ** 2)
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

function kneeText(perSecond: number | null): string {
  return perSecond === null ? 'none' : perS(perSecond)
}

/** Of the machine, from which on other programs are in what was measured. */
const MUCH_OF_MACHINE = 0.25

/** What other programs took of the machine, where it was so much that figures are theirs too; `at` says under which load. */
export function othersText(
  measured: readonly { at: string; others: Figure | null }[],
  { cpus }: { cpus: number },
): string | undefined {
  const said = measured.flatMap(({ at, others }) =>
    others && others.value > MUCH_OF_MACHINE * cpus
      ? [`${others.value.toFixed(1)} of ${formatCpus(cpus)} CPUs at ${at}`]
      : [],
  )
  return said.length === 0
    ? undefined
    : `other programs took ${said.join(', ')}: what was measured is theirs too`
}

/** What each step's figures vary by, and where its CPU goes. */
function roleTable(steps: readonly BenchStep[]): string[] {
  const roles = Object.keys(steps[0]?.measures.cpuByRole ?? {})
  const noise = (figure: Figure | null, print: (value: number) => string) =>
    figure ? `± ${print(figure.noise)}` : 'n/a'
  const widths = [10, 11, 12, 12, ...roles.map(() => 11)]
  const line = (cells: readonly string[]) =>
    cells.map((cell, index) => cell.padStart(widths[index] ?? 0)).join('')
  return [
    line(['noise', 'out', 'p99', 'CPU/record', ...roles]),
    ...steps.map(({ perSecond, measures: { out, p99, cpu, cpuByRole } }) =>
      line([
        perS(perSecond),
        noise(out, perS),
        noise(p99, formatDuration),
        noise(cpu, microseconds),
        ...roles.map((role) => figureText(cpuByRole[role] ?? null, microseconds)),
      ]),
    ),
  ]
}

/** Later lines stand under the text of the first. */
function wrapped(text: string, columns: number, indent: number): string[] {
  return wrapText(text, Math.max(30, columns - indent)).map((line, index) =>
    index === 0 ? line : `${' '.repeat(indent)}${line}`,
  )
}

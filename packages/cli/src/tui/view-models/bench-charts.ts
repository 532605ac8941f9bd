import type { BenchStep, Figure } from '@radtune/core/bench'
import type { SeriesCell } from '@radtune/core/metrics'
import { formatDuration } from '@radtune/core/units'
import { microseconds, perS } from '../../output/bench-text.ts'
import { lineChart } from '../../output/line-chart.ts'
import type { GraphStyle } from './graphs.ts'

const ROWS = 6
/** The labels of the heights stand left of the axis. */
const AXIS_COLUMNS = 10

/** p99 and CPU for each record over the steps, each as a line under its name; nothing where fewer than two steps are known. */
export function benchCharts(
  steps: readonly BenchStep[],
  { columns, latencyTargetMs, style }: { columns: number; latencyTargetMs: number; style: GraphStyle },
): string[] {
  const width = Math.min(columns, 100)
  const chart = (
    title: string,
    of: (step: BenchStep) => Figure | null,
    label: (value: number) => string,
  ): string[] => {
    if (steps.filter((step) => of(step)).length < 2) return []
    const lines = lineChart((cells) => stairs(steps.map(of), cells), {
      columns: width,
      rows: ROWS,
      plain: style === 'plain',
      label,
    })
    return lines ? ['', title, ...lines] : []
  }
  const charts = [
    ...chart(
      `p99, target ${formatDuration(latencyTargetMs)}`,
      ({ measures }) => measures.p99,
      formatDuration,
    ),
    ...chart('CPU for each record', ({ measures }) => measures.cpu, microseconds),
  ]
  return charts.length === 0 ? [] : [...charts, stepLabels(steps, width - AXIS_COLUMNS - 1)]
}

/** Each step as wide as the others. */
function stairs(figures: readonly (Figure | null)[], width: number): SeriesCell[] {
  return Array.from({ length: width }, (_, cell) => {
    const figure = figures[Math.floor((cell * figures.length) / width)]
    return figure ? { min: figure.value, max: figure.value, last: figure.value } : null
  })
}

function stepLabels(steps: readonly BenchStep[], width: number): string {
  const each = Math.max(1, Math.floor(width / steps.length))
  const labels = steps.map(({ perSecond }) => {
    const text = perS(perSecond)
    return text.length < each ? text.padEnd(each) : ' '.repeat(each)
  })
  return `${' '.repeat(AXIS_COLUMNS)}${labels.join('').trimEnd()}`
}

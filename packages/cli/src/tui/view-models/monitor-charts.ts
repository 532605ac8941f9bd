import {
  type Evaluation,
  type History,
  type Metric,
  metricValueText,
  type SeriesCell,
} from '@radtune/core/metrics'
import { compact, toneOf } from './monitor-numbers.ts'
import { type StyledLine, span } from './styled-line.ts'

interface Charting {
  evaluation: Evaluation
  history: History
  /** Wall-clock milliseconds of the right end. */
  to: number
  spanMs: number
  columns: number
}

/** Of now, min, max, limit and the word. */
const WIDTHS = [10, 8, 8, 7, 5] as const
const LABEL_WIDTH = 8
const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']

/** The five lines that tell most: in, out, lag, p99 and how busy the slots are, over the last minutes. */
export function chartLines({ evaluation, history, to, spanMs, columns }: Charting): StyledLine[] {
  const { flow, slots } = evaluation
  const [now, min, max, limit] = WIDTHS
  const width = Math.max(8, columns - LABEL_WIDTH - WIDTHS.reduce<number>((sum, each) => sum + each, 0))
  const rows: [label: string, metric: string, of: Metric][] = [
    ['in', 'in', flow.in],
    ['out', 'out', flow.out],
    ['lag', 'lag', flow.lag],
    ['p99', 'p99', flow.p99],
    ['slots', 'slots', slots.busy],
  ]
  const titles = `${'now'.padStart(now)}${'min'.padStart(min)}${'max'.padStart(max)}${'limit'.padStart(limit)}`
  return [
    [span(`${' '.repeat(LABEL_WIDTH + width)}${titles}`, 'dim')],
    ...rows.map(([label, metric, of]): StyledLine => {
      const cells = history.series(metric, { from: to - spanMs, to, width })
      const known = cells.filter((cell) => cell !== null)
      const least = known.length === 0 ? null : Math.min(...known.map((cell) => cell.min))
      const most = known.length === 0 ? null : Math.max(...known.map((cell) => cell.max))
      return [
        span(` ${label.padEnd(LABEL_WIDTH - 1)}`),
        span(sparkline(cells), 'accent'),
        of.now.known
          ? span(metricValueText(metric, of.now.value).padStart(now), 'strong')
          : span('n/a'.padStart(now), 'dim'),
        span(short(metric, least).padStart(min)),
        span(short(metric, most).padStart(max)),
        span(short(metric, of.limit).padStart(limit), 'dim'),
        span(` ${of.state ?? ''}`, toneOf(of.state)),
      ]
    }),
  ]
}

/** In at most seven characters. */
function short(metric: string, value: number | null): string {
  if (value === null) return '-'
  if (metric === 'in' || metric === 'out') return `${compact(value)}/s`
  return metric === 'lag' && value >= 100_000 ? compact(value) : metricValueText(metric, value)
}

/** One block per cell by its largest value, from 0 to the largest of all; a space where nothing is known. */
export function sparkline(cells: readonly SeriesCell[]): string {
  const most = Math.max(...cells.map((cell) => cell?.max ?? 0), Number.EPSILON)
  return cells
    .map((cell) =>
      cell ? (BLOCKS[Math.max(0, Math.min(7, Math.floor((cell.max / most) * 7.999)))] ?? '▁') : ' ',
    )
    .join('')
}

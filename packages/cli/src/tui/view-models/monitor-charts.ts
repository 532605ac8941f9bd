import {
  type Evaluation,
  type History,
  type Metric,
  metricValueText,
  type SeriesCell,
} from '@radtune/core/metrics'
import { type StyledLine, span } from './styled-line.ts'

interface Charting {
  evaluation: Evaluation
  history: History
  /** Wall-clock milliseconds of the right end. */
  to: number
  spanMs: number
  columns: number
}

const NUMBERS_WIDTH = 46
const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']

/** The five lines that tell most: in, out, lag, p99 and how busy the slots are, over the last minutes. */
export function chartLines({ evaluation, history, to, spanMs, columns }: Charting): StyledLine[] {
  const { flow, slots } = evaluation
  const width = Math.max(8, columns - NUMBERS_WIDTH - 8)
  const rows: [label: string, metric: string, of: Metric][] = [
    ['in', 'in', flow.in],
    ['out', 'out', flow.out],
    ['lag', 'lag', flow.lag],
    ['p99', 'p99', flow.p99],
    ['slots', 'slots', slots.busy],
  ]
  return [
    [
      span(
        `${' '.repeat(8 + width)}${['now', 'min', 'max', 'limit'].map((title) => title.padStart(10)).join('')}`,
        'dim',
      ),
    ],
    ...rows.map(([label, metric, of]): StyledLine => {
      const cells = history.series(metric, { from: to - spanMs, to, width })
      const known = cells.filter((cell) => cell !== null)
      const value = (number: number | null | undefined) =>
        (number === null || number === undefined ? '-' : metricValueText(metric, number)).padStart(10)
      return [
        span(` ${label.padEnd(7)}`),
        span(sparkline(cells), 'accent'),
        of.now.known ? span(value(of.now.value), 'strong') : span('n/a'.padStart(10), 'dim'),
        span(value(known.length === 0 ? null : Math.min(...known.map(({ min }) => min)))),
        span(value(known.length === 0 ? null : Math.max(...known.map(({ max }) => max)))),
        span(value(of.limit), 'dim'),
        span(` ${of.state ?? ''}`, of.state === 'CRIT' ? 'bad' : of.state === 'WARN' ? 'warn' : 'good'),
      ]
    }),
  ]
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

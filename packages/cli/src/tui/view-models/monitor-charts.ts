import { type Evaluation, type Metric, metricValueText, type SeriesCell } from '@radtune/core/metrics'
import { formatDuration } from '@radtune/core/units'
import { lineChart } from '../../output/line-chart.ts'
import type { Moment } from '../../services/monitor-stack.ts'
import type { Look } from '../monitor-look.ts'
import { type GraphStyle, sparkCells, sparkline } from './graphs.ts'
import { compact, toneOf } from './monitor-numbers.ts'
import { fitLine, heading, type StyledLine, span } from './styled-line.ts'

/** A metric of the flow panel, the most telling first: a small screen has room for the first five. */
interface FlowMetric {
  /** Its name in the history. */
  id: string
  label: string
  of(evaluation: Evaluation): Metric
}

export const FLOW_METRICS: readonly FlowMetric[] = [
  { id: 'in', label: 'in', of: ({ flow }) => flow.in },
  { id: 'out', label: 'out', of: ({ flow }) => flow.out },
  { id: 'lag', label: 'lag', of: ({ flow }) => flow.lag },
  { id: 'p99', label: 'p99', of: ({ flow }) => flow.p99 },
  { id: 'slots', label: 'slots', of: ({ slots }) => slots.busy },
  { id: 'host.cpu', label: 'cpu', of: ({ host }) => host.cpu },
  { id: 'host.memory', label: 'memory', of: ({ host }) => host.memory },
  { id: 'p50', label: 'p50', of: ({ flow }) => flow.p50 },
  { id: 'p95', label: 'p95', of: ({ flow }) => flow.p95 },
  { id: 'rejects', label: 'rejects', of: ({ flow }) => flow.rejects },
  { id: 'slots.waiting', label: 'waiting', of: ({ slots }) => slots.waiting },
]

/** Charts look back this far. */
export const CHART_MS = 120_000

/** Of now, min, max, limit and the word. */
const WIDTHS = [10, 8, 8, 8, 5] as const
const LABEL_WIDTH = 8

export interface Charting {
  moment: Moment
  /** Wall-clock milliseconds of the right end. */
  now: number
  graphs: GraphStyle
  exact: boolean
}

/** The flow panel: one sparkline per metric with what it is now, was at least and at most, and may be. */
export function chartLines(
  { moment, now, graphs, exact }: Charting,
  { columns, count, look, number }: { columns: number; count: number; look?: Look; number?: number },
): StyledLine[] {
  const { evaluation, evaluator } = moment
  const [nowWidth, min, max, limit, word] = WIDTHS
  const width = Math.max(8, columns - LABEL_WIDTH - WIDTHS.reduce<number>((sum, each) => sum + each, 0))
  const focused = look?.panel === 'flow'
  const chosen = look?.chosen.flow ?? FLOW_METRICS[0]?.id
  const title = `${number === undefined ? '' : `${number} `}last ${formatDuration(CHART_MS)}`
  const titles = `${'now'.padStart(nowWidth)}${'min'.padStart(min)}${'max'.padStart(max)}${'limit'.padStart(limit)}`
  const ruled = heading(title, columns - titles.length - word - 1, { tone: focused ? 'strong' : 'dim' })
  return [
    [...ruled, span(` ${titles} ${'─'.repeat(word - 1)}`, 'dim')],
    ...FLOW_METRICS.slice(0, count).map(({ id, label, of }): StyledLine => {
      const metric = of(evaluation)
      const cells = evaluator.history.series(id, {
        from: now - CHART_MS,
        to: now,
        width: sparkCells(width, graphs),
      })
      const text = (value: number | null) => shortText(id, value, exact)
      return [
        focused && id === chosen ? span('>', 'chosen') : span(' '),
        span(label.padEnd(LABEL_WIDTH - 1)),
        span(sparkline(cells, graphs), 'accent'),
        metric.now.known
          ? span(metricValueText(id, metric.now.value).padStart(nowWidth), 'strong')
          : span('n/a'.padStart(nowWidth), 'dim'),
        span(text(boundOf(cells, 'min')).padStart(min)),
        span(text(boundOf(cells, 'max')).padStart(max)),
        span(text(metric.limit).padStart(limit), 'dim'),
        span(` ${metric.state ?? ''}`, toneOf(metric.state)),
      ]
    }),
  ]
}

/** A metric over time as asciichart draws it, under a heading with what it is now and may be. */
export function focusedChart(
  { moment: { evaluation, evaluator }, now, graphs, exact }: Charting,
  {
    id,
    label,
    limit,
    columns,
    rows,
    spanMs = CHART_MS,
  }: { id: string; label: string; limit: number | null; columns: number; rows: number; spanMs?: number },
): StyledLine[] {
  const lines = lineChart((width) => evaluator.history.series(id, { from: now - spanMs, to: now, width }), {
    columns,
    rows: rows - 1,
    plain: graphs === 'plain',
    label: (value) => shortText(id, value, exact),
    atLeast: limit !== null && limit < 2 * (maxOf(evaluator, id, now - spanMs) ?? 0) ? limit : null,
  })
  const title = `${label}, last ${formatDuration(spanMs)}${limit === null ? '' : `, limit ${metricValueText(id, limit)}`}`
  return [
    heading(title, columns),
    ...(lines
      ? lines.map((line) => [span(line, 'accent')])
      : [[span(` n/a (not known in this time${evaluation.at < now ? ', nothing new since' : ''})`, 'dim')]]),
  ].map((line) => fitLine(line, columns))
}

function maxOf({ history }: Moment['evaluator'], id: string, from: number): number | undefined {
  const { values } = history.values(id, { from })
  return values.length === 0 ? undefined : Math.max(...values)
}

function boundOf(cells: readonly SeriesCell[], bound: 'min' | 'max'): number | null {
  const known = cells.flatMap((cell) => (cell ? [cell[bound]] : []))
  if (known.length === 0) return null
  return bound === 'min' ? Math.min(...known) : Math.max(...known)
}

/** In at most eight characters unless it is to be exact. */
function shortText(id: string, value: number | null, exact: boolean): string {
  if (value === null) return '-'
  const text = metricValueText(id, value)
  if (exact || text.length <= 7) return text
  return text.endsWith('/s') ? `${compact(value)}/s` : id.startsWith('lag') ? compact(value) : text
}

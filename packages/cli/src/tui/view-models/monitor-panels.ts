import { type Evaluation, metricValueText } from '@radtune/core/metrics'
import { formatCount } from '@radtune/core/units'
import { rate, readingText, toneOf } from './monitor-numbers.ts'
import { heading, type StyledLine, span } from './styled-line.ts'

/**
 * What a larger screen has room for beside the overview: partitions, slots, then topics, rejects and stages. Whole panels only, in
 * this order, as far as `rows` go.
 */
export function panelLines(
  evaluation: Evaluation,
  { columns, rows }: { columns: number; rows: number },
): StyledLine[] {
  const panels: StyledLine[][] = [partitionPanel(evaluation), slotPanel(evaluation), sharesPanel(evaluation)]
  const titles = ['partitions', 'slots', 'topics, rejects, stages']
  const lines: StyledLine[] = []
  for (const [index, panel] of panels.entries()) {
    if (panel.length === 0 || lines.length + panel.length + 1 > rows) continue
    lines.push(heading(titles[index] ?? '', columns), ...panel)
  }
  return lines
}

function partitionPanel({ partitions }: Evaluation): StyledLine[] {
  if (!partitions.known) return [[span(` n/a (${partitions.why})`, 'dim')]]
  return [
    [span(' PARTITION            END        LAG       IN      OUT  OWNER', 'dim')],
    ...partitions.value.map(({ partition, end, lag, in: into, out, owner }): StyledLine => {
      const ends = end.known ? formatCount(end.value) : 'n/a'
      return [
        span(` ${String(partition).padEnd(9)}${ends.padStart(15)}`),
        span(readingText('lag', lag.now).padStart(11), toneOf(lag.state)),
        span(`${rate(into.now).padStart(9)}${rate(out.now).padStart(9)}  ${owner ?? 'nobody'}`),
      ]
    }),
  ]
}

const BAR_COLUMNS = 30

/** Busy, waiting for the broker, and idle, as parts of one bar. */
function slotPanel({ slots }: Evaluation): StyledLine[] {
  if (slots.each.length === 0) return []
  return [
    [span(' SLOT         BUSY  WAIT  █ busy ▒ waits for the broker', 'dim')],
    ...slots.each.map(({ worker, slot, busy, waiting, partitions }): StyledLine => {
      const shareOf = (metric: typeof busy) => (metric.now.known ? metric.now.value : 0)
      const busyCells = Math.min(BAR_COLUMNS, Math.round(shareOf(busy) * BAR_COLUMNS))
      const waitCells = Math.min(BAR_COLUMNS - busyCells, Math.round(shareOf(waiting) * BAR_COLUMNS))
      return [
        span(` ${`${worker}/${slot}`.padEnd(11)}`),
        span(readingText('slots', busy.now).padStart(6), toneOf(busy.state)),
        span(`${readingText('slots', waiting.now).padStart(6)}  `),
        span('█'.repeat(busyCells), 'good'),
        span('▒'.repeat(waitCells), 'warn'),
        span(`${'·'.repeat(BAR_COLUMNS - busyCells - waitCells)}  `, 'dim'),
        span(`partitions ${partitions.length > 0 ? partitions.join(' ') : 'none'}`, 'dim'),
      ]
    }),
  ]
}

function sharesPanel({ topics, rejected, stages }: Evaluation): StyledLine[] {
  const list = (name: string, parts: readonly string[]): StyledLine[] =>
    parts.length === 0 ? [] : [[span(` ${name.padEnd(9)}`, 'dim'), span(parts.join('  '))]]
  return [
    ...list(
      'topics',
      topics.map(({ topic, rate: into }) => `${topic} ${rate(into.now)}`),
    ),
    ...list(
      'rejects',
      rejected.map(
        ({ reason, share }) => `${reason} ${share === null ? 'n/a' : metricValueText('rejects', share)}`,
      ),
    ),
    ...list(
      'stages',
      stages.map(({ stage, share }) => `${stage} ${readingText('slots', share.now)}`),
    ),
  ]
}

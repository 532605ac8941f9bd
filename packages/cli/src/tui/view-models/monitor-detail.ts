import {
  drainSentence,
  type Evaluation,
  type Metric,
  metricName,
  metricValueText,
  type Reading,
} from '@radtune/core/metrics'
import { formatBytes, formatCount, formatCpus, formatDuration } from '@radtune/core/units'
import { wrapText } from '../../output/wrap-text.ts'
import type { Panel } from '../monitor-look.ts'
import { type Charting, FLOW_METRICS, focusedChart } from './monitor-charts.ts'
import { readingText, timeText } from './monitor-numbers.ts'
import { eventId } from './monitor-tables.ts'
import { fitLine, heading, type StyledLine, span } from './styled-line.ts'

/** One row of a panel in full: its facts, its metrics over time, and what happened to it. */
interface Detail {
  title: string
  facts: readonly (readonly [name: string, value: string])[]
  /** Charted, the first as far as there is room. */
  metrics: readonly (readonly [id: string, metric: Metric])[]
  /** Of the events. */
  subjects: readonly string[]
}

interface DetailOptions extends Charting {
  panel: Panel
  /** Of the row; undefined when the panel has none. */
  id: string | undefined
  size: { columns: number; rows: number }
}

/** Facts at the top, charts in the middle, events at the bottom; `rows` lines at most. */
export function detailLines({
  panel,
  id,
  size: { columns, rows },
  ...charting
}: DetailOptions): StyledLine[] {
  const { moment, now } = charting
  const detail = detailOf(moment.evaluation, { panel, id, now })
  if (!detail) return [[span(' there is nothing to show here', 'dim')]]
  const facts = detail.facts.flatMap(([name, value]) =>
    wrapText(value, Math.max(20, columns - 17)).map(
      (text, index): StyledLine => [span(` ${(index === 0 ? name : '').padEnd(16)}`, 'dim'), span(text)],
    ),
  )
  const happened = moment.evaluation.events.filter(({ subject }) => detail.subjects.includes(subject))
  const events = happened
    .slice(-5)
    .toReversed()
    .map(({ at, sentence }): StyledLine => [span(` ${timeText(at)} `, 'dim'), span(sentence)])
  const top = [heading(detail.title, columns, { tone: 'strong' }), ...facts]
  const bottom = events.length === 0 ? [] : [heading('what happened to it', columns), ...events]
  const room = rows - top.length - bottom.length
  const charts = chartsOf(detail, { charting, columns, rows: room })
  return [...top, ...charts, ...bottom].slice(0, rows).map((line) => fitLine(line, columns))
}

const MIN_CHART_ROWS = 5
const MAX_CHART_ROWS = 14

function chartsOf(
  { metrics }: Detail,
  { charting, columns, rows }: { charting: Charting; columns: number; rows: number },
): StyledLine[] {
  if (metrics.length === 0) return []
  const each = Math.max(MIN_CHART_ROWS, Math.min(MAX_CHART_ROWS, Math.floor(rows / metrics.length)))
  return metrics.slice(0, Math.floor(rows / each)).flatMap(([id, metric]) =>
    focusedChart(charting, {
      id,
      label: `${metricName(id)} ${readingText(id, metric.now)}`,
      limit: metric.limit,
      columns,
      rows: each,
    }),
  )
}

function detailOf(
  evaluation: Evaluation,
  { panel, id, now }: { panel: Panel; id: string | undefined; now: number },
): Detail | undefined {
  switch (panel) {
    case 'flow':
      return metricDetail(evaluation, id)
    case 'services':
      return serviceDetail(evaluation, id, now)
    case 'partitions':
      return partitionDetail(evaluation, id)
    case 'slots':
      return slotDetail(evaluation, id)
    case 'events':
      return eventDetail(evaluation, { id, now })
  }
}

function metricDetail(evaluation: Evaluation, wanted: string | undefined): Detail | undefined {
  const chosen = FLOW_METRICS.find((one) => one.id === wanted)
  if (!chosen) return undefined
  const { id, of } = chosen
  const metric = of(evaluation)
  return {
    title: metricName(id),
    facts: metricFacts(id, metric, evaluation.windowMs),
    metrics: [[id, metric]],
    subjects: [id],
  }
}

function metricFacts(id: string, metric: Metric, windowMs: number): Detail['facts'] {
  const text = (value: number | null) => (value === null ? 'n/a' : metricValueText(id, value))
  const trend = metric.perMinute
  return [
    ['now', `${readingText(id, metric.now)}${metric.now.known ? '' : ` (${metric.now.why})`}`],
    [
      `last ${formatDuration(windowMs)}`,
      `mean ${text(metric.average)}, from ${text(metric.min)} to ${text(metric.max)}, 95 % up to ${text(metric.p95)}`,
    ],
    [
      'trend',
      trend === null ? 'n/a' : `${trend < 0 ? '−' : '+'}${metricValueText(id, Math.abs(trend))} a minute`,
    ],
    ['limit', metric.limit === null ? 'not judged' : `${text(metric.limit)}: ${metric.state ?? 'n/a'}`],
  ]
}

function serviceDetail(
  { services, slots }: Evaluation,
  id: string | undefined,
  now: number,
): Detail | undefined {
  if (!services.known) return undefined
  const service = services.value.find(({ name }) => name === id)
  if (!service) return undefined
  const { name, role, condition, reason, pid, restarts, outOfMemoryKills, limits, memoryBytes } = service
  const own = slots.each.filter(({ worker }) => worker === name)
  return {
    title: name,
    facts: [
      ['state', `${condition}${reason ? `: ${reason}` : ''}${pid === null ? '' : `, process ${pid}`}`],
      [
        'limits',
        `${formatCpus(limits.cpus)} CPU, ${formatBytes(limits.memoryBytes)}, ${limits.enforced ? 'in force' : 'advisory'}`,
      ],
      ['memory', memoryBytes.known ? `${formatBytes(memoryBytes.value)}${ageText(memoryBytes, now)}` : 'n/a'],
      ['started again', `${restarts} times, ${outOfMemoryKills} for want of memory`],
      ...(role === 'worker'
        ? [
            [
              'slots',
              own.map(({ slot, busy }) => `${slot}: ${readingText('slots', busy.now)} busy`).join(', ') ||
                'none',
            ] as const,
            ['partitions', own.flatMap((slot) => slot.partitions).join(', ') || 'none'] as const,
          ]
        : []),
    ],
    metrics: [
      [`cpu/${name}`, service.cpu],
      [`memory/${name}`, service.memory],
      [`throttled/${name}`, service.throttled],
    ],
    subjects: [name, `cpu/${name}`, `memory/${name}`, `throttled/${name}`],
  }
}

function ageText(reading: Reading<number>, now: number): string {
  const ageMs = reading.known ? now - reading.at : 0
  return ageMs > 5000 ? ` (${formatDuration(Math.round(ageMs / 1000) * 1000)} ago)` : ''
}

function partitionDetail({ partitions }: Evaluation, id: string | undefined): Detail | undefined {
  if (!partitions.known) return undefined
  const one = partitions.value.find(({ partition }) => String(partition) === id)
  if (!one) return undefined
  const { partition, end, lag, in: into, out, owner, drain } = one
  return {
    title: `partition ${partition} of the input`,
    facts: [
      ['owner', owner ?? 'nobody'],
      ['end', end.known ? formatCount(end.value) : `n/a (${end.why})`],
      ['lag', `${readingText('lag', lag.now)}, ${drainSentence(drain, formatDuration)}`],
      ['rates', `in ${readingText('in', into.now)}, out ${readingText('out', out.now)}`],
    ],
    metrics: [
      [`lag/${partition}`, lag],
      [`in/${partition}`, into],
      [`out/${partition}`, out],
    ],
    subjects: [`lag/${partition}`, ...(owner === null ? [] : [owner])],
  }
}

function slotDetail({ slots }: Evaluation, id: string | undefined): Detail | undefined {
  const one = slots.each.find(({ worker, slot }) => `${worker}/${slot}` === id)
  if (!one) return undefined
  const { worker, slot, partitions, busy, waiting, recordsPerSecond, lag } = one
  return {
    title: `slot ${worker}/${slot}`,
    facts: [
      ['partitions', partitions.join(', ') || 'none'],
      ['busy', `${readingText('slots', busy.now)}, waits ${readingText('slots', waiting.now)}`],
      ['records', `${metricValueText('rate', recordsPerSecond)}, ${formatCount(lag)} waiting`],
      [
        'could do',
        busy.now.known && busy.now.value > 0.05
          ? `${metricValueText('rate', recordsPerSecond / busy.now.value)} at this cost a record`
          : 'n/a (too idle to tell)',
      ],
    ],
    metrics: [
      [`busy/${worker}/${slot}`, busy],
      [`waiting/${worker}/${slot}`, waiting],
    ],
    subjects: [`${worker}/${slot}`, `busy/${worker}/${slot}`],
  }
}

function eventDetail(
  evaluation: Evaluation,
  { id, now }: { id: string | undefined; now: number },
): Detail | undefined {
  const event = evaluation.events.find((one) => eventId(one) === id)
  if (!event) return undefined
  const { at, severity, kind, subject, sentence } = event
  const metric = kind === 'threshold' ? metricOf(evaluation, subject) : undefined
  return {
    title: `${kind} of ${subject}`,
    facts: [
      [
        'when',
        `${timeText(at)} UTC, ${formatDuration(Math.max(0, Math.round((now - at) / 1000) * 1000))} ago`,
      ],
      ['how bad', severity],
      ['what', sentence],
    ],
    metrics: metric ? [[subject, metric]] : [],
    subjects: [subject],
  }
}

/** The metric that an event is about, where a panel shows it. */
function metricOf(evaluation: Evaluation, id: string): Metric | undefined {
  const flow = FLOW_METRICS.find((one) => one.id === id)
  if (flow) return flow.of(evaluation)
  const [kind, name = ''] = id.split('/')
  if (evaluation.services.known && (kind === 'cpu' || kind === 'memory' || kind === 'throttled'))
    return evaluation.services.value.find((service) => service.name === name)?.[kind]
  return undefined
}

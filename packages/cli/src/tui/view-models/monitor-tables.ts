import type { Evaluation, Metric, MonitorEvent, ServiceEvaluation } from '@radtune/core/metrics'
import { metricValueText } from '@radtune/core/metrics'
import { formatCount, formatCpus } from '@radtune/core/units'
import type { Panel } from '../monitor-look.ts'
import { bytesText, compact, judgedTone, rate, readingText, timeText } from './monitor-numbers.ts'
import type { PanelRow, PanelTable } from './panel-table.ts'
import { type Span, type StyledLine, span } from './styled-line.ts'

interface TableFacts {
  evaluation: Evaluation
  /** Wall-clock milliseconds of what is shown. */
  now: number
  exact: boolean
  /** Columns that there are for a row. */
  columns: number
}

/** A value older than this is dim. */
const STALE_MS = 5_000

/** The table of a panel; the flow has charts instead. */
export function panelTable(panel: Exclude<Panel, 'flow'>, facts: TableFacts): PanelTable {
  switch (panel) {
    case 'services':
      return servicesTable(facts)
    case 'partitions':
      return partitionsTable(facts)
    case 'slots':
      return slotsTable(facts)
    case 'events':
      return eventsTable(facts)
  }
}

/** Condition, CPU and memory against their limits, throttling, records in and out, restarts. */
function servicesTable({ evaluation: { services }, now, exact }: TableFacts): PanelTable {
  return {
    panel: 'services',
    title: 'services',
    head: `${'NAME'.padEnd(10)} ${'STATE'.padEnd(10)} ${'CPU/LIMIT'.padStart(11)} ${'THROTTLE'.padStart(8)} ${'MEM/LIMIT'.padStart(12)} ${'IN'.padStart(7)} ${'OUT'.padStart(7)} RESTART`,
    sorts: ['name', 'cpu', 'throttle', 'memory', 'in', 'out', 'restarts'],
    rows: services.known ? services.value.map((service) => serviceRow(service, { now, exact })) : [],
    empty: services.known ? 'there are none' : `n/a (${services.why})`,
  }
}

function serviceRow(service: ServiceEvaluation, { now, exact }: Pick<TableFacts, 'now' | 'exact'>): PanelRow {
  const { name, condition, cpu, memory, throttled, limits, memoryBytes, restarts } = service
  const metrics = [cpu, memory, throttled]
  const held = exact && memoryBytes.known ? bytesText(memoryBytes.value) : shareText(memory)
  return {
    id: name,
    line: [
      span(`${name.padEnd(10)} `),
      span(condition.padEnd(10), condition === 'healthy' ? 'good' : condition === 'failed' ? 'bad' : 'warn'),
      cell(`${shareText(cpu)} ${formatCpus(limits.cpus)}`, { width: 12, metric: cpu, now }),
      cell(shareText(throttled), { width: 9, metric: throttled, now }),
      cell(`${held} ${bytesText(limits.memoryBytes)}`, { width: 13, metric: memory, now }),
      span(
        ` ${(service.in ? rate(service.in, exact) : '-').padStart(7)} ${(service.out ? rate(service.out, exact) : '-').padStart(7)} `,
      ),
      span(String(restarts).padStart(7), restarts > 0 ? 'warn' : 'dim'),
    ],
    keys: [
      name,
      ...[cpu, throttled, memory].map(numberOf),
      ...[service.in, service.out].map((flow) => (flow?.known ? flow.value : undefined)),
      restarts,
    ],
    ill: condition !== 'healthy' || metrics.some(({ state }) => state === 'WARN' || state === 'CRIT'),
  }
}

function partitionsTable({ evaluation: { partitions }, exact }: TableFacts): PanelTable {
  const count = (value: number) => (exact ? formatCount(value) : compact(value))
  return {
    panel: 'partitions',
    title: 'partitions',
    head: `PARTITION  ${'END'.padStart(13)} ${'LAG'.padStart(9)} ${'IN'.padStart(8)} ${'OUT'.padStart(8)}  OWNER`,
    sorts: ['partition', 'lag', 'in', 'out', 'owner'],
    rows: partitions.known
      ? partitions.value.map(({ partition, end, lag, in: into, out, owner }) => ({
          id: String(partition),
          line: [
            span(`${String(partition).padEnd(9)} `),
            span(` ${(end.known ? formatCount(end.value) : 'n/a').padStart(13)}`),
            span(` ${(lag.now.known ? count(lag.now.value) : 'n/a').padStart(9)}`, judgedTone(lag.state)),
            span(` ${rate(into.now, exact).padStart(8)} ${rate(out.now, exact).padStart(8)}  `),
            span(owner ?? 'nobody', owner === null ? 'warn' : 'plain'),
          ],
          keys: [-partition, numberOf(lag), numberOf(into), numberOf(out), owner ?? ''],
          ill: owner === null || lag.state === 'WARN' || lag.state === 'CRIT',
        }))
      : [],
    empty: partitions.known ? 'there are none' : `n/a (${partitions.why})`,
  }
}

/** Busy, waiting for the broker, and idle, as parts of one bar. */
function slotsTable({ evaluation: { slots }, columns }: TableFacts): PanelTable {
  const bar = Math.max(6, Math.min(30, columns - 40))
  return {
    panel: 'slots',
    title: 'slots',
    head: `SLOT         BUSY  WAIT  ${'█ busy ▒ waits'.padEnd(bar)}  PARTITIONS`,
    sorts: ['slot', 'busy', 'waiting'],
    rows: slots.each.map(({ worker, slot, busy, waiting, partitions }) => ({
      id: `${worker}/${slot}`,
      line: [
        span(`${`${worker}/${slot}`.padEnd(11)}`),
        span(readingText('slots', busy.now).padStart(6), judgedTone(busy.state)),
        span(`${readingText('slots', waiting.now).padStart(6)}  `),
        ...slotBar(bar, { busy, waiting }),
        span(`  ${partitions.length > 0 ? partitions.join(' ') : 'none'}`, 'dim'),
      ],
      keys: [`${worker}/${slot}`, numberOf(busy), numberOf(waiting)],
      ill: busy.state === 'WARN' || busy.state === 'CRIT',
    })),
    empty: 'n/a (no worker tells of slots)',
  }
}

function slotBar(width: number, { busy, waiting }: { busy: Metric; waiting: Metric }): StyledLine {
  const cells = (metric: Metric) => Math.round((numberOf(metric) ?? 0) * width)
  const busyCells = Math.min(width, cells(busy))
  const waitCells = Math.min(width - busyCells, cells(waiting))
  return [
    span('█'.repeat(busyCells), 'good'),
    span('▒'.repeat(waitCells), 'warn'),
    span('·'.repeat(width - busyCells - waitCells), 'dim'),
  ]
}

function eventsTable({ evaluation: { events, rejected } }: TableFacts): PanelTable {
  const shares = rejected
    .slice(0, 4)
    .map(({ reason, share }) => `${reason} ${share === null ? 'n/a' : metricValueText('rejects', share)}`)
  return {
    panel: 'events',
    title: 'events',
    head: '',
    sorts: ['time', 'severity', 'subject'],
    rows: events.toReversed().map((event) => ({
      id: eventId(event),
      line: eventLine(event),
      keys: [event.at, SEVERITIES.indexOf(event.severity), event.subject],
    })),
    empty: `nothing has happened${shares.length > 0 ? `; rejected: ${shares.join(', ')}` : ''}`,
  }
}

const SEVERITIES: readonly MonitorEvent['severity'][] = ['info', 'warn', 'crit']

export function eventId({ at, kind, subject }: MonitorEvent): string {
  return `${at} ${kind} ${subject}`
}

function eventLine({ at, severity, sentence }: MonitorEvent): StyledLine {
  const word: Record<MonitorEvent['severity'], Span> = {
    info: span('info', 'dim'),
    warn: span('WARN', 'warn'),
    crit: span('CRIT', 'bad'),
  }
  return [span(`${timeText(at)} `, 'dim'), word[severity], span(` ${sentence}`)]
}

function cell(text: string, { width, metric, now }: { width: number; metric: Metric; now: number }): Span {
  const stale = !metric.now.known || now - metric.now.at > STALE_MS
  return span(text.padStart(width), stale ? 'dim' : judgedTone(metric.state))
}

function shareText({ now }: Metric): string {
  return now.known ? metricValueText('cpu', now.value) : 'n/a'
}

function numberOf({ now }: Metric): number | undefined {
  return now.known ? now.value : undefined
}

import type { Evaluation, Snapshot } from '@radtune/core/metrics'
import { metricValueText } from '@radtune/core/metrics'
import { formatCount, formatDuration } from '@radtune/core/units'
import { drainText, headline } from '../../output/monitor-text.ts'
import type { Moment } from '../../services/monitor-stack.ts'
import { chartLines } from './monitor-charts.ts'
import { compact, rate, readingText, toneOf } from './monitor-numbers.ts'
import { panelLines } from './monitor-panels.ts'
import { serviceLines } from './monitor-services.ts'
import type { ScreenSize } from './status-view.ts'
import { fitLine, heading, type StyledLine, span, spread } from './styled-line.ts'

/** What the monitor draws beside the moment itself. */
export interface MonitorView {
  moment: Moment
  /** The time that is shown: of the moment, or an earlier one. */
  now: number
  intervalMs: number
  /** LIVE, REPLAY… */
  mode: string
  /** What radtune itself uses, when that is asked for. */
  self?: string | undefined
  /** Keys that the last line names; on a screen only. */
  keys?: readonly KeyName[]
}

/** A key as the footer and the help name it. */
interface KeyName {
  name: string
  does: string
}

/** Charts look back this far. */
const CHART_MS = 120_000

/**
 * Lays out the monitor: at most `rows` − 1 lines of at most `columns` characters; under 60×16 one line that is still of use. What is
 * not known is n/a, dim and with its why.
 */
export function monitorView(view: MonitorView, { columns, rows }: ScreenSize): StyledLine[] {
  const { evaluation, evaluator, snapshot } = view.moment
  if (columns < 60 || rows < 16) return [fitLine(shortLine(evaluation), columns)]
  const top = [
    headerLine(view, columns),
    [span(` ${wordOf(evaluation)}`, toneOf(evaluation.state)), span(`  ${headline(evaluation)}`)],
    heading('flow', columns),
    flowLine(evaluation),
    heading(`last ${formatDuration(CHART_MS)}`, columns),
    ...chartLines({ evaluation, history: evaluator.history, to: view.now, spanMs: CHART_MS, columns }),
  ]
  const footer: StyledLine[] = [
    ...(view.self === undefined ? [] : [[span(` ${view.self}`, 'dim')]]),
    ...(view.keys === undefined ? [] : [keyLine(view.keys)]),
  ]
  const room = rows - 1 - top.length - footer.length
  const eventRoom = Math.min(3, Math.max(1, room - 8))
  const services = serviceLines(evaluation, {
    columns,
    rows: Math.max(2, room - eventRoom - 2),
    now: view.now,
  })
  const serviceHeading = serviceHeadingText(evaluation)
  const events = eventLines(evaluation, { columns, rows: Math.max(1, room - services.length - 2), snapshot })
  // A frame without keys is for reading once, and ends where its text does.
  const panels =
    view.keys === undefined
      ? []
      : panelLines(evaluation, { columns, rows: room - services.length - eventRoom - 2 })
  const shownEvents = events.slice(0, Math.max(1, room - services.length - panels.length - 2))
  const used = top.length + services.length + panels.length + shownEvents.length + 2 + footer.length
  const padding: StyledLine[] =
    view.keys === undefined ? [] : Array.from({ length: Math.max(0, rows - 1 - used) }, () => [])
  return [
    ...top,
    heading(serviceHeading, columns),
    ...services,
    ...panels,
    heading(`events (${formatCount(evaluation.events.length)})`, columns),
    ...shownEvents,
    ...padding,
    ...footer,
  ]
    .slice(0, rows - 1)
    .map((line) => fitLine(line, columns))
}

function keyLine(keys: readonly KeyName[]): StyledLine {
  return keys.flatMap(({ name, does }) => [span(` ${name}`, 'strong'), span(` ${does} `, 'dim')])
}

/** The help: every key, and what the words mean. */
export function monitorHelp(keys: readonly KeyName[], { columns, rows }: ScreenSize): StyledLine[] {
  return [
    heading('keys', columns),
    ...keys.map(({ name, does }) => [span(` ${name.padEnd(8)}`, 'strong'), span(does)]),
    heading('words', columns),
    [span(' ok       '), span('within its limit for ten samples')],
    [span(' WARN     ', 'warn'), span('over its limit for three samples in a row')],
    [span(' CRIT     ', 'bad'), span('far over it')],
    [span(' n/a      ', 'dim'), span('not known, with the reason; never 0')],
    [span(' drains   '), span('lag ÷ (rate out − rate in) of the slowest partition')],
    [span(' THROTTLE '), span('share of 100 ms periods in which the CPU limit held a service back')],
    [span(' docs/monitor.md says what each number means and where it comes from', 'dim')],
  ]
    .slice(0, rows - 1)
    .map((line) => fitLine(line, columns))
}

/** Before the first moment. */
export function waitingView({ columns }: ScreenSize): StyledLine[] {
  return [fitLine([span(' radtune', 'strong'), span('  asking the stack …   q quit')], columns)]
}

function wordOf({ state }: Evaluation): string {
  return (state ?? 'n/a').padEnd(4)
}

function shortLine(evaluation: Evaluation): StyledLine {
  const { flow } = evaluation
  return [
    span(evaluation.state ?? 'n/a', toneOf(evaluation.state)),
    span(
      ` in ${readingText('in', flow.in.now)} lag ${readingText('lag', flow.lag.now)} p99 ${readingText('p99', flow.p99.now)} (q quit)`,
    ),
  ]
}

function headerLine(
  { moment: { snapshot }, mode, intervalMs, now }: MonitorView,
  columns: number,
): StyledLine {
  const { stack } = snapshot
  const what = stack.known
    ? `${stack.value.profile} / ${stack.value.engine} / ${stack.value.runtime}`
    : `n/a (${stack.why})`
  const up = stack.known ? `up ${formatDuration(Math.max(0, now - stack.value.launchedAt))}   ` : ''
  const time = new Date(now).toISOString().slice(11, 19)
  return spread(
    [span(' radtune', 'strong'), span(`  ${what}`)],
    [span(`${mode} ${formatDuration(intervalMs).replaceAll(' ', '')}   ${up}${time} UTC `)],
    columns,
  )
}

function flowLine(evaluation: Evaluation): StyledLine {
  const { flow, clients, provider } = evaluation
  const lag = flow.lag.now.known ? `lag ${compact(flow.lag.now.value)}, ${drainText(evaluation)}` : 'lag n/a'
  const tabs = clients.known ? `${clients.value} ${clients.value === 1 ? 'tab' : 'tabs'}` : 'tabs n/a'
  const source = provider.state === null || provider.state === 'running' ? '' : ` ${provider.state}`
  return [
    span(` provider${source} ${rate(flow.provider.now)} ─▶ kafka `),
    span(lag, flow.lag.state === null || flow.lag.state === 'ok' ? 'plain' : toneOf(flow.lag.state)),
    span(` ─▶ workers ${rate(flow.out.now)} ─▶ ${tabs}`),
  ]
}

function serviceHeadingText({ services }: Evaluation): string {
  return services.known ? `services (${services.value.length})` : 'services'
}

function eventLines(
  { events, rejected }: Evaluation,
  { rows, snapshot }: { columns: number; rows: number; snapshot: Snapshot },
): StyledLine[] {
  const told = events
    .slice(-rows)
    .reverse()
    .map(
      ({ at, severity, sentence }): StyledLine => [
        span(` ${new Date(at).toISOString().slice(11, 19)} `, 'dim'),
        span(
          severity === 'info' ? 'info' : severity === 'warn' ? 'WARN' : 'CRIT',
          severity === 'info' ? 'dim' : severity === 'warn' ? 'warn' : 'bad',
        ),
        span(` ${sentence}`),
      ],
    )
  if (told.length > 0) return told
  const why = snapshot.services.known ? undefined : snapshot.services.why
  const shares = rejected
    .slice(0, 4)
    .map(({ reason, share }) => `${reason} ${share === null ? 'n/a' : metricValueText('rejects', share)}`)
  return [
    [
      span(
        ` ${why ?? (shares.length > 0 ? `nothing has happened; rejected: ${shares.join(', ')}` : 'nothing has happened')}`,
        'dim',
      ),
    ],
  ]
}

import type { Evaluation } from '@radtune/core/metrics'
import { formatDuration } from '@radtune/core/units'
import { drainText, headline } from '../../output/monitor-text.ts'
import type { Judged } from '../../services/advise-stack.ts'
import type { Moment } from '../../services/monitor-stack.ts'
import { firstLook, type Look, PANELS, type Panel } from '../monitor-look.ts'
import type { ShownLogLine } from '../monitor-store.ts'
import { adviceLines } from './monitor-advice.ts'
import { type Charting, chartLines, FLOW_METRICS, focusedChart } from './monitor-charts.ts'
import { detailLines } from './monitor-detail.ts'
import type { KeyName } from './monitor-help.ts'
import { logLines } from './monitor-logs.ts'
import { compact, judgedTone, rate, readingText, timeText, toneOf } from './monitor-numbers.ts'
import { shareLists } from './monitor-side.ts'
import { panelTable } from './monitor-tables.ts'
import { chosenRow } from './panel-rows.ts'
import { tableLines } from './panel-table.ts'
import type { ScreenSize } from './status-view.ts'
import { beside, fitLine, heading, type StyledLine, span, spread, widthOf } from './styled-line.ts'

/** What the monitor draws beside the moment itself. */
export interface MonitorView {
  moment: Moment
  intervalMs: number
  /** LIVE, REPLAY… */
  mode: string
  /** What radtune itself uses, when that is asked for. */
  self?: string | undefined
  /** What only a screen has; a frame that is read once has neither keys nor a choice. */
  screen?: {
    look: Look
    keys: readonly KeyName[]
    logs: readonly ShownLogLine[]
    judged: Judged | undefined
    drift?: number | undefined
  }
}

/** From here on there is room for a second column. */
const WIDE = { columns: 110, rows: 30 }
/** Of the left one: what the services take. */
const LEFT_COLUMNS = 80
const FEW_CHARTS = 5
const MOST_EVENTS = 4
const ROWS_OF_DETAIL = 8
/** Of a panel that is shown whole or not at all. */
const MOST_ROWS = 60

/**
 * Lays out the monitor: at most `rows` − 1 lines of at most `columns` cells; under 60×16 one line that is still of use. What is
 * not known is n/a, dim and with its why.
 */
export function monitorView(view: MonitorView, { columns, rows }: ScreenSize): StyledLine[] {
  const { evaluation } = view.moment
  if (columns < 60 || rows < 16) return [fitLine(shortLine(evaluation), columns)]
  const top = [headerLine(view, columns), headLine(view, columns)]
  const footer: StyledLine[] = [
    ...(view.self === undefined ? [] : [[span(` ${view.self}`, 'dim')]]),
    ...(view.screen ? [footerLine(view.screen)] : []),
  ]
  const room = rows - 1 - top.length - footer.length
  const body = bodyLines(view, { columns, rows: room }).slice(0, room)
  // A frame without keys is for reading once, and ends where its text does.
  const padding = Array.from({ length: view.screen ? room - body.length : 0 }, (): StyledLine => [])
  return [...top, ...body, ...padding, ...footer].map((line) => fitLine(line, columns))
}

function bodyLines(view: MonitorView, size: ScreenSize): StyledLine[] {
  const { screen } = view
  if (!screen) return overview(view, size)
  const { look, logs, judged } = screen
  switch (look.view) {
    case 'logs':
      return logLines(logs, { look, ...size })
    case 'advice':
      return adviceLines(judged, { ...size, scrolled: look.scrolled })
    case 'detail':
      return detail(view, look, size)
    default:
      return look.expanded ? expanded(view, look, size) : overview(view, size)
  }
}

function chartingOf({ moment, screen }: MonitorView): Charting {
  const { graphs, exact } = screen?.look ?? firstLook('block')
  return { moment, now: moment.snapshot.at, graphs, exact }
}

/** One panel on the whole screen. */
function expanded(view: MonitorView, look: Look, { columns, rows }: ScreenSize): StyledLine[] {
  if (look.panel === 'flow') {
    const charts = chartLines(chartingOf(view), { columns, count: FLOW_METRICS.length, look, number: 1 })
    return [...charts, ...focusLines(view, { columns, rows: rows - charts.length })]
  }
  const table = panelLines(view, look.panel, { columns, rows })
  const below = { columns, rows: rows - table.length }
  // What a short table leaves free tells of the row that is chosen.
  return below.rows < ROWS_OF_DETAIL ? table : [...table, ...detail(view, look, below)]
}

function detail(view: MonitorView, look: Look, size: ScreenSize): StyledLine[] {
  return detailLines({ ...chartingOf(view), panel: look.panel, id: chosenRow(view.moment, look), size })
}

/** The flow, its charts, and as many panels as there is room for; beside them a second column where it is wide. */
function overview(view: MonitorView, { columns, rows }: ScreenSize): StyledLine[] {
  const { moment, screen } = view
  const { evaluation, snapshot } = moment
  const wide = screen !== undefined && columns >= WIDE.columns && rows >= WIDE.rows - 3
  const left = wide ? Math.max(LEFT_COLUMNS, Math.floor(columns * 0.6)) : columns
  const charts = chartLines(chartingOf(view), {
    columns: left,
    count: wide || rows > 40 ? FLOW_METRICS.length - 1 : FEW_CHARTS,
    ...(screen ? { look: screen.look, number: 1 } : {}),
  })
  const flow = [heading('flow', left), flowLine(evaluation)]
  const room = rows - flow.length - charts.length
  const eventRows = Math.min(MOST_EVENTS, Math.max(2, room - 9))
  const panel = screen?.look.panel
  // The panel that has the focus is always to be seen.
  const first = !wide && (panel === 'partitions' || panel === 'slots') ? panel : 'services'
  const main = [...flow, ...charts, ...panelLines(view, first, { columns: left, rows: room - eventRows })]
  const free = () => rows - eventRows - main.length
  const whole = (lines: readonly StyledLine[]) => {
    if (screen && lines.length <= free()) main.push(...lines)
  }
  const others = (['services', 'partitions', 'slots'] as const).filter((each) => each !== first)
  if (wide) {
    whole(panelLines(view, 'partitions', { columns: left, rows: MOST_ROWS }))
    const right = columns - left - 1
    const side = [...focusLines(view, { columns: right, rows: 10 })]
    side.push(...panelLines(view, 'slots', { columns: right, rows: rows - eventRows - side.length }))
    side.push(
      ...shareLists(evaluation, {
        snapshot,
        columns: right,
        rows: rows - eventRows - side.length,
        exact: screen.look.exact,
      }),
    )
    const both = beside(main, side, left)
    return [...both, ...panelLines(view, 'events', { columns, rows: rows - both.length })]
  }
  for (const other of others) whole(panelLines(view, other, { columns: left, rows: MOST_ROWS }))
  if (screen)
    main.push(...shareLists(evaluation, { snapshot, columns: left, rows: free(), exact: screen.look.exact }))
  return [...main, ...panelLines(view, 'events', { columns, rows: rows - main.length })]
}

function panelLines(
  { moment: { evaluation, snapshot }, screen }: MonitorView,
  panel: Exclude<Panel, 'flow'>,
  { columns, rows }: ScreenSize,
): StyledLine[] {
  const exact = screen?.look.exact ?? false
  const table = panelTable(panel, { evaluation, now: snapshot.at, exact, columns })
  // An event has no names of columns above it.
  const given = table.head === '' ? rows + 1 : rows
  const look = screen ? { look: screen.look, number: PANELS.indexOf(panel) + 1 } : {}
  return tableLines(table, { columns, rows: given, ...look })
}

/** The metric that is chosen in the flow, over time. */
function focusLines(view: MonitorView, { columns, rows }: ScreenSize): StyledLine[] {
  const chosen = view.screen?.look.chosen.flow
  const metric = FLOW_METRICS.find(({ id }) => id === chosen) ?? FLOW_METRICS[0]
  if (!metric || rows < 3) return []
  const { id, label, of } = metric
  return focusedChart(chartingOf(view), {
    id,
    label,
    limit: of(view.moment.evaluation).limit,
    columns,
    rows,
  })
}

function footerLine({ look, keys }: NonNullable<MonitorView['screen']>): StyledLine {
  if (look.typing)
    return [
      span(' filter: ', 'strong'),
      span(`${look.filter}▏`),
      span('  enter keeps it, escape clears it', 'dim'),
    ]
  if (look.notice !== undefined) return [span(` ${look.notice}`, 'accent')]
  return keys.flatMap(({ name, does }) => [span(` ${name}`, 'strong'), span(` ${does} `, 'dim')])
}

/** What is to be known first, and how much there is to change. */
function headLine({ moment: { evaluation }, screen }: MonitorView, columns: number): StyledLine {
  const steps = screen?.judged?.advice.steps.length ?? 0
  const drift = screen?.drift ?? 0
  const right = [
    ...(drift === 0 ? [] : [span(`drift ${drift} `, 'warn')]),
    ...(steps === 0 ? [] : [span(`a: advice ${steps} `, 'accent')]),
  ]
  const room = columns - widthOf(right) - 1
  const said = [span(` ${wordOf(evaluation)}`, toneOf(evaluation.state)), span(`  ${headline(evaluation)}`)]
  return spread(fitLine(said, room), right, columns)
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

function headerLine({ moment: { snapshot }, mode, intervalMs }: MonitorView, columns: number): StyledLine {
  const { stack, at } = snapshot
  const what = stack.known
    ? `${stack.value.profile} / ${stack.value.engine} / ${stack.value.runtime}`
    : `n/a (${stack.why})`
  const up = stack.known ? `up ${formatDuration(Math.max(0, at - stack.value.launchedAt))}   ` : ''
  return spread(
    [span(' radtune', 'strong'), span(`  ${what}`)],
    [span(`${mode} ${formatDuration(intervalMs).replaceAll(' ', '')}   ${up}${timeText(at)} UTC `)],
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
    span(lag, judgedTone(flow.lag.state)),
    span(` ─▶ workers ${rate(flow.out.now)} ─▶ ${tabs}`),
  ]
}

import { PANELS } from './monitor-look.ts'
import type { MonitorStore } from './monitor-store.ts'
import { GRAPH_STYLES } from './view-models/graphs.ts'
import { panelTable } from './view-models/monitor-tables.ts'
import { chosenRow, focusedRows } from './view-models/panel-rows.ts'

/** What keys do beyond the screen. None of it changes the system. */
export interface MonitorActions {
  quit(): void
  /** Samples or replays one step faster (1) or slower (−1); answers in words. */
  pace(by: 1 | -1): string
  /** Writes what the screen shows into a file; answers where, or why not. */
  save(): Promise<string>
  /** Of the screen. */
  rows(): number
}

/** A key of the monitor. */
export interface MonitorKey {
  /** As it is typed. */
  keys: readonly string[]
  /** As it is named in the help. */
  name: string
  does: string
  /** Named in the last line of the screen, too. */
  footer?: boolean
  act(store: MonitorStore, actions: MonitorActions): void
}

/** All keys: the footer, the help and the docs are made of them. */
export const MONITOR_KEYS: readonly MonitorKey[] = [
  { keys: ['?', 'h'], name: '?', does: 'help', footer: true, act: (store) => toggleHelp(store) },
  { keys: ['q', 'ctrl-c'], name: 'q', does: 'quit', footer: true, act: (_, { quit }) => quit() },
  { keys: [' '], name: 'space', does: 'pause', footer: true, act: (store) => store.togglePause() },
  {
    keys: ['/'],
    name: '/',
    does: 'filter',
    footer: true,
    act: (store) => store.look({ typing: true }),
  },
  { keys: ['s'], name: 's', does: 'sort', footer: true, act: sortByNext },
  {
    keys: ['r'],
    name: 'r',
    does: 'reverse the order',
    act(store) {
      const { panel, reversed } = store.current().look
      store.look({ reversed: { ...reversed, [panel]: !reversed[panel] } })
    },
  },
  { keys: ['enter'], name: 'enter', does: 'open', footer: true, act: (store) => store.open('detail') },
  { keys: ['escape', 'backspace'], name: 'esc', does: 'back; clears the filter', act: goBack },
  { keys: ['l'], name: 'l', does: 'logs', footer: true, act: openLogs },
  { keys: ['a'], name: 'a', does: 'advice', footer: true, act: (store) => store.open('advice') },
  { keys: ['up', 'k'], name: '↑ ↓', does: 'choose a row, scroll', act: (store) => move(store, -1) },
  { keys: ['down', 'j'], name: '', does: '', act: (store) => move(store, 1) },
  {
    keys: ['pageup'],
    name: 'page',
    does: 'the same by a page',
    act: (store, { rows }) => move(store, -pageOf(rows())),
  },
  { keys: ['pagedown'], name: '', does: '', act: (store, { rows }) => move(store, pageOf(rows())) },
  {
    keys: ['1', '2', '3', '4', '5'],
    name: '1–5, tab',
    does: 'go to a panel',
    act: () => undefined,
  },
  { keys: ['e'], name: 'e', does: 'the panel alone, and back', act: expand },
  {
    keys: ['<', ',', 'left'],
    name: '< >',
    does: 'step in time, [ ] by ten',
    act: (store) => store.step(-1),
  },
  { keys: ['>', '.', 'right'], name: '', does: '', act: (store) => store.step(1) },
  { keys: ['{', '['], name: '', does: '', act: (store) => store.step(-10) },
  { keys: ['}', ']'], name: '', does: '', act: (store) => store.step(10) },
  {
    keys: ['+', '='],
    name: '+ -',
    does: 'sample faster, slower',
    act: (store, { pace }) => store.look({ notice: pace(1) }),
  },
  { keys: ['-'], name: '', does: '', act: (store, { pace }) => store.look({ notice: pace(-1) }) },
  {
    keys: ['u'],
    name: 'u',
    does: 'numbers in full, or short',
    act: (store) => store.look({ exact: !store.current().look.exact }),
  },
  { keys: ['g'], name: 'g', does: 'graphs: braille, block, plain', act: changeGraphs },
  {
    keys: ['w'],
    name: 'w',
    does: 'write this into a file',
    act: (store, { save }) => void save().then((notice) => store.look({ notice })),
  },
]

/** What a key does, by its name or the character that was typed. While the filter is typed, characters are its text. */
export function pressKey(typed: string, store: MonitorStore, actions: MonitorActions): void {
  const { look } = store.current()
  if (look.typing && typed !== 'ctrl-c') {
    typeFilter(typed, store)
    return
  }
  if (look.notice !== undefined) store.look({ notice: undefined })
  const number = Number(typed) - 1
  const panel = PANELS[number] ?? nextPanel(typed, look.panel)
  if (panel) store.look({ panel, view: 'panels' })
  else MONITOR_KEYS.find(({ keys }) => keys.includes(typed))?.act(store, actions)
}

function nextPanel(typed: string, panel: (typeof PANELS)[number]): (typeof PANELS)[number] | undefined {
  const by = typed === 'tab' ? 1 : typed === 'shift-tab' ? PANELS.length - 1 : 0
  return by === 0 ? undefined : PANELS[(PANELS.indexOf(panel) + by) % PANELS.length]
}

function typeFilter(typed: string, store: MonitorStore): void {
  const { filter } = store.current().look
  if (typed === 'enter') store.look({ typing: false })
  else if (typed === 'escape') store.look({ typing: false, filter: '' })
  else if (typed === 'backspace') store.look({ filter: [...filter].slice(0, -1).join('') })
  else if ([...typed].length === 1) store.look({ filter: filter + typed, scrolled: 0 })
}

function toggleHelp(store: MonitorStore): void {
  if (store.current().look.view === 'help') store.back()
  else store.open('help')
}

function goBack(store: MonitorStore): void {
  const { look } = store.current()
  if (look.view !== 'panels') store.back()
  else store.look(look.filter !== '' ? { filter: '' } : { expanded: false })
}

function sortByNext(store: MonitorStore): void {
  const { moment, look } = store.current()
  const { panel, sorted } = look
  if (!moment || panel === 'flow') return
  const { sorts } = panelTable(panel, {
    evaluation: moment.evaluation,
    now: moment.snapshot.at,
    exact: false,
    columns: 80,
  })
  const next = (sorted[panel] ?? -1) + 1
  const { [panel]: _, ...others } = sorted
  store.look({ sorted: next < sorts.length ? { ...others, [panel]: next } : others })
}

/** Of the service that is chosen, or that the chosen row belongs to; of all where it is of none. */
function openLogs(store: MonitorStore): void {
  const { moment, look } = store.current()
  const row = moment && chosenRow(moment, look)
  const names = moment?.evaluation.services.known
    ? moment.evaluation.services.value.map(({ name }) => name)
    : []
  const owner =
    look.panel === 'partitions' && moment?.evaluation.partitions.known
      ? moment.evaluation.partitions.value.find(({ partition }) => String(partition) === row)?.owner
      : row
  const isOf = (name: string) => [`${name}/`, `${name}-slot-`].some((start) => owner?.startsWith(start))
  store.look({ logsOf: names.find((name) => owner === name || isOf(name)) })
  store.open('logs')
}

function move(store: MonitorStore, by: number): void {
  const { moment, look } = store.current()
  if (look.view === 'logs') store.look({ scrolled: Math.max(0, look.scrolled - by) })
  if (look.view === 'advice') store.look({ scrolled: Math.max(0, look.scrolled + by) })
  if (!moment || look.view === 'logs' || look.view === 'advice') return
  const rows = focusedRows(moment, look)
  const at = rows.indexOf(chosenRow(moment, look) ?? '')
  const row = rows[Math.max(0, Math.min(rows.length - 1, at + by))]
  if (row !== undefined) store.look({ chosen: { ...look.chosen, [look.panel]: row } })
}

function pageOf(rows: number): number {
  return Math.max(1, rows - 6)
}

function expand(store: MonitorStore): void {
  const { expanded, view } = store.current().look
  store.look({ expanded: view === 'panels' ? !expanded : true, view: 'panels' })
}

function changeGraphs(store: MonitorStore): void {
  const { graphs } = store.current().look
  const next = GRAPH_STYLES[(GRAPH_STYLES.indexOf(graphs) + 1) % GRAPH_STYLES.length] ?? 'plain'
  store.look({ graphs: next, notice: `graphs are ${next}` })
}

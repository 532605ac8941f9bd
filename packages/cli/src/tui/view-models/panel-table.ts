import type { Look, Panel } from '../monitor-look.ts'
import { fitLine, heading, type StyledLine, span, textOf } from './styled-line.ts'

/** A row of a panel: what is drawn of it, and what it is sorted by. */
export interface PanelRow {
  /** The same as long as it is about the same thing. */
  id: string
  line: StyledLine
  /** One for each of the table's sorts; what is not known sorts last. */
  keys: readonly (number | string | undefined)[]
  /** Not in order: comes first where there is no room for all. */
  ill?: boolean
}

/** The rows of a panel with their head. */
export interface PanelTable {
  panel: Panel
  title: string
  /** The names of the columns, as wide as the rows. */
  head: string
  /** What it can be sorted by. */
  sorts: readonly string[]
  rows: readonly PanelRow[]
  /** Said where there are no rows. */
  empty: string
}

type Looked = Pick<Look, 'sorted' | 'reversed' | 'filter'>

/** The rows that the filter lets through, in their order. */
export function shownRows({ panel, rows }: PanelTable, { sorted, reversed, filter }: Looked): PanelRow[] {
  const wanted = filter.toLowerCase()
  const through = rows.filter(({ line }) => textOf(line).toLowerCase().includes(wanted))
  const column = sorted[panel]
  if (column === undefined) return through
  const direction = reversed[panel] ? -1 : 1
  return through.sort((a, b) => direction * compareKeys(a.keys[column], b.keys[column]))
}

/** Largest number first, texts by the alphabet. */
function compareKeys(a: number | string | undefined, b: number | string | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined)
  if (typeof a === 'number' && typeof b === 'number') return b - a
  return String(a).localeCompare(String(b), 'en', { numeric: true })
}

interface TableOptions {
  columns: number
  /** Of the whole, heading and head included. */
  rows: number
  /** Absent on a frame that is only read. */
  look?: Look
  /** As it is chosen by a key. */
  number?: number
}

/** A panel: heading, names of the columns, and as many rows as there is room for around the chosen one. */
export function tableLines(table: PanelTable, { columns, rows, look, number }: TableOptions): StyledLine[] {
  const all = look ? shownRows(table, look) : [...table.rows]
  const room = Math.max(1, rows - 2)
  const focused = look?.panel === table.panel
  const chosen = Math.max(
    0,
    all.findIndex(({ id }) => id === look?.chosen[table.panel]),
  )
  const sorted = look?.sorted[table.panel]
  const order =
    sorted === undefined ? '' : `  sort ${table.sorts[sorted]} ${look?.reversed[table.panel] ? '^' : 'v'}`
  const filter = look && look.filter !== '' ? `  /${look.filter}` : ''
  const ordered =
    all.length > room && sorted === undefined && !focused
      ? [...all].sort((a, b) => Number(b.ill ?? false) - Number(a.ill ?? false))
      : all
  const from = focused ? Math.max(0, Math.min(chosen - Math.floor(room / 2), all.length - room)) : 0
  const shown = ordered.slice(from, from + room)
  const seen =
    look === undefined || table.rows.length === 0
      ? ''
      : all.length === 0
        ? `0 of ${table.rows.length}`
        : `${from + 1}-${from + shown.length} of ${all.length}`
  const count = look === undefined ? ` (${table.rows.length})` : ''
  const title = `${number === undefined ? '' : `${number} `}${table.title}${count}${order}${filter}`
  const marker = (index: number) => (focused && from + index === chosen ? span('>', 'chosen') : span(' '))
  return [
    heading(title, columns, { seen, tone: focused ? 'strong' : 'dim' }),
    ...(shown.length > 0
      ? [
          ...(table.head === '' ? [] : [[span(` ${table.head}`, 'dim')]]),
          ...shown.map(({ line }, index) => [marker(index), ...line]),
        ]
      : [[span(` ${all.length < table.rows.length ? 'nothing matches the filter' : table.empty}`, 'dim')]]),
  ].map((line) => fitLine(line, columns))
}

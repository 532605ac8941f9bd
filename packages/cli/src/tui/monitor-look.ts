import type { GraphStyle } from './view-models/graphs.ts'

/** The panels in the order of their numbers, 1 to 5. */
export const PANELS = ['flow', 'services', 'partitions', 'slots', 'events'] as const
export type Panel = (typeof PANELS)[number]

/** What fills the screen: all panels, one row of a panel in full, the logs, the advice, or what the keys and words mean. */
export type View = 'panels' | 'detail' | 'logs' | 'advice' | 'help'

/** How a moment is looked at: nothing of it belongs to the stack. */
export interface Look {
  view: View
  /** Where the view was opened from. */
  from: View
  panel: Panel
  /** The chosen row of each panel by its id; the first when there is none of it. */
  chosen: Partial<Record<Panel, string>>
  /** Column that a panel is sorted by, of those that can be. */
  sorted: Partial<Record<Panel, number>>
  reversed: Partial<Record<Panel, boolean>>
  filter: string
  /** What is typed goes to the filter. */
  typing: boolean
  /** Numbers in full instead of compact. */
  exact: boolean
  /** The panel has the screen to itself. */
  expanded: boolean
  graphs: GraphStyle
  /** The service whose logs are shown; all when undefined. */
  logsOf: string | undefined
  /** Lines that the logs are scrolled back, or the advice on. */
  scrolled: number
  /** What the last key has to say, until the next one. */
  notice: string | undefined
}

/** `graphs` as the terminal can show them. */
export function firstLook(graphs: GraphStyle): Look {
  return {
    view: 'panels',
    from: 'panels',
    panel: 'services',
    chosen: {},
    sorted: {},
    reversed: {},
    filter: '',
    typing: false,
    exact: false,
    expanded: false,
    graphs,
    logsOf: undefined,
    scrolled: 0,
    notice: undefined,
  }
}

/** Braille where UTF-8 is spoken and the font has it; what every terminal has otherwise. */
export function graphsOf(environment: Readonly<Record<string, string | undefined>>): GraphStyle {
  const { LC_ALL, LC_CTYPE, LANG, TERM } = environment
  const speaks = LC_ALL || LC_CTYPE || LANG || ''
  if (!/utf-?8/i.test(speaks)) return 'plain'
  return TERM === 'linux' ? 'block' : 'braille'
}

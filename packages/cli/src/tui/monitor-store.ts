import type { Judged } from '../services/advise-stack.ts'
import type { Moment } from '../services/monitor-stack.ts'
import { MomentRing } from './moment-ring.ts'
import { firstLook, type Look, type View } from './monitor-look.ts'
import type { GraphStyle } from './view-models/graphs.ts'

/** Ten minutes at one a second: what can be stepped back to. Charts reach back further, by the evaluator's history. */
const MOST_MOMENTS = 600
/** Of the log view. */
const MOST_LOG_LINES = 2000

/** A line of a service's log. */
export interface ShownLogLine {
  service: string
  text: string
}

/** What the screen of the monitor draws. */
export interface MonitorState {
  /** The moment that is shown; undefined before the first. */
  moment: Moment | undefined
  /** Its number while it is held and others come; undefined follows the newest. */
  held: number | undefined
  look: Look
  /** What the rules said last; undefined before they were asked. */
  judged: Judged | undefined
  /** In how many fields what runs is not as it should be; undefined before that was compared. */
  drift: number | undefined
  /** Oldest first. */
  logs: readonly ShownLogLine[]
  /** A replay has come to its end. */
  over: boolean
}

/** What is drawn, and who wants to know when it changes. */
export interface MonitorStore {
  current(): MonitorState
  add(moment: Moment): void
  finish(): void
  judge(judged: Judged): void
  compare(drift: number): void
  /** Holds the newest moment, or goes on with what came meanwhile. */
  togglePause(): void
  /**
   * Holds the moment that many before (negative) or after the one that is shown. Past the newest it follows again; in a replay, it
   * holds one that is still to come.
   */
  step(by: number): void
  /** Whether moments are wanted that have not come yet: not while an earlier one is held. */
  wanted(): 'next' | 'soon' | 'none'
  /** Looks in another way. */
  look(change: Partial<Look>): void
  /** Goes into a view; `back` leaves it. */
  open(view: View): void
  back(): void
  addLogs(lines: readonly ShownLogLine[]): void
  clearLogs(): void
  subscribe(listener: () => void): () => void
}

export function createMonitorStore({
  graphs = 'braille',
  replayed = false,
}: {
  graphs?: GraphStyle
  replayed?: boolean
} = {}): MonitorStore {
  const ring = new MomentRing(MOST_MOMENTS)
  let state: MonitorState = {
    moment: undefined,
    held: undefined,
    look: firstLook(graphs),
    judged: undefined,
    drift: undefined,
    logs: [],
    over: false,
  }
  const listeners = new Set<() => void>()
  const change = (next: Partial<MonitorState>) => {
    state = { ...state, ...next }
    for (const listener of listeners) listener()
  }
  const look = (next: Partial<Look>) => change({ look: { ...state.look, ...next } })
  const hold = (held: number | undefined) =>
    change({ held, moment: ring.at(held ?? Number.POSITIVE_INFINITY) })
  return {
    current: () => state,
    add(moment) {
      ring.add(moment)
      const oldest = ring.bounds?.oldest ?? 0
      hold(state.held === undefined ? undefined : Math.max(oldest, state.held))
    },
    finish: () => change({ over: true }),
    judge: (judged) => change({ judged }),
    compare: (drift) => change({ drift }),
    togglePause() {
      if (ring.bounds) hold(state.held === undefined ? ring.bounds.newest : undefined)
    },
    step(by) {
      const { bounds } = ring
      if (!bounds) return
      const to = (state.held ?? bounds.newest) + by
      const ahead = replayed && !state.over && state.held !== undefined
      hold(to > bounds.newest && !ahead ? undefined : Math.max(bounds.oldest, to))
    },
    wanted() {
      if (state.held === undefined) return 'next'
      return state.held > (ring.bounds?.newest ?? -1) ? 'soon' : 'none'
    },
    look,
    open(view) {
      const { view: from } = state.look
      if (view !== from) look({ view, from, scrolled: 0 })
    },
    back() {
      const { view, from } = state.look
      look({ view: view === from ? 'panels' : from, from: 'panels', scrolled: 0 })
    },
    addLogs: (lines) => change({ logs: [...state.logs, ...lines].slice(-MOST_LOG_LINES) }),
    clearLogs: () => change({ logs: [] }),
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

import type { Moment } from '../services/monitor-stack.ts'

/** Ten minutes at one a second: what can be stepped back to. Charts reach back further, by the evaluator's history. */
const MOST_MOMENTS = 600

/** What the screen of the monitor draws. */
export interface MonitorState {
  moments: readonly Moment[]
  /** The moment that is held while others come; undefined follows the newest. */
  held: number | undefined
  help: boolean
  /** A replay has come to its end. */
  over: boolean
}

/** What is drawn, and who wants to know when it changes. */
export interface MonitorStore {
  current(): MonitorState
  add(moment: Moment): void
  finish(): void
  /** Holds the newest moment, or goes on with what came meanwhile. */
  togglePause(): void
  /** Holds the moment that many before (negative) or after the one that is shown; past the newest it follows again. */
  step(by: number): void
  toggleHelp(): void
  subscribe(listener: () => void): () => void
}

export function createMonitorStore(): MonitorStore {
  let state: MonitorState = { moments: [], held: undefined, help: false, over: false }
  const listeners = new Set<() => void>()
  const change = (next: Partial<MonitorState>) => {
    state = { ...state, ...next }
    for (const listener of listeners) listener()
  }
  return {
    current: () => state,
    add(moment) {
      const moments = [...state.moments, moment].slice(-MOST_MOMENTS)
      const dropped = state.moments.length + 1 - moments.length
      const held = state.held === undefined ? undefined : Math.max(0, state.held - dropped)
      change({ moments, held })
    },
    finish: () => change({ over: true }),
    togglePause() {
      if (state.moments.length === 0) return
      change({ held: state.held === undefined ? state.moments.length - 1 : undefined })
    },
    step(by) {
      const newest = state.moments.length - 1
      if (newest < 0) return
      const to = (state.held ?? newest) + by
      change({ held: to > newest ? undefined : Math.max(0, to) })
    },
    toggleHelp: () => change({ help: !state.help }),
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

import type { StatusReport } from '../services/read-status.ts'
import type { StatusHistory } from './view-models/status-view.ts'

/** Two minutes at one report a second. */
const MOST_REPORTS = 120

/** What the screen draws, and who wants to know when it changes. */
export interface StatusStore {
  current(): StatusHistory
  /** Adds a report; undefined when nothing runs any more. */
  add(report: StatusReport | undefined): void
  fail(problem: string): void
  subscribe(listener: () => void): () => void
}

export function createStatusStore(): StatusStore {
  let history: StatusHistory = { reports: [], problem: undefined }
  const listeners = new Set<() => void>()
  const change = (next: StatusHistory) => {
    history = next
    for (const listener of listeners) listener()
  }
  return {
    current: () => history,
    add(report) {
      if (!report) return change({ ...history, problem: 'nothing runs; radtune up starts it' })
      change({ reports: [...history.reports, report].slice(-MOST_REPORTS), problem: undefined })
    },
    fail: (problem) => change({ ...history, problem }),
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

import type { Connection } from './connection-state.ts'
import { applyUpdate, EMPTY_MODEL, type LiveModel } from './live-model.ts'
import type { FromWorker, ToWorker } from './live-worker.ts'

/** What the page draws. */
export interface LiveView {
  model: LiveModel
  connection: Connection
}

export interface LiveConnection {
  current(): LiveView
  subscribe(listener: () => void): () => void
  /** Ends a wait. */
  retryNow(): void
}

/** The connection in words counts seconds. */
const SENTENCE_EVERY_MS = 1000

/**
 * Follows the backend through a worker, which reads and sums up. The next update is asked for when a frame was drawn, so a page never
 * gets more than it draws, and a hidden one nothing until it is looked at.
 */
export function openLiveConnection(url: string): LiveConnection {
  let view: LiveView = { model: EMPTY_MODEL, connection: { kind: 'connecting' } }
  const listeners = new Set<() => void>()
  const worker = new Worker(new URL('./live-worker.ts', import.meta.url), { type: 'module', name: 'live' })
  const tell = (message: ToWorker) => worker.postMessage(message)

  function show(next: Partial<LiveView>): void {
    view = { ...view, ...next }
    for (const listener of listeners) listener()
  }

  const askForMore = () => {
    if (!document.hidden) tell({ kind: 'ready' })
    else document.addEventListener('visibilitychange', askForMore, { once: true })
  }
  worker.onmessage = ({ data: { update, connection } }: MessageEvent<FromWorker>) => {
    show({ model: applyUpdate(view.model, update), connection })
    requestAnimationFrame(askForMore)
  }
  worker.onerror = ({ message }) =>
    show({ connection: { kind: 'broken', why: message || 'no reason given' } })

  setInterval(() => {
    if (!document.hidden && view.connection.kind !== 'connecting') show({})
  }, SENTENCE_EVERY_MS)

  tell({ kind: 'open', url })
  return {
    current: () => view,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    retryNow: () => tell({ kind: 'retry' }),
  }
}

import type { LiveMessage } from '@radtune/core/contract'
import { type Connection, retryDelayMs } from './connection-state.ts'
import { applyMessage, EMPTY_MODEL, type LiveModel } from './live-model.ts'

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
  close(): void
}

/** No message for this long, though heartbeats come every 5 s: the connection is dead, whatever the browser believes. */
const DEAD_MS = 20_000
const CHECK_EVERY_MS = 1000

/** Keeps a WebSocket to the backend open: again and again after a loss, each time beginning with a snapshot. */
export function openLiveConnection(url: string): LiveConnection {
  let view: LiveView = { model: EMPTY_MODEL, connection: { kind: 'connecting' } }
  const listeners = new Set<() => void>()
  let socket: WebSocket | undefined
  let retry: number | undefined
  let attempt = 0
  /** What the last question said; it holds until the next one is answered. */
  let down = false
  let closed = false

  function show(next: Partial<LiveView>): void {
    view = { ...view, ...next }
    if (!document.hidden) draw()
  }

  /** What a hidden page hears is kept, and drawn in one go when it is looked at again. */
  function draw(): void {
    for (const listener of listeners) listener()
  }
  const onVisibility = () => {
    if (!document.hidden) draw()
  }
  document.addEventListener('visibilitychange', onVisibility)

  function connect(): void {
    retry = undefined
    const opening = new WebSocket(url)
    socket = opening
    opening.onmessage = ({ data }) => {
      if (socket === opening) onMessage(JSON.parse(data))
    }
    opening.onclose = () => {
      if (socket === opening) void wait()
    }
  }

  function onMessage(message: LiveMessage): void {
    attempt = 0
    down = false
    const { connection } = view
    const before = connection.kind === 'open' ? connection : { missedFrames: 0, missedAt: null }
    const heardAt = Date.now()
    const missedFrames = message.type === 'system' ? before.missedFrames : message.stats.skippedFrames
    const missedAt = missedFrames > before.missedFrames ? heardAt : before.missedAt
    show({
      model: applyMessage(view.model, message),
      connection: { kind: 'open', heardAt, missedFrames, missedAt },
    })
  }

  async function wait(): Promise<void> {
    socket = undefined
    if (closed) return
    attempt += 1
    const current = attempt
    const delayMs = retryDelayMs(attempt, Math.random())
    retry = window.setTimeout(connect, delayMs)
    const retryAt = Date.now() + delayMs
    show({ connection: { kind: 'waiting', attempt, retryAt, down } })
    const answer = await isBackendDown()
    if (view.connection.kind === 'waiting' && attempt === current) {
      down = answer
      show({ connection: { ...view.connection, down } })
    }
  }

  const checking = window.setInterval(() => {
    const { connection } = view
    if (connection.kind === 'open' && Date.now() - connection.heardAt > DEAD_MS) socket?.close()
    else if (connection.kind !== 'connecting') show({})
  }, CHECK_EVERY_MS)

  connect()
  return {
    current: () => view,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    retryNow() {
      if (retry === undefined) return
      clearTimeout(retry)
      show({ connection: { kind: 'connecting' } })
      connect()
    },
    close() {
      closed = true
      document.removeEventListener('visibilitychange', onVisibility)
      clearInterval(checking)
      clearTimeout(retry)
      socket?.close()
    },
  }
}

/** The frontend says 502 when it is there and the backend is not. */
async function isBackendDown(): Promise<boolean> {
  try {
    const response = await fetch('/api/alerts', { cache: 'no-store' })
    await response.body?.cancel()
    return response.status === 502
  } catch {
    return false
  }
}

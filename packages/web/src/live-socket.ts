import type { LiveMessage } from '@radtune/core/contract'
import { type Connection, retryDelayMs } from './connection-state.ts'

export interface LiveSocketOptions {
  url: string
  onMessage(message: LiveMessage): void
  onConnection(connection: Connection): void
  /** Whether the page's server answers and the backend behind it does not. */
  isBackendDown(): Promise<boolean>
  /** Opens a WebSocket; the browser's own by default. */
  open?: (url: string) => WebSocket
}

export interface LiveSocket {
  /** Ends a wait. */
  retryNow(): void
  close(): void
}

/** No message for this long, though heartbeats come every 5 s: the connection is dead, whatever the browser believes. */
const DEAD_MS = 20_000
/** No first message for this long: it will not come. */
const SLOW_START_MS = 10_000
const CHECK_EVERY_MS = 1000

/**
 * Keeps a WebSocket to the backend open: again and again after a loss, each time asking for what was missed since the last message.
 * A message that cannot be read ends the connection like a loss.
 */
export function openLiveSocket(options: LiveSocketOptions): LiveSocket {
  const { url, open = (address) => new WebSocket(address) } = options
  const place = new ResumePlace()
  let connection: Connection = { kind: 'connecting' }
  let openedAt = 0
  let socket: WebSocket | undefined
  let retry: ReturnType<typeof setTimeout> | undefined
  let attempt = 0
  /** What the last question said; it holds until the next one is answered. */
  let down = false
  let closed = false

  function turn(next: Connection): void {
    connection = next
    options.onConnection(next)
  }

  function connect(): void {
    retry = undefined
    openedAt = Date.now()
    place.begin()
    const opening = open(place.addressOf(url))
    socket = opening
    opening.onmessage = ({ data }) => {
      if (socket !== opening) return
      const message = readMessage(data)
      if (message) hear(message)
      else opening.close()
    }
    opening.onclose = () => {
      if (socket === opening) void wait()
    }
  }

  function hear(message: LiveMessage): void {
    attempt = 0
    down = false
    place.pass(message)
    const before = connection.kind === 'open' ? connection : { missedFrames: 0, missedAt: null }
    const heardAt = Date.now()
    const missedFrames = message.type === 'system' ? before.missedFrames : message.stats.skippedFrames
    const missedAt = missedFrames > before.missedFrames ? heardAt : before.missedAt
    options.onMessage(message)
    turn({ kind: 'open', heardAt, missedFrames, missedAt })
  }

  async function wait(): Promise<void> {
    socket = undefined
    if (closed) return
    attempt += 1
    const current = attempt
    const delayMs = retryDelayMs(attempt, Math.random())
    retry = setTimeout(connect, delayMs)
    turn({ kind: 'waiting', attempt, retryAt: Date.now() + delayMs, down })
    const answer = await options.isBackendDown()
    if (connection.kind !== 'waiting' || attempt !== current) return
    down = answer
    turn({ ...connection, down })
  }

  const checking = setInterval(() => {
    const now = Date.now()
    if (connection.kind === 'open' && now - connection.heardAt > DEAD_MS) socket?.close()
    if (connection.kind !== 'open' && socket && now - openedAt > SLOW_START_MS) socket.close()
  }, CHECK_EVERY_MS)

  connect()
  return {
    retryNow() {
      if (retry === undefined) return
      clearTimeout(retry)
      turn({ kind: 'connecting' })
      connect()
    },
    close() {
      closed = true
      clearInterval(checking)
      clearTimeout(retry)
      socket?.close()
    },
  }
}

/** Up to where the page knows everything, for the backend to go on from there. */
class ResumePlace {
  #known: { session: string; seq: number } | undefined
  /** Frames that this connection had skipped when everything was known last. */
  #skipped = 0

  /** A new connection: none of its frames are skipped yet. */
  begin(): void {
    this.#skipped = 0
  }

  /** A frame without its points, for a page that lags, leaves a hole until the next snapshot. */
  pass(message: LiveMessage): void {
    if (message.type === 'system') return
    const { seq, stats } = message
    if (message.type === 'snapshot') {
      this.#known = { session: message.session, seq }
      this.#skipped = stats.skippedFrames
    } else if (stats.skippedFrames > this.#skipped) this.#known = undefined
    else if (this.#known) this.#known.seq = seq
  }

  addressOf(url: string): string {
    if (!this.#known) return url
    const address = new URL(url)
    address.searchParams.set('session', this.#known.session)
    address.searchParams.set('seq', String(this.#known.seq))
    return address.href
  }
}

function readMessage(text: string): LiveMessage | undefined {
  try {
    const message = JSON.parse(text) as LiveMessage
    return ['snapshot', 'frame', 'system'].includes(message.type) ? message : undefined
  } catch {
    return undefined
  }
}

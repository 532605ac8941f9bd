import type { LiveStats, LiveSystem } from '@radtune/core/contract'
import type { WebSocket } from 'ws'
import type { FramePart } from './frame-queue.ts'

/** One frame before it is written for each client, which has its own count of skipped frames. */
export interface OutgoingFrame extends FramePart {
  seq: number
  at: number
  eventTime: string | null
  stats: LiveStats
}

export interface LiveClientsOptions {
  /** The snapshot for a new or drained client, as JSON text. */
  snapshot(skippedFrames: number): string
  maxClients: number
  pingEveryMs?: number
}

interface Client {
  socket: WebSocket
  lagging: boolean
  skippedFrames: number
  answered: boolean
}

/** Above this many unsent bytes a client gets no points; above twice as many it gets nothing. */
const LAGGING_BYTES = 1024 * 1024
/** Below this many it has caught up. */
const DRAINED_BYTES = 64 * 1024
const PING_EVERY_MS = 15_000
const GOODBYE_MS = 500

/** The browsers that are connected. What is held for a stalled one is bounded by 2 MiB and one message. */
export class LiveClients {
  readonly #options: LiveClientsOptions
  readonly #clients = new Set<Client>()
  readonly #pinger: NodeJS.Timeout
  /** Frames that were not sent, over all clients ever. */
  skippedFrames = 0

  constructor(options: LiveClientsOptions) {
    this.#options = options
    this.#pinger = setInterval(() => this.#ping(), options.pingEveryMs ?? PING_EVERY_MS)
  }

  get count(): number {
    return this.#clients.size
  }

  get isFull(): boolean {
    return this.#clients.size >= this.#options.maxClients
  }

  /** A client begins with the frames that it missed, when it came back for them, else with a snapshot. */
  add(socket: WebSocket, missed?: readonly OutgoingFrame[]): void {
    const client: Client = { socket, lagging: false, skippedFrames: 0, answered: true }
    this.#clients.add(client)
    socket.on('close', () => this.#clients.delete(client))
    socket.on('error', () => socket.terminate())
    socket.on('pong', () => {
      client.answered = true
    })
    // The page has nothing to say here.
    socket.on('message', () => socket.close(1008, 'this connection only sends'))
    if (missed) for (const frame of missed) socket.send(writeFrame(frame, client))
    else socket.send(this.#options.snapshot(0))
  }

  /** Gives everyone who can take it a new snapshot: something has changed that frames do not carry. */
  renew(): void {
    for (const { socket, lagging, skippedFrames } of this.#clients)
      if (socket.readyState === socket.OPEN && !lagging) socket.send(this.#options.snapshot(skippedFrames))
  }

  /** Sends the frames of one tick to all who can take them. */
  send(frames: readonly OutgoingFrame[]): void {
    const shared = new Map<string, string>()
    for (const client of this.#clients) {
      if (client.socket.readyState !== client.socket.OPEN) continue
      if (this.#catchUp(client)) continue
      for (const frame of frames) this.#sendOne(client, frame, shared)
    }
  }

  /** Clients in the same state share the text. */
  #sendOne(client: Client, frame: OutgoingFrame, shared: Map<string, string>): void {
    if (client.lagging) this.#skip(client)
    const buffered = client.socket.bufferedAmount
    if (
      buffered > 2 * LAGGING_BYTES ||
      (client.lagging && frame.alertCount === 0 && buffered > LAGGING_BYTES)
    )
      return
    const key = `${frame.seq} ${client.lagging} ${client.skippedFrames}`
    let text = shared.get(key)
    if (text === undefined) {
      text = writeFrame(frame, client)
      shared.set(key, text)
    }
    client.socket.send(text)
  }

  /** Tells how the system is to all who keep up; whoever does not gets it again soon enough. */
  sendSystem(system: LiveSystem): void {
    if (this.#clients.size === 0) return
    const text = JSON.stringify(system)
    for (const { socket, lagging } of this.#clients)
      if (socket.readyState === socket.OPEN && !lagging && socket.bufferedAmount <= LAGGING_BYTES)
        socket.send(text)
  }

  /** Says goodbye; a client that does not answer within half a second is cut off. */
  async close(): Promise<void> {
    clearInterval(this.#pinger)
    const sockets = [...this.#clients].map(({ socket }) => socket)
    const closed = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)))
    for (const socket of sockets) socket.close(1001, 'the backend stops')
    const cutOff = setTimeout(() => {
      for (const socket of sockets) socket.terminate()
    }, GOODBYE_MS)
    await Promise.all(closed)
    clearTimeout(cutOff)
  }

  /** Settles whether the client lags. True when it was just given a snapshot, which holds these frames already. */
  #catchUp(client: Client): boolean {
    const buffered = client.socket.bufferedAmount
    if (!client.lagging) {
      client.lagging = buffered > LAGGING_BYTES
      return false
    }
    if (buffered > DRAINED_BYTES) return false
    client.lagging = false
    client.socket.send(this.#options.snapshot(client.skippedFrames))
    return true
  }

  #skip(client: Client): void {
    client.skippedFrames += 1
    this.skippedFrames += 1
  }

  /** A client that did not answer the previous ping is gone, whatever TCP believes. */
  #ping(): void {
    for (const client of this.#clients) {
      if (!client.answered) {
        client.socket.terminate()
        continue
      }
      client.answered = false
      client.socket.ping()
    }
  }
}

function writeFrame(frame: OutgoingFrame, { lagging, skippedFrames }: Client): string {
  const head = JSON.stringify({ type: 'frame', seq: frame.seq, at: frame.at, eventTime: frame.eventTime })
  const points = lagging ? '[]' : frame.points
  const cells = lagging || frame.cells === undefined ? '' : `"cells":${frame.cells},`
  const stats = JSON.stringify({ ...frame.stats, skippedFrames })
  return `${head.slice(0, -1)},"points":${points},${cells}"alerts":${frame.alerts},"stats":${stats}}`
}

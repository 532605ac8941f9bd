import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'

/** What browsers would have seen of a backend. */
export interface Watched {
  /** Between one frame and the next of a client, milliseconds, over all clients that read. */
  gapsMs: number[]
  frames: number
  bytes: number
  /** Longest frame. */
  longestBytes: number
  /** Clients that were turned away or lost their connection. */
  lost: number
}

/** Clients of the live map. */
export interface LiveAudience {
  /** What comes within `forMs`. */
  watch(forMs: number): Promise<Watched>
  close(): void
}

const CONNECT_MS = 10_000

/**
 * Opens `clients` connections that read all they get, and `stalled` more that read nothing after they are open, so that what is sent to them
 * piles up. Throws when one cannot be opened within ten seconds.
 */
export async function joinLive(
  url: string,
  { clients, stalled }: { clients: number; stalled: number },
): Promise<LiveAudience> {
  let watched = nothing()
  let closing = false
  const lastAt = new Map<WebSocket, number>()
  const open = async (reads: boolean): Promise<WebSocket> => {
    const socket = new WebSocket(url, { perMessageDeflate: false, handshakeTimeout: CONNECT_MS })
    socket.on('message', (data: Buffer) => {
      // The text begins with its type; a snapshot is no frame.
      if (!data.subarray(0, 20).includes('"frame"')) return
      const now = performance.now()
      const before = lastAt.get(socket)
      if (before !== undefined) watched.gapsMs.push(now - before)
      lastAt.set(socket, now)
      watched.frames += 1
      watched.bytes += data.length
      watched.longestBytes = Math.max(watched.longestBytes, data.length)
    })
    socket.on('close', () => {
      if (!closing) watched.lost += 1
    })
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('error', reject)
    })
    socket.on('error', () => undefined)
    if (!reads) socket.pause()
    return socket
  }
  const sockets: WebSocket[] = []
  for (let count = 0; count < clients + stalled; count += 1) sockets.push(await open(count < clients))
  return {
    async watch(forMs) {
      lastAt.clear()
      watched = nothing()
      await delay(forMs)
      return watched
    },
    close() {
      closing = true
      for (const socket of sockets) socket.terminate()
    },
  }
}

function nothing(): Watched {
  return { gapsMs: [], frames: 0, bytes: 0, longestBytes: 0, lost: 0 }
}

import type { Connection } from './connection-state.ts'
import { openLiveSocket } from './live-socket.ts'
import { addMessage, emptyUpdate, type LiveUpdate } from './live-update.ts'

/** From the page: where to listen, that it has drawn what it was given, and that it will not wait any longer. */
export type ToWorker = { kind: 'open'; url: string } | { kind: 'ready' } | { kind: 'retry' }

/** To the page: everything since the last time, in one piece. */
export interface FromWorker {
  update: LiveUpdate
  connection: Connection
}

/**
 * Reads what the backend sends, away from the thread that draws. The page gets a sum of it each time that it is ready: a burst, or an
 * hour in a hidden tab, is one update.
 */
function serve(post: (news: FromWorker) => void): (message: ToWorker) => void {
  let update = emptyUpdate()
  let connection: Connection = { kind: 'connecting' }
  let ready = true
  let news = false
  let socket: ReturnType<typeof openLiveSocket> | undefined

  function give(): void {
    if (!ready || !news) return
    ready = false
    news = false
    const given = update
    update = emptyUpdate()
    post({ update: given, connection })
  }

  return (message) => {
    switch (message.kind) {
      case 'open':
        socket ??= openLiveSocket({
          url: message.url,
          isBackendDown,
          onMessage(heard) {
            update = addMessage(update, heard)
          },
          onConnection(next) {
            connection = next
            news = true
            give()
          },
        })
        return
      case 'ready':
        ready = true
        return give()
      case 'retry':
        return socket?.retryNow()
    }
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

const answer = serve((news) => self.postMessage(news))
self.onmessage = ({ data }: MessageEvent<ToWorker>) => answer(data)

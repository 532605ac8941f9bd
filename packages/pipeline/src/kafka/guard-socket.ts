import type { Socket } from 'node:net'

/** Says, at this very moment, whether records may be written. */
export type MayWrite = () => boolean

/** `Produce` in Kafka's table of requests; it stands behind the length of the request. */
const PRODUCE = 0
const API_KEY_AT = 4
/** What is held back of a request until the rest has left the process; a broker does nothing with half a request. */
const TAIL_BYTES = 16
/** What a socket with an empty buffer takes at once. */
const AT_ONCE_BYTES = 8 * 1024

/**
 * Lets produce requests through a connection only while `mayWrite` says so, asked in the same turn as the write itself. A long
 * request leaves in two parts, and its last bytes wait until the others are gone: so a process that is paused in the middle
 * of it, and wakes up after its time is over, cannot complete it. Otherwise the connection is broken off, and the client tries
 * again over a new one.
 */
export function guardSocket(socket: Socket, mayWrite: MayWrite): void {
  const write = socket.write.bind(socket) as (data: Buffer, done?: (error?: Error | null) => void) => boolean
  let waiting: Buffer[] | undefined

  function refuse(): false {
    socket.destroy(new Error('records may not be written now'))
    return false
  }

  function pass(data: Buffer): boolean {
    const isProduce = data.length > TAIL_BYTES && data.readInt16BE(API_KEY_AT) === PRODUCE
    if (!isProduce) return write(data)
    if (!mayWrite()) return refuse()
    if (data.length <= AT_ONCE_BYTES && socket.writableLength === 0) return write(data)
    waiting = []
    const tail = data.subarray(data.length - TAIL_BYTES)
    return write(data.subarray(0, data.length - TAIL_BYTES), (error) => {
      const queued = waiting ?? []
      waiting = undefined
      if (error || socket.destroyed) return
      if (!mayWrite()) return void refuse()
      write(tail)
      for (const next of queued) send(next)
    })
  }

  function send(data: Buffer): boolean {
    if (!waiting) return pass(data)
    waiting.push(data)
    return true
  }

  socket.write = send as typeof socket.write
}

import type { LiveMessage, LiveStats } from '@radtune/core/contract'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Connection } from './connection-state.ts'
import { openLiveSocket } from './live-socket.ts'

/** The browser's side of a WebSocket whose other side is the test. */
class Line {
  onmessage: ((event: { data: string }) => void) | undefined
  onclose: (() => void) | undefined
  readonly url: URL

  constructor(url: string) {
    this.url = new URL(url)
  }

  say(message: Partial<LiveMessage>): void {
    this.onmessage?.({ data: JSON.stringify(message) })
  }

  close(): void {
    this.onclose?.()
  }
}

const stats = (skippedFrames = 0) => ({ skippedFrames }) as LiveStats
const snapshot = (session: string, seq: number, skipped = 0) =>
  ({ type: 'snapshot', session, seq, stats: stats(skipped) }) as const
const frame = (seq: number, skipped = 0) => ({ type: 'frame', seq, stats: stats(skipped) }) as const

describe('the WebSocket of the page', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  function start({ backendIsDown = false } = {}) {
    const lines: Line[] = []
    const heard: LiveMessage[] = []
    const connections: Connection[] = []
    const socket = openLiveSocket({
      url: 'ws://127.0.0.1:8080/ws',
      onMessage: (message) => void heard.push(message),
      onConnection: (connection) => void connections.push(connection),
      isBackendDown: async () => backendIsDown,
      open(url) {
        const line = new Line(url)
        lines.push(line)
        return line as unknown as WebSocket
      },
    })
    const newest = () => lines.at(-1) as Line
    return {
      socket,
      heard,
      lines,
      newest,
      connection: () => connections.at(-1),
      /** Loses the connection and waits for the next one. */
      async lose() {
        newest().close()
        await vi.advanceTimersByTimeAsync(15_000)
        return newest().url.search
      },
    }
  }

  test('asks for everything first, and after a loss for what it missed', async () => {
    const { newest, lose } = start()
    expect(newest().url.search).toBe('')
    newest().say(snapshot('s', 4))
    for (const seq of [5, 6]) newest().say(frame(seq))
    newest().say({ type: 'system' })
    expect(await lose()).toBe('?session=s&seq=6')
    newest().say(frame(7))
    expect(await lose()).toBe('?session=s&seq=7')
    newest().say(snapshot('t', 1))
    expect(await lose()).toBe('?session=t&seq=1')
  })

  test('does not go on from a frame whose points it did not get', async () => {
    const { newest, lose } = start()
    newest().say(snapshot('s', 4))
    newest().say(frame(5, 1))
    newest().say(frame(6, 2))
    expect(await lose()).toBe('')
    newest().say(snapshot('s', 9))
    newest().say(frame(10, 1))
    // Caught up.
    newest().say(snapshot('s', 12, 1))
    newest().say(frame(13, 1))
    expect(await lose()).toBe('?session=s&seq=13')
    newest().say(frame(14, 0))
    expect(await lose()).toBe('?session=s&seq=14')
  })

  test('a connection over which nothing comes is given up', async () => {
    const { newest, lines, connection } = start()
    await vi.advanceTimersByTimeAsync(11_000)
    expect(connection()?.kind).toBe('waiting')
    await vi.advanceTimersByTimeAsync(2000)
    expect(lines).toHaveLength(2)
    newest().say(snapshot('s', 1))
    await vi.advanceTimersByTimeAsync(15_000)
    expect(connection()?.kind).toBe('open')
    await vi.advanceTimersByTimeAsync(7000)
    expect(connection()?.kind).toBe('waiting')
  })

  test.each(['{', 'null', '7', '{"type":"other"}'])('what is no message ends it: %s', async (data) => {
    const { newest, heard, connection } = start()
    newest().say(snapshot('s', 1))
    newest().onmessage?.({ data })
    expect([heard.length, connection()?.kind]).toEqual([1, 'waiting'])
  })

  test('a wait can be ended, and what an old connection says is not heard', async () => {
    const { newest, lines, heard, socket, connection } = start({ backendIsDown: true })
    const old = newest()
    old.close()
    await vi.advanceTimersByTimeAsync(0)
    expect(connection()).toMatchObject({ kind: 'waiting', attempt: 1, down: true })
    socket.retryNow()
    socket.retryNow()
    expect([lines.length, connection()?.kind]).toEqual([2, 'connecting'])
    old.say(frame(1))
    expect(heard).toEqual([])
    socket.close()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(lines).toHaveLength(2)
  })
})

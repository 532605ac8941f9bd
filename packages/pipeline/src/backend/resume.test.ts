import { liveStateSchema } from '@radtune/core/contract'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { outputRecord } from '../../test/fake-readings.ts'
import { type Closers, connectTo, type Message, startTestBackend } from '../../test/running-backend.ts'
import type { OutgoingFrame } from './live-clients.ts'
import { ResumeRing } from './resume-ring.ts'

const closers: Closers = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const alertsOf = (messages: readonly Message[]) =>
  messages
    .flatMap(({ type, alerts }) => (type === 'frame' ? alerts : alerts.toReversed()))
    .map(({ value }) => value)
const hot = (value: number) => outputRecord({ device_id: `hot-${value}`, value })

/** Comes back to where `messages` ended. */
const where = (messages: readonly Message[]) => {
  const [first] = messages
  const session = first?.type === 'snapshot' ? first.session : ''
  return {
    session,
    seq: messages.at(-1)?.seq ?? -1,
    query: `?session=${session}&seq=${messages.at(-1)?.seq}`,
  }
}

describe('a client that comes back', () => {
  test('gets what it missed and nothing twice, also when it was the only one', async () => {
    const { httpPort, critical } = await startTestBackend(closers)
    const first = await connectTo(closers, httpPort)
    critical.deliver(hot(1001))
    await vi.waitFor(() => expect(alertsOf(first.messages)).toEqual([1001]))
    first.socket.terminate()
    await new Promise((resolve) => first.socket.once('close', resolve))
    for (let value = 1002; value <= 1050; value += 1) {
      critical.deliver(hot(value))
      if (value % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 15))
    }
    const again = await connectTo(closers, httpPort, { query: where(first.messages).query })
    critical.deliver(hot(1051))
    await vi.waitFor(() => expect(again.messages.at(-1)?.stats.received.critical).toBe(51))
    await vi.waitFor(() => expect(alertsOf(again.messages)).toContain(1051))
    expect(again.messages.every(({ type }) => type === 'frame')).toBe(true)
    const all = [...first.messages, ...again.messages]
    expect(alertsOf(all).sort()).toEqual(Array.from({ length: 51 }, (_, index) => 1001 + index))
    expect(again.messages.map(({ seq }) => seq)).toEqual(
      again.messages.map((_, index) => where(first.messages).seq + 1 + index),
    )
  })

  test.each([
    ['another session', (_session: string, seq: number) => `?session=other&seq=${seq}`],
    [
      'a place that was never sent',
      (session: string, seq: number) => `?session=${session}&seq=${seq + 1000}`,
    ],
    ['no number', (session: string) => `?session=${session}&seq=x`],
    ['an older place than is held', (session: string) => `?session=${session}&seq=-1`],
    ['half of it', (session: string) => `?session=${session}`],
  ])('of %s begins with a snapshot', async (_, query) => {
    const { httpPort, normal } = await startTestBackend(closers)
    const first = await connectTo(closers, httpPort)
    normal.deliver(outputRecord())
    await vi.waitFor(() => expect(first.messages.length).toBeGreaterThan(1))
    const { session, seq } = where(first.messages)
    const again = await connectTo(closers, httpPort, { query: query(session, seq) })
    await vi.waitFor(() => expect(again.messages[0]?.type).toBe('snapshot'))
  })

  test('begins with a snapshot when thresholds have changed or it was away too long', async () => {
    let nowMs = 1_000_000
    const backend = await startTestBackend(closers, { now: () => nowMs })
    const state = async () => liveStateSchema.parse(await (await fetch(`${backend.url}/api/state`)).json())
    const leave = async () => {
      const { socket, messages } = await connectTo(closers, backend.httpPort)
      await vi.waitFor(() => expect(messages.at(-1)?.stats.clients).toBe(1))
      socket.terminate()
      await vi.waitFor(async () => expect((await state()).stats.clients).toBe(0))
      return where(messages).query
    }
    const firstOf = async (query: string) => {
      const { messages, socket } = await connectTo(closers, backend.httpPort, { query })
      await vi.waitFor(() => expect(messages).not.toHaveLength(0))
      socket.terminate()
      await new Promise((resolve) => socket.once('close', resolve))
      return messages[0]?.type
    }
    const before = await leave()
    backend.setThresholds({ moderate: 60, high: 300, critical: 900 })
    expect(await firstOf(before)).toBe('snapshot')
    const away = await leave()
    const { seq } = await state()
    nowMs += 61_000
    backend.critical.deliver(hot(5000))
    await vi.waitFor(async () => expect((await state()).seq).toBeGreaterThan(seq))
    expect(await firstOf(away)).toBe('snapshot')
  })

  test('finds a critical reading once, be it in the snapshot or in the next frame', async () => {
    const { httpPort, critical } = await startTestBackend(closers, { limits: { frameEveryMs: 40 } })
    await connectTo(closers, httpPort)
    critical.deliver(hot(1001), hot(1002))
    const { messages } = await connectTo(closers, httpPort)
    critical.deliver(hot(1003))
    await vi.waitFor(() => expect(alertsOf(messages)).toContain(1003))
    expect(alertsOf(messages).sort()).toEqual([1001, 1002, 1003])
  })
})

test('the ring answers as a list of all frames would, or that it cannot, and holds no more than it may', () => {
  const text = fc.string({ maxLength: 50 })
  fc.assert(
    fc.property(
      fc.array(fc.oneof(text, fc.constant(undefined)), { maxLength: 60 }),
      fc.record({ frames: fc.integer({ min: 1, max: 10 }), bytes: fc.integer({ min: 1, max: 300 }) }),
      fc.integer({ min: -2, max: 70 }),
      (given, limits, from) => {
        const ring = new ResumeRing(limits, 0)
        const all: { seq: number; points: string }[] = []
        let seq = 0
        let restartedAt = 0
        for (const points of given) {
          seq += 1
          if (points === undefined) {
            ring.restart(seq)
            restartedAt = seq
            continue
          }
          const frame = { seq, points, alerts: '', cells: undefined } as OutgoingFrame
          all.push(frame)
          ring.add(frame)
        }
        const missed = ring.since(from)
        if (missed) {
          expect(missed).toEqual(all.filter((frame) => frame.seq > from))
          expect(missed.length).toBeLessThanOrEqual(limits.frames)
          expect(missed.reduce((sum, { points }) => sum + points.length, 0)).toBeLessThanOrEqual(limits.bytes)
        }
        if (from < restartedAt || from > seq) expect(missed).toBeUndefined()
        if (from === seq) expect(missed).toEqual([])
      },
    ),
  )
})

describe('what clients do', () => {
  test('whatever one sends, it is put out, and the others go on', async () => {
    const { httpPort, normal, url } = await startTestBackend(closers)
    const other = await connectTo(closers, httpPort)
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.json({ maxDepth: 2 }),
          fc.string({ maxLength: 3000 }),
          fc.uint8Array({ maxLength: 3000 }),
        ),
        async (message) => {
          const { socket } = await connectTo(closers, httpPort)
          const closed = new Promise<number>((resolve) => socket.once('close', resolve))
          socket.send(message)
          // Too long: 1009, or cut off before the goodbye is read.
          expect([1008, 1009, 1006]).toContain(await closed)
        },
      ),
      { numRuns: 60 },
    )
    normal.deliver(outputRecord({ device_id: 'after' }))
    await vi.waitFor(() => expect(other.messages.at(-1)?.stats.received.normal).toBe(1))
    expect(other.socket.readyState).toBe(WebSocket.OPEN)
    expect((await fetch(`${url}/health`)).status).toBe(200)
  })

  test('a thousand that come and go leave nothing behind', async () => {
    const { httpPort, statsPort } = await startTestBackend(closers)
    const clients = async () =>
      (
        (await (await fetch(`http://127.0.0.1:${statsPort}/stats?history=0`)).json()) as {
          current: { clients: number }
        }
      ).current.clients
    const handles = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length
    const comeAndGo = async (count: number) => {
      for (let done = 0; done < count; done += 50) {
        const sockets = Array.from({ length: 50 }, () => new WebSocket(`ws://127.0.0.1:${httpPort}/ws`))
        await Promise.all(
          sockets.map((socket, index) => {
            socket.on('error', () => undefined)
            return new Promise((resolve) => {
              socket.once('close', resolve)
              // Some leave in the middle of coming, some say goodbye, some vanish.
              if (index % 3 === 0) socket.once('upgrade', () => socket.terminate())
              else socket.once('message', () => (index % 3 === 1 ? socket.close() : socket.terminate()))
            })
          }),
        )
      }
      await vi.waitFor(async () => expect(await clients()).toBe(0))
    }
    await comeAndGo(100)
    const before = { handles: handles(), heap: process.memoryUsage().heapUsed }
    await comeAndGo(1000)
    await vi.waitFor(() => expect(handles()).toBeLessThanOrEqual(before.handles + 4))
    expect(process.memoryUsage().heapUsed - before.heap).toBeLessThan(64 * 1024 * 1024)
  }, 30_000)
})

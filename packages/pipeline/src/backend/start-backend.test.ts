import {
  type LiveCell,
  type LiveSystem,
  liveFrameSchema,
  liveStateSchema,
  liveSystemSchema,
} from '@radtune/core/contract'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { outputRecord, rawRecord } from '../../test/fake-readings.ts'
import { connectTo, type Message, startTestBackend } from '../../test/running-backend.ts'
import type { InputRecord, LookBack } from '../kafka/index.ts'
import type { BackendOptions } from './start-backend.ts'

const closers: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const start = (options?: Partial<BackendOptions>) => startTestBackend(closers, options)
const connect = (port: number, headers?: Record<string, string>) =>
  connectTo(closers, port, headers ? { headers } : {})

const pointsOf = (messages: Message[]) => messages.flatMap((message) => message.points)
const alertsOf = (messages: Message[]) => messages.flatMap((message) => message.alerts)

describe('what a page receives', () => {
  test('a snapshot that keeps the contract, then frames', async () => {
    const { httpPort, normal } = await start()
    normal.deliver(outputRecord({ device_id: 'before' }))
    const { messages } = await connect(httpPort)
    await vi.waitFor(() => expect(messages).not.toHaveLength(0))
    normal.deliver(outputRecord({ device_id: 'after' }, { sentAtMs: Date.now() - 40 }))
    await vi.waitFor(() => expect(pointsOf(messages).map((point) => point.sensor)).toContain('device:after'))
    const [snapshot, ...frames] = messages
    expect(liveStateSchema.parse(snapshot).points.map((point) => point.sensor)).toEqual(['device:before'])
    for (const frame of frames) liveFrameSchema.parse(frame)
    const sequence = frames.map((frame) => frame.seq)
    expect(sequence).toEqual(sequence.toSorted((a, b) => a - b))
    await vi.waitFor(() => expect(messages.at(-1)?.stats.records?.in).toBe(10))
    expect(messages.at(-1)?.stats).toMatchObject({
      received: { normal: 2, critical: 0 },
      records: {
        in: 10,
        normal: 5,
        critical: 1,
        dirty: 2,
        dirtyByReason: { unit: 2 },
        duplicates: 1,
        inFlight: 1,
      },
      skippedFrames: 0,
      clients: 1,
      sensors: 2,
      endToEnd: { count: 1 },
    })
    expect(messages.at(-1)?.stats.endToEnd.p50Ms).toBeGreaterThanOrEqual(39)
  })

  test('other thresholds at once, by a new snapshot; and the stats say what it runs by', async () => {
    const report = { revision: 4, applied: { 'thresholds.high': 300 }, rejected: [], problem: null }
    const { httpPort, statsPort, url, setThresholds } = await start({ settings: () => report })
    const { messages } = await connect(httpPort)
    await vi.waitFor(() => expect(messages).not.toHaveLength(0))
    const thresholds = { moderate: 60, high: 300, critical: 900 }
    setThresholds(thresholds)
    await vi.waitFor(() => {
      const snapshots = messages.filter((message) => message.type === 'snapshot')
      expect(snapshots.at(-1)?.thresholds).toEqual(thresholds)
    })
    expect(await (await fetch(`${url}/api/state`)).json()).toMatchObject({ thresholds })
    const stats = await (await fetch(`http://127.0.0.1:${statsPort}/stats`)).json()
    expect(stats).toMatchObject({ current: { settingsRevision: 4, settings: report } })
  })

  test('one point per sensor and frame, its latest by captured time, and every critical reading', async () => {
    const { httpPort, normal, critical } = await start({ limits: { frameEveryMs: 60 } })
    const { messages } = await connect(httpPort)
    await vi.waitFor(() => expect(messages).not.toHaveLength(0))
    const minute = (n: number) => `2020-02-11T09:${String(n).padStart(2, '0')}:00.000Z`
    normal.deliver(...[1, 5, 3].map((n) => outputRecord({ value: 30 + n, captured_time: minute(n) })))
    critical.deliver(
      ...[10, 11, 12].map((n) =>
        outputRecord({ device_id: 'hot', value: 1000 + n, captured_time: minute(n) }),
      ),
    )
    await vi.waitFor(() => expect(alertsOf(messages)).toHaveLength(3))
    expect(pointsOf(messages).map(({ sensor, value }) => [sensor, value])).toEqual([
      ['device:hot', 1012],
      ['device:100', 35],
    ])
    expect(alertsOf(messages).map(({ value }) => value)).toEqual([1012, 1011, 1010])
    expect(messages.at(-1)?.eventTime).toBe('2020-02-11T09:12:00.000Z')
  })

  test('a flood stays within 20 KB a frame, and no critical reading is lost', async () => {
    const { httpPort, normal, critical } = await start()
    const { messages, sizes } = await connect(httpPort)
    await vi.waitFor(() => expect(messages).not.toHaveLength(0))
    const count = 1500
    for (let n = 0; n < count; n += 1) {
      normal.deliver(outputRecord({ device_id: `normal-${n}`, loader_id: 'x'.repeat(100) }))
      critical.deliver(outputRecord({ device_id: `ひ${n}`, value: 2000 + n }))
    }
    await vi.waitFor(() => expect(new Set(alertsOf(messages).map(({ value }) => value)).size).toBe(count))
    // What did not fit follows while it is quiet, so that the page ends with all sensors.
    await vi.waitFor(() =>
      expect(new Set(pointsOf(messages).map(({ sensor }) => sensor)).size).toBeGreaterThan(1990),
    )
    expect(Math.max(...sizes.slice(1))).toBeLessThanOrEqual(20 * 1024)
  })

  test('nothing is sent while nothing changes, except a heartbeat', async () => {
    let nowMs = 1_000_000
    const { httpPort } = await start({ now: () => nowMs })
    const { messages } = await connect(httpPort)
    const quiet = async () => {
      const before = messages.length
      await new Promise((resolve) => setImmediate(resolve))
      return messages.length === before
    }
    await vi.waitFor(() => expect(messages.at(-1)?.stats.clients).toBe(1))
    await vi.waitFor(() => expect(messages.at(-1)?.stats.records).not.toBeNull())
    const before = messages.length
    await vi.waitFor(async () => expect(await quiet()).toBe(true))
    expect(messages.length - before).toBeLessThan(3)
    const heard = messages.length
    nowMs += 5000
    await vi.waitFor(() => expect(messages.length).toBeGreaterThan(heard))
    expect(messages.at(-1)).toMatchObject({ type: 'frame', points: [], at: nowMs })
  })

  test('records that no worker wrote are counted and leave no trace', async () => {
    const { url, normal } = await start()
    normal.deliver(
      rawRecord('not json'),
      rawRecord(null),
      rawRecord('[]'),
      rawRecord('{"latitude":1}'),
      outputRecord({ latitude: Number.NaN }),
      outputRecord({ captured_time: 'yesterday' }),
      outputRecord({ device_id: 'x'.repeat(5000) }),
      outputRecord({ device_id: 'good' }),
    )
    const state = await (await fetch(`${url}/api/state`)).json()
    expect(state.points.map((point: { sensor: string }) => point.sensor)).toEqual(['device:good'])
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('radtune_backend_undecodable_total 7')
  })
})

describe('a start', () => {
  const minute = (n: number) => `2020-02-11T09:${String(n).padStart(2, '0')}:00.000Z`
  const past = (given: Record<string, InputRecord[]>): LookBack => ({
    async read(onBatch) {
      for (const [topic, records] of Object.entries(given)) onBatch({ topic, partition: 0, records })
      return new Map(Object.entries(given).map(([topic, { length }]) => [topic, new Map([[0, length]])]))
    },
  })

  test('shows what was written before, counts none of it, and goes on behind it', async () => {
    const longAgo = { sentAtMs: Date.now() - 60_000 }
    const old = (value: number, timestampMs: number) => ({
      ...outputRecord({ device_id: `hot-${value}`, value, captured_time: minute(value % 60) }, longAgo),
      timestampMs,
    })
    const { url, statsPort, httpPort, normal, critical } = await start({
      past: past({
        'normal-data': [
          outputRecord({}, longAgo),
          outputRecord({ device_id: '2' }, longAgo),
          rawRecord('{}'),
        ],
        // Of different partitions: in the order of time they are 1001, 1002, 1003.
        'critical-data': [old(1002, 2), old(1001, 1), old(1003, 3)],
      }),
    })
    await vi.waitFor(() => expect([normal.opened, critical.opened]).toEqual([1, 1]))
    await vi.waitFor(() => {
      normal.assign()
      expect(normal.seeks.at(-1)).toEqual([0, 3])
      expect(critical.seeks.at(-1)).toEqual([0, 3])
    })
    const state = liveStateSchema.parse(await (await fetch(`${url}/api/state`)).json())
    expect(state.points.map(({ sensor }) => sensor).sort()).toEqual([
      'device:100',
      'device:2',
      'device:hot-1001',
      'device:hot-1002',
      'device:hot-1003',
    ])
    expect(state.points.map(({ latencyMs }) => latencyMs)).toEqual([null, null, null, null, null])
    expect(state.alerts.map(({ value }) => value)).toEqual([1003, 1002, 1001])
    expect(state.eventTime).toBe(minute(43))
    expect(state.stats).toMatchObject({
      recordsPerSecond: 0,
      received: { normal: 0, critical: 0 },
      levels: { low: 0, moderate: 0, high: 0 },
      endToEnd: { count: 0 },
      sensors: 5,
    })
    const stats = await (await fetch(`http://127.0.0.1:${statsPort}/stats?history=0`)).json()
    expect(stats.current).toMatchObject({ newestAlert: null, endToEnd: { count: 0 } })
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('radtune_backend_undecodable_total 0')
    const { messages } = await connect(httpPort)
    critical.deliver(outputRecord({ device_id: 'hot-1004', value: 1004 }))
    await vi.waitFor(() =>
      expect(alertsOf(messages).map(({ value }) => value)).toEqual([1003, 1002, 1001, 1004]),
    )
    expect(messages.at(-1)?.stats.received).toEqual({ normal: 0, critical: 1 })
  })

  test('tells clients that were early what it found, and does not wait for it to listen', async () => {
    const found = Promise.withResolvers<void>()
    const slow = past({ 'normal-data': [outputRecord({ device_id: 'before' })] })
    const { httpPort, url, normal } = await start({
      past: {
        async read(onBatch) {
          await found.promise
          return slow.read(onBatch)
        },
      },
    })
    const { messages } = await connect(httpPort)
    await vi.waitFor(() => expect(messages[0]).toMatchObject({ type: 'snapshot', points: [] }))
    expect((await fetch(`${url}/health`)).status).toBe(503)
    found.resolve()
    await vi.waitFor(() => expect(pointsOf(messages).map(({ sensor }) => sensor)).toEqual(['device:before']))
    expect(messages.findLast(({ type }) => type === 'snapshot')?.seq).toBeGreaterThan(0)
    await vi.waitFor(() => {
      normal.assign()
      expect(normal.seeks).toContainEqual([0, 1])
    })
  })
})

describe('squares of the map', () => {
  const at = (n: number) => ({ latitude: 30 + (n % 60) / 2, longitude: 100 + Math.floor(n / 60) })
  const sensor = (n: number, value = 40) =>
    outputRecord({ device_id: `s${n}`, value, usvh: value / 334, ...at(n) })
  const cellsOf = (messages: Message[]) => {
    const cells = new Map<string, LiveCell>()
    for (const message of messages)
      for (const cell of message.cells ?? []) cells.set(`${cell[0]}/${cell[1]}`, cell)
    return cells
  }
  const told = (messages: Message[]) =>
    [...cellsOf(messages).values()].reduce((sum, [, , count]) => sum + count, 0)

  test('are told when points have no room, stay true afterwards, and end with every sensor in them', async () => {
    const { httpPort, url, normal } = await start({ limits: { snapshotPoints: 500 } })
    const { messages, sizes } = await connect(httpPort)
    await vi.waitFor(() => expect(messages).not.toHaveLength(0))
    normal.deliver(sensor(0))
    await vi.waitFor(() => expect(messages.at(-1)?.stats.sensors).toBe(1))
    expect(messages.some((message) => message.cells)).toBe(false)
    for (let n = 0; n < 3000; n += 1) normal.deliver(sensor(n))
    await vi.waitFor(() => expect(told(messages)).toBe(3000), { timeout: 5000 })
    normal.deliver(sensor(7, 4000))
    await vi.waitFor(() =>
      expect([...cellsOf(messages).values()].some(([, , , , most]) => most === 4000 / 334)).toBe(true),
    )
    expect(Math.max(...sizes.slice(1))).toBeLessThanOrEqual(20 * 1024)
    for (const message of messages.slice(1)) if (message.type === 'frame') liveFrameSchema.parse(message)
    const late = await connect(httpPort)
    await vi.waitFor(() => expect(late.messages).not.toHaveLength(0))
    const snapshot = liveStateSchema.parse(late.messages[0])
    expect([snapshot.points.length, told([snapshot])]).toEqual([500, 3000])
    expect(cellsOf([snapshot])).toEqual(cellsOf(messages))
    const state = liveStateSchema.parse(await (await fetch(`${url}/api/state`)).json())
    expect([state.points.length, state.cells]).toEqual([3000, undefined])
  })
})

describe('clients', () => {
  test('a stalled client costs bounded memory, is told what it missed, and recovers', async () => {
    const { httpPort, statsPort, normal } = await start({ limits: { frameEveryMs: 1 } })
    const slow = await connect(httpPort)
    const fast = await connect(httpPort)
    await vi.waitFor(() => expect(slow.messages).not.toHaveLength(0))
    slow.socket.pause()
    const skipped = async () => {
      const stats = await (await fetch(`http://127.0.0.1:${statsPort}/stats?history=0`)).json()
      return stats.current.skippedFrames as number
    }
    let n = 0
    await vi.waitFor(
      async () => {
        for (let i = 0; i < 80; i += 1) {
          n += 1
          normal.deliver(outputRecord({ device_id: `sensor-${n % 3000}`, value: n % 900 || 1 }))
        }
        expect(await skipped()).toBeGreaterThan(5)
      },
      { timeout: 15_000, interval: 1 },
    )
    slow.socket.resume()
    await vi.waitFor(() => expect(slow.messages.filter(({ type }) => type === 'snapshot')).toHaveLength(2), {
      timeout: 10_000,
    })
    const again = slow.messages.findLast(({ type }) => type === 'snapshot')
    expect(again?.stats.skippedFrames).toBeGreaterThan(5)
    expect(fast.messages.filter(({ type }) => type === 'snapshot')).toHaveLength(1)
    expect(fast.messages.at(-1)?.stats.skippedFrames).toBe(0)
  })

  test.each([
    ['a page of another site', { origin: 'http://evil.example' }, 403],
    ['a name that was led here', { host: 'rebound.example' }, 421],
  ])('refuses %s', async (_, headers, status) => {
    const { httpPort } = await start()
    await expect(connect(httpPort, headers as unknown as Record<string, string>)).rejects.toThrow(
      String(status),
    )
    const { socket } = await connect(httpPort, { origin: `http://127.0.0.1:${httpPort}` })
    expect(socket.readyState).toBe(WebSocket.OPEN)
  })

  test('refuses one client too many, and takes it when another has left', async () => {
    const { httpPort } = await start({ limits: { clients: 1 } })
    const first = await connect(httpPort)
    await expect(connect(httpPort)).rejects.toThrow('503')
    first.socket.close()
    await vi.waitFor(() => connect(httpPort))
  })

  test('a client that talks is put out', async () => {
    const { httpPort } = await start()
    const { socket } = await connect(httpPort)
    const closed = new Promise<number>((resolve) => socket.once('close', resolve))
    socket.send('{"hello":1}')
    expect(await closed).toBe(1008)
  })

  test('closing says goodbye and ends in time with a client that never reads', async () => {
    const backend = await start()
    const slow = await connect(backend.httpPort)
    slow.socket.pause()
    const polite = await connect(backend.httpPort)
    const closed = new Promise<number>((resolve) => polite.socket.once('close', resolve))
    await backend.close()
    expect(await closed).toBe(1001)
    await expect(fetch(backend.url)).rejects.toThrow()
    expect(backend.normal.stopped).toBe(1)
  })
})

describe('health', () => {
  const health = async (url: string) => {
    const response = await fetch(`${url}/health`)
    return [response.status, (await response.json()).reason]
  }

  test('turns 503 when Kafka falls silent, and 200 when it is back', async () => {
    let nowMs = 1_000_000
    const { url, normal, critical } = await start({ now: () => nowMs })
    await vi.waitFor(async () => expect(await health(url)).toEqual([200, null]))
    nowMs += 4001
    expect(await health(url)).toEqual([503, 'no answer from Kafka about normal-data for 4 s'])
    normal.fetch()
    critical.fetch()
    await vi.waitFor(async () => expect(await health(url)).toEqual([200, null]), { timeout: 5000 })
  })

  test('turns 503 within 5 s when one consumer hears nothing while the other goes on', async () => {
    let nowMs = 1_000_000
    const { url, normal, critical } = await start({ now: () => nowMs })
    await vi.waitFor(async () => expect(await health(url)).toEqual([200, null]))
    nowMs += 4500
    normal.deliver(outputRecord())
    normal.fetch()
    await vi.waitFor(async () =>
      expect(await health(url)).toEqual([503, 'no answer from Kafka about critical-data for 5 s']),
    )
    critical.fetch()
    await vi.waitFor(async () => expect(await health(url)).toEqual([200, null]), { timeout: 5000 })
  })

  test('is 503 until the consumers have their partitions', async () => {
    const { url, normal } = await start()
    normal.rebalance()
    expect(await health(url)).toEqual([503, 'the consumer of normal-data has no partitions yet'])
    normal.assign()
    await vi.waitFor(async () => expect(await health(url)).toEqual([200, null]))
  })

  test('is 503 with the reason when committed offsets cannot be read, and the sums are unknown', async () => {
    let nowMs = 1_000_000
    const { url, normal, critical } = await start({
      now: () => nowMs,
      progress: () => Promise.reject(new Error('connect ECONNREFUSED')),
    })
    nowMs += 6000
    normal.fetch()
    critical.fetch()
    expect(await health(url)).toEqual([
      503,
      'no answer from Kafka about committed offsets for 6 s: connect ECONNREFUSED',
    ])
    expect((await (await fetch(`${url}/api/state`)).json()).stats.records).toBeNull()
    expect(await (await fetch(`${url}/metrics`)).text()).not.toContain('radtune_records{')
  })

  test('a lost consumer is opened again and goes on where it was', async () => {
    const { url, normal } = await start()
    normal.deliver(outputRecord(), outputRecord())
    normal.fail(new Error('the group is gone'))
    expect(await health(url)).toEqual([503, 'the consumer of normal-data is lost: the group is gone'])
    await vi.waitFor(() => expect(normal.opened).toBe(2), { timeout: 5000 })
    normal.assign()
    expect(normal.seeks).toEqual([[0, 2]])
    await vi.waitFor(async () => expect(await health(url)).toEqual([200, null]))
  })
})

describe('the API', () => {
  test('gives the readings of one sensor, newest first, and alerts', async () => {
    const { url, normal, critical } = await start()
    for (let n = 1; n <= 150; n += 1) {
      normal.deliver(
        outputRecord({ value: n, captured_time: new Date(1_580_000_000_000 + n * 1000).toISOString() }),
      )
      normal.deliver(outputRecord({ device_id: `other-${n}` }))
    }
    critical.deliver(outputRecord({ value: 5000 }))
    const { readings } = await (
      await fetch(`${url}/api/sensors/${encodeURIComponent('device:100')}/readings`)
    ).json()
    expect(readings).toHaveLength(100)
    expect(readings.slice(0, 3).map((reading: { value: number }) => reading.value)).toEqual([5000, 150, 149])
    expect(readings[1]).toEqual({
      latitude: 37.56123,
      longitude: 140.69456,
      value: 150,
      usvh: 0.4491,
      level: 'moderate',
      critical: false,
      capturedTime: new Date(1_580_000_150_000).toISOString(),
    })
    const { alerts } = await (await fetch(`${url}/api/alerts`)).json()
    expect(alerts.map((alert: { value: number }) => alert.value)).toEqual([5000])
    expect((await fetch(`${url}/api/sensors/nobody/readings`)).status).toBe(404)
  })

  test('is not open to other origins, and says what it forbids', async () => {
    const { url } = await start()
    const response = await fetch(`${url}/api/state`)
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect((await fetch(`${url}/api/state`, { headers: { origin: 'http://evil.example' } })).status).toBe(403)
    expect((await fetch(`${url}/ws`)).status).toBe(426)
  })
})

describe('the system as a whole', () => {
  const outline = {
    machine: { cpus: 4, memoryBytes: 8e9, usableMemoryBytes: 7e9 },
    workload: { minPerSecond: 1000, maxPerSecond: 10_000, latencyTargetMs: 100 },
    // Nothing listens on port 1.
    stats: { kafka: null, 'worker-1': '127.0.0.1:1', backend: null },
  }
  const system = { outline, settings: () => ({ revision: 3, values: { 'provider.rate': 500 } }) }
  const systemsIn = (messages: readonly (Message | LiveSystem)[]) =>
    messages.filter((message): message is LiveSystem => message.type === 'system')

  test('is told by /api/system and over /ws, and keeps the contract', async () => {
    const { url, httpPort } = await start({ system, limits: { systemEveryMs: 20 } })
    const { messages } = await connect(httpPort)
    await vi.waitFor(async () => {
      const told = liveSystemSchema.parse(await (await fetch(`${url}/api/system`)).json())
      expect(told.services.map(({ name, condition }) => `${name} ${condition}`)).toEqual([
        'kafka healthy',
        'worker-1 silent',
        'backend healthy',
      ])
      expect(told).toMatchObject({ latencyTargetMs: 100, playback: { ratePerSecond: 500, state: null } })
    })
    await vi.waitFor(() => expect(systemsIn(messages).length).toBeGreaterThan(2))
    liveSystemSchema.parse(systemsIn(messages).at(-1))
  })

  test('is not told by a backend that was not told of it', async () => {
    const { url } = await start()
    expect((await fetch(`${url}/api/system`)).status).toBe(404)
  })
})

import type { LivePoint } from '@radtune/core/contract'
import { formatInstantIso } from '@radtune/core/safecast'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rawRecord } from '../../test/fake-readings.ts'
import { decodeReading } from './decode-reading.ts'
import { FrameQueue } from './frame-queue.ts'
import { IncomingReading } from './incoming-reading.ts'
import { createLatencyWindow } from './latency-window.ts'
import { LiveState } from './live-state.ts'

const EPOCH = Date.UTC(2020, 0, 1)

function point(sensor: number, overrides: Partial<LivePoint> = {}): LivePoint {
  return {
    sensor: `device:${sensor}`,
    latitude: 1,
    longitude: 2,
    value: 33,
    usvh: 0.0988,
    level: 'low',
    critical: false,
    capturedTime: '2020-01-01T00:00:00Z',
    flags: [],
    latencyMs: null,
    ...overrides,
  }
}

/** Writes it as a worker does and takes it in. */
function take(state: LiveState, { sensor, capturedTime, latencyMs, ...reading }: LivePoint): number {
  const incoming = new IncomingReading()
  const json = { captured_time: capturedTime, device_id: sensor.slice('device:'.length), ...reading }
  expect(decodeReading(rawRecord(JSON.stringify(json)), 0, incoming)).toBe(true)
  return state.add(incoming)
}

const readings = fc.array(
  fc.record({ sensor: fc.nat(8), second: fc.nat(50), value: fc.integer({ min: 1, max: 2000 }) }),
  { maxLength: 80 },
)
const asPoint = ({ sensor, second, value }: { sensor: number; second: number; value: number }) =>
  point(sensor, {
    value,
    critical: value >= 1000,
    capturedTime: formatInstantIso((EPOCH + second * 1000) * 1000),
  })

describe('what is kept of the readings', () => {
  test('as a plain model says: latest by captured time, history newest first, all of it bounded', () => {
    fc.assert(
      fc.property(readings, fc.integer({ min: 1, max: 40 }), (given, history) => {
        const state = new LiveState({ sensors: 100, history, alerts: 5 })
        const all = given.map(asPoint)
        for (const reading of all) take(state, reading)
        const kept = all.slice(-history)
        for (const { sensor } of all) {
          const own = all.filter((reading) => reading.sensor === sensor)
          const latest = own.reduce((a, b) => (b.capturedTime >= a.capturedTime ? b : a))
          expect(state.points(100).find((reading) => reading.sensor === sensor)).toEqual(latest)
          const expected = kept.filter((reading) => reading.sensor === sensor).reverse()
          expect(state.readingsOf(sensor, 1000)?.map(({ value }) => value)).toEqual(
            expected.map(({ value }) => value),
          )
        }
        const critical = all.filter((reading) => reading.critical)
        expect(state.alerts()).toEqual(critical.slice(-5).reverse())
        expect(state.received).toEqual({ normal: all.length - critical.length, critical: critical.length })
      }),
    )
  })

  test('the sensor that was silent longest goes first', () => {
    const state = new LiveState({ sensors: 2, history: 10, alerts: 5 })
    for (const sensor of [1, 2, 1, 3]) take(state, point(sensor))
    expect(state.points(10).map(({ sensor }) => sensor)).toEqual(['device:3', 'device:1'])
    expect(state.points(1).map(({ sensor }) => sensor)).toEqual(['device:3'])
    expect(state.readingsOf('device:2', 10)).toBeUndefined()
    expect(state.sensorCount).toBe(2)
  })

  test('event time is the newest captured time, and unknown before the first reading', () => {
    const state = new LiveState()
    expect(state.eventTime).toBeNull()
    for (const second of [3, 9, 5]) take(state, asPoint({ sensor: 1, second, value: 1 }))
    expect(state.eventTime).toBe('2020-01-01T00:00:09.000Z')
  })

  test.each([
    [{ device_id: '100', loader_id: '7' }, 'device:100'],
    [{ loader_id: '7' }, 'drive:7:37.561,140.695'],
    [{ device_id: '', loader_id: '' }, 'place:37.56123,140.69456'],
  ])('the sensor of %j is %s', (identity, sensor) => {
    const incoming = new IncomingReading()
    const { sensor: _none, capturedTime: captured_time, ...reading } = point(1)
    const json = { ...reading, captured_time, latitude: 37.56123, longitude: 140.69456, ...identity }
    expect(decodeReading(rawRecord(JSON.stringify(json)), 0, incoming)).toBe(true)
    expect(String(incoming.sensor)).toBe(sensor)
  })
})

describe('the queue of frames', () => {
  test('every critical reading leaves with the next take, frames keep their size, each sensor ends with its latest', () => {
    fc.assert(
      fc.property(
        fc.array(readings, { maxLength: 5 }),
        fc.integer({ min: 400, max: 4000 }),
        (rounds, frameBytes) => {
          const state = new LiveState()
          const queue = new FrameQueue(state.sensors, { frameBytes, waitingSensors: 100 })
          const shown = new Map<string, LivePoint>()
          const takeFrames = () => {
            const alerts: LivePoint[] = []
            for (const part of queue.take()) {
              const partAlerts: LivePoint[] = JSON.parse(part.alerts)
              const partPoints: LivePoint[] = JSON.parse(part.points)
              expect([part.alertCount, part.pointCount]).toEqual([partAlerts.length, partPoints.length])
              expect(part.points.length + part.alerts.length).toBeLessThanOrEqual(frameBytes + 4)
              alerts.push(...partAlerts)
              for (const reading of partPoints) shown.set(reading.sensor, reading)
            }
            return alerts
          }
          for (const round of rounds) {
            const given = round.map(asPoint)
            for (const reading of given) {
              const entry = take(state, reading)
              queue.add(entry, reading.critical ? state.newestAlert : undefined)
            }
            expect(takeFrames()).toEqual(given.filter(({ critical }) => critical).reverse())
          }
          for (let left = 1000; !queue.isEmpty && left > 0; left -= 1) takeFrames()
          expect(new Set(shown.values())).toEqual(new Set(state.points(100)))
        },
      ),
    )
  })

  test('what waits is bounded', () => {
    const cells = { changedCount: 0, tell: () => undefined, takeChanged: () => ({ texts: [], bytes: 0 }) }
    const latest = { size: 1000, cells, point: (entry: number) => point(entry) }
    const queue = new FrameQueue(latest, { frameBytes: 500, waitingSensors: 10 })
    for (let n = 0; n < 1000; n += 1) queue.add(n)
    const [part] = queue.take()
    expect(JSON.parse(part?.points ?? '[]')[0].sensor).toBe('device:999')
    expect(queue.coalesced).toBe(990 - (part?.pointCount ?? 0))
  })
})

describe('latency', () => {
  test('leaves the window after ten seconds, and stays in the sum', () => {
    const latency = createLatencyWindow()
    expect(latency.recent()).toEqual({
      count: 0,
      p50Ms: null,
      p95Ms: null,
      p99Ms: null,
      p999Ms: null,
      maxMs: null,
    })
    for (let ms = 1; ms <= 100; ms += 1) latency.record(ms)
    expect(latency.recent().count).toBe(100)
    expect(latency.recent().p50Ms).toBeCloseTo(50, 0)
    expect(latency.recent().p99Ms).toBeCloseTo(99, 0)
    for (let second = 0; second < 9; second += 1) latency.turn()
    expect(latency.recent().count).toBe(100)
    latency.turn()
    expect(latency.recent().count).toBe(0)
    latency.record(Number.MAX_VALUE)
    latency.record(0)
    expect(latency.sinceStart().count).toBe(102)
    expect(latency.recent().count).toBe(2)
  })
})

import type {
  LiveCell,
  LiveFrame,
  LiveMessage,
  LivePoint,
  LiveState,
  LiveStats,
  LiveSystem,
} from '@radtune/core/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyUpdate, countLevels, EMPTY_MODEL, type LiveModel } from './live-model.ts'
import { addMessage, emptyUpdate, KEPT } from './live-update.ts'

const point = (sensor: string, overrides: Partial<LivePoint> = {}): LivePoint => ({
  sensor,
  latitude: 37,
  longitude: 140,
  value: 33,
  usvh: 0.0988,
  level: 'low',
  critical: false,
  capturedTime: '2020-02-11T09:31:00.000Z',
  flags: [],
  latencyMs: 40,
  ...overrides,
})

const stats: LiveStats = {
  recordsPerSecond: 10,
  received: { normal: 1, critical: 0 },
  levels: { low: 1, moderate: 0, high: 0 },
  endToEnd: { count: 0, p50Ms: null, p95Ms: null, p99Ms: null, p999Ms: null, maxMs: null },
  records: null,
  skippedFrames: 0,
  clients: 1,
  sensors: 1,
}

function frame(overrides: Partial<LiveFrame> = {}): LiveFrame {
  return { type: 'frame', seq: 1, at: 1000, eventTime: null, points: [], alerts: [], stats, ...overrides }
}

function snapshot(overrides: Partial<LiveState> = {}): LiveState {
  const thresholds = { moderate: 50, high: 200, critical: 1000 }
  return { ...frame(), ...overrides, type: 'snapshot', thresholds } as LiveState
}

function system(overrides: Partial<LiveSystem> = {}): LiveSystem {
  return {
    type: 'system',
    at: 1000,
    playback: { speed: 0, ratePerSecond: 1000, paused: false, state: 'running', gaps: null },
    services: [],
    flow: { published: null, processed: null, received: null },
    lag: null,
    bottleneck: null,
    advice: null,
    ...overrides,
  }
}

const applyMessage = (model: LiveModel, message: LiveMessage) =>
  applyUpdate(model, addMessage(emptyUpdate(), message))

describe('what the page knows', () => {
  test('a frame adds to the readings, the newest last; a snapshot replaces them', () => {
    const first = applyMessage(EMPTY_MODEL, snapshot({ points: [point('b'), point('a')] }))
    const second = applyMessage(
      first,
      frame({ seq: 2, points: [point('a', { value: 60, level: 'moderate' })] }),
    )
    expect([...second.points.keys()]).toEqual(['b', 'a'])
    expect(second.points.get('a')?.value).toBe(60)
    expect(first.points.get('a')?.value).toBe(33)
    expect(countLevels(second.points.values())).toEqual({ low: 1, moderate: 1, high: 0 })
    const third = applyMessage(second, snapshot({ seq: 1, points: [point('c')] }))
    expect([...third.points.keys()]).toEqual(['c'])
    expect(third.seq).toBe(1)
  })

  test('an alert that comes twice is one, and none is lost over a new snapshot', () => {
    const alert = (n: number) => point('hot', { value: 1000 + n, critical: true })
    const first = applyMessage(EMPTY_MODEL, frame({ alerts: [alert(2), alert(1)] }))
    const second = applyMessage(first, snapshot({ alerts: [alert(3), alert(2)] }))
    expect(second.alerts.map(({ value }) => value)).toEqual([1003, 1002, 1001])
  })

  test('a sensor that was critical once is not pushed out by one that is all the time', () => {
    let model = applyMessage(EMPTY_MODEL, frame({ alerts: [point('once', { value: 5000, critical: true })] }))
    for (let n = 0; n < 3 * KEPT.alerts; n += 1)
      model = applyMessage(model, frame({ alerts: [point('hot', { value: 1000 + n, critical: true })] }))
    expect(model.alerts).toHaveLength(KEPT.alerts + 1)
    expect(model.alerts[0]).toMatchObject({ sensor: 'hot', value: 999 + 3 * KEPT.alerts })
    expect(model.alerts.at(-1)).toMatchObject({ sensor: 'once', value: 5000 })
  })

  test('what is told of the system is kept until it is told anew', () => {
    const first = applyMessage(EMPTY_MODEL, system({ lag: 3 }))
    const second = applyMessage(first, snapshot({ points: [point('a')] }))
    expect([first.system?.lag, second.system?.lag, second.points.size]).toEqual([3, 3, 1])
    expect(applyMessage(second, system({ lag: null })).system?.lag).toBeNull()
  })

  test('stays bounded, however long it runs', () => {
    let model = EMPTY_MODEL
    for (let n = 0; n < 300; n += 1) {
      const points = Array.from({ length: 100 }, (_, k) => point(`s-${n}-${k}`))
      const alerts = [point('hot', { value: n, critical: true })]
      model = applyMessage(model, frame({ seq: n, at: n * 1000, points, alerts }))
    }
    expect([model.points.size, model.alerts.length, model.rates.length]).toEqual([
      KEPT.points,
      KEPT.alerts,
      KEPT.rateSeconds,
    ])
    expect(model.points.has('s-299-49')).toBe(true)
    expect(model.points.has('s-0-0')).toBe(false)
  })

  test('takes one rate a second, and begins anew when the clock of the backend went back', () => {
    let model = EMPTY_MODEL
    for (const at of [1000, 1250, 1500, 2000, 3100]) model = applyMessage(model, frame({ at }))
    expect(model.rates.map(({ at }) => at)).toEqual([1000, 2000, 3100])
    expect(applyMessage(model, snapshot({ at: 500 })).rates).toHaveLength(1)
  })

  test('squares are replaced by a snapshot, changed by a frame, and gone when they are empty', () => {
    const cell = (column: number, count: number): LiveCell => [column, 1, count, 0.1, 0.2]
    const first = applyMessage(EMPTY_MODEL, snapshot({ cells: [cell(1, 5), cell(2, 6)] }))
    const second = applyMessage(first, frame({ cells: [cell(1, 0), cell(3, 7)] }))
    expect([...second.cells.values()]).toEqual([cell(2, 6), cell(3, 7)])
    expect(applyMessage(second, frame()).cells).toBe(second.cells)
    expect(applyMessage(second, snapshot()).cells.size).toBe(0)
  })

  test('every silence that was skipped is told once', () => {
    const gap = (at: number) => ({ from: '2020-01-01T00:00:00Z', to: '2020-02-11T00:00:00Z', at })
    const told = (newest: ReturnType<typeof gap> | null) =>
      system({ playback: { ...system().playback, gaps: { cut: 1, newest } } })
    let model = EMPTY_MODEL
    for (const message of [told(null), told(gap(1)), told(gap(1)), told(gap(2)), told(gap(2))])
      model = applyMessage(model, message)
    expect(model.gaps.map(({ at }) => at)).toEqual([2, 1])
  })

  test('one sum of many messages is what the messages are one by one, wherever they are cut', () => {
    const sensor = fc.constantFrom('a', 'b', 'c', 'd')
    const drawn = fc.array(
      fc.tuple(sensor, fc.integer({ min: 1, max: 5 })).map(([name, value]) => point(name, { value })),
    )
    const cells = fc.array(
      fc.tuple(
        fc.integer({ min: 0, max: 3 }),
        fc.constant(1),
        fc.integer({ min: 0, max: 2 }),
        fc.constant(1),
        fc.constant(2),
      ),
    )
    const parts = fc.record({ points: drawn, alerts: drawn, cells: fc.option(cells, { nil: undefined }) })
    const told = fc.oneof(
      parts.map((given) => frame(given)),
      parts.map((given) => snapshot(given)),
      fc.integer({ min: 1, max: 3 }).map((lag) => system({ lag })),
    )
    const numbered = fc
      .array(fc.tuple(told, fc.boolean()), { maxLength: 12 })
      .map((all) => all.map(([message, cut], n) => ({ message: { ...message, seq: n, at: n * 1000 }, cut })))
    fc.assert(
      fc.property(numbered, (messages) => {
        let single = EMPTY_MODEL
        let summed = EMPTY_MODEL
        let sum = emptyUpdate()
        for (const { message, cut } of messages) {
          single = applyMessage(single, message)
          sum = addMessage(sum, message)
          if (!cut) continue
          summed = applyUpdate(summed, sum)
          sum = emptyUpdate()
        }
        summed = applyUpdate(summed, sum)
        expect(summed).toEqual(single)
        expect([...summed.points.keys()]).toEqual([...single.points.keys()])
      }),
    )
  })
})

import type { LiveFrame, LivePoint, LiveState, LiveStats, LiveSystem } from '@radtune/core/contract'
import { describe, expect, test } from 'vitest'
import { applyMessage, countLevels, EMPTY_MODEL, MAX_POINTS } from './live-model.ts'

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
    expect([model.points.size, model.alerts.length, model.rates.length]).toEqual([MAX_POINTS, 200, 120])
    expect(model.points.has('s-299-49')).toBe(true)
    expect(model.points.has('s-0-0')).toBe(false)
  })

  test('takes one rate a second, and begins anew when the clock of the backend went back', () => {
    let model = EMPTY_MODEL
    for (const at of [1000, 1250, 1500, 2000, 3100]) model = applyMessage(model, frame({ at }))
    expect(model.rates.map(({ at }) => at)).toEqual([1000, 2000, 3100])
    expect(applyMessage(model, snapshot({ at: 500 })).rates).toHaveLength(1)
  })
})

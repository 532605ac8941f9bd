import type { LivePoint } from '@radtune/core/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { COOL_DOWN_MS, groupAlerts } from './group-alerts.ts'

const START_MS = Date.UTC(2020, 1, 11, 9, 31)

function reading(sensor: string, minute: number): LivePoint {
  return {
    sensor,
    latitude: 37,
    longitude: 140,
    value: 1000 + minute,
    usvh: 3,
    level: 'high',
    critical: true,
    capturedTime: new Date(START_MS + minute * 60_000).toISOString(),
    flags: [],
    latencyMs: 1,
  }
}

const texts = (...readings: LivePoint[]) =>
  groupAlerts(readings).map(({ reading: { sensor, value }, readings: many }) => `${sensor} ${value} ${many}`)

describe('alerts', () => {
  test('a sensor that goes on being critical is one, with its newest reading and how many they are', () => {
    expect(texts(reading('a', 9), reading('b', 8), reading('a', 5), reading('a', 0))).toEqual([
      'a 1009 3',
      'b 1008 1',
    ])
  })

  test('after ten minutes of quiet it is a new one', () => {
    expect(texts(reading('a', 31), reading('a', 21), reading('a', 10))).toEqual(['a 1031 2', 'a 1010 1'])
  })

  test('readings that come late do not part what belongs together', () => {
    expect(texts(reading('a', 10), reading('a', 2), reading('a', 12), reading('a', 0))).toEqual(['a 1010 4'])
    const days = reading('a', -5000)
    expect(texts(reading('a', 10), days, reading('a', 2))).toEqual(['a 1010 2', 'a -4000 1'])
  })

  test('none is lost, and no two alerts of a sensor are closer than the time to cool down', () => {
    const some = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 90 })))
    fc.assert(
      fc.property(some, (given) => {
        const inOrder = given.toSorted(([, one], [, other]) => other - one)
        const alerts = groupAlerts(inOrder.map(([sensor, minute]) => reading(sensor, minute)))
        expect(alerts.reduce((sum, { readings }) => sum + readings, 0)).toBe(given.length)
        for (const of of Map.groupBy(alerts, (alert) => alert.reading.sensor).values())
          for (const [index, alert] of of.slice(1).entries()) {
            const newer = Date.parse(of[index]?.reading.capturedTime ?? '')
            expect(newer - Date.parse(alert.reading.capturedTime)).toBeGreaterThan(COOL_DOWN_MS)
          }
      }),
    )
  })
})

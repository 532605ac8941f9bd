import type { LivePoint } from '@radtune/core/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nextOrder, type SortKey, sortPoints } from './sort-points.ts'

const points = fc.array(
  fc.record<LivePoint>({
    sensor: fc.string({ maxLength: 4 }),
    latitude: fc.constant(1),
    longitude: fc.constant(1),
    value: fc.integer({ min: 1, max: 9 }),
    usvh: fc.double({ min: 0, max: 9, noNaN: true }),
    level: fc.constantFrom('low', 'moderate', 'high'),
    critical: fc.boolean(),
    capturedTime: fc.constantFrom('2020-01-01T00:00:00Z', '2020-01-02T00:00:00Z'),
    flags: fc.constant([]),
    latencyMs: fc.option(fc.integer({ min: 0, max: 9 })),
  }),
)
const keys: SortKey[] = ['time', 'value', 'dose', 'level', 'sensor', 'delay']

test('sorting keeps every reading, and turning round keeps those without a delay last', () => {
  fc.assert(
    fc.property(points, fc.constantFrom(...keys), fc.boolean(), (given, key, descending) => {
      const sorted = sortPoints(given, { order: { key, descending }, limit: 1000 })
      expect(new Set(sorted)).toEqual(new Set(given))
      if (key !== 'delay') return
      const firstMissing = sorted.findIndex(({ latencyMs }) => latencyMs === null)
      if (firstMissing >= 0)
        expect(sorted.slice(firstMissing).every(({ latencyMs }) => latencyMs === null)).toBe(true)
    }),
  )
})

test('a second click turns the order round; a new column begins with the most telling on top', () => {
  expect(nextOrder({ key: 'value', descending: true }, 'value')).toEqual({ key: 'value', descending: false })
  expect(nextOrder({ key: 'value', descending: false }, 'dose')).toEqual({ key: 'dose', descending: true })
  expect(nextOrder({ key: 'value', descending: true }, 'sensor')).toEqual({
    key: 'sensor',
    descending: false,
  })
})

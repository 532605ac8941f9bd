import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { legendSteps } from './legend-scale.ts'
import { filterPoints, type LevelFilter, SHOWN_LEVELS, shownLevelOf } from './level-filter.ts'
import type { HeardPoint } from './live-update.ts'
import { mapSentence } from './map-sentence.ts'
import { formatViewState, MAX_ZOOM, parseViewState } from './view-state.ts'

describe('the address', () => {
  test('says nothing while everything is as it is by default', () => {
    expect(formatViewState(parseViewState(''))).toBe('')
  })

  test('reads back what it wrote', () => {
    const degrees = (most: number) =>
      fc.integer({ min: -most * 10_000, max: most * 10_000 }).map((n) => n / 10_000)
    const place = fc.record({
      latitude: degrees(90),
      longitude: degrees(180),
      zoom: fc.integer({ min: 0, max: MAX_ZOOM * 100 }).map((n) => n / 100),
    })
    fc.assert(
      fc.property(
        fc.option(place),
        fc.subarray([...SHOWN_LEVELS]),
        fc.constantFrom('usvh', 'cpm'),
        fc.constantFrom('map', 'table'),
        fc.constantFrom('mean', 'max'),
        (at, levels, unit, view, cell) => {
          const state = { place: at, levels: new Set(levels) as LevelFilter, unit, view, cell }
          expect(parseViewState(formatViewState(state))).toEqual(state)
        },
      ),
    )
  })

  test.each([
    '?at=91,0,3',
    '?at=0,181,3',
    '?at=0,0,99',
    '?at=x',
    '?at=1,2',
    '?unit=sieverts',
    '?view=globe',
    '?%',
  ])('is as if it were empty when it cannot be: %s', (query) => {
    expect(parseViewState(query)).toEqual(parseViewState(''))
  })
})

const point = (sensor: string, overrides: Partial<HeardPoint> = {}): HeardPoint => ({
  sensor,
  latitude: 37.5612,
  longitude: 140.6946,
  value: 33,
  usvh: 0.0988,
  level: 'low',
  critical: false,
  capturedTime: '2020-02-11T09:31:00.000Z',
  flags: [],
  latencyMs: null,
  heardAt: 0,
  ...overrides,
})

describe('the filter', () => {
  const points = new Map(
    [
      point('a'),
      point('b', { level: 'high', value: 431, usvh: 1.29 }),
      point('c', { level: 'high', critical: true, value: 1290, usvh: 3.862 }),
    ].map((each) => [each.sensor, each]),
  )

  test('a critical reading is critical, not high', () => {
    expect([...points.values()].map(shownLevelOf)).toEqual(['low', 'high', 'critical'])
    expect([...filterPoints(points, new Set(['high'])).keys()]).toEqual(['b'])
    expect([...filterPoints(points, new Set(['low', 'critical'])).keys()]).toEqual(['a', 'c'])
    expect(filterPoints(points, new Set()).size).toBe(0)
  })

  test('with everything on it costs nothing', () => {
    expect(filterPoints(points, new Set(SHOWN_LEVELS))).toBe(points)
  })

  test('the map says in words what it shows', () => {
    expect(mapSentence(points, 'usvh')).toBe('Map of 3 sensors, highest ≈ 3.86 µSv/h near 37.5612, 140.6946')
    expect(mapSentence(points, 'cpm')).toBe('Map of 3 sensors, highest 1,290 CPM near 37.5612, 140.6946')
    expect(mapSentence(new Map(), 'cpm')).toBe('Map without sensors')
  })
})

test('the legend is logarithmic, in both units', () => {
  expect(legendSteps('usvh').map(({ bound }) => bound)).toEqual([null, '0.05', '0.1', '0.3', '1.0', '5.0'])
  expect(legendSteps('cpm').map(({ bound }) => bound)).toEqual([null, '17', '33', '100', '334', '1,670'])
  const widths = legendSteps('usvh').map(({ width }) => width)
  expect(widths[1]).toBeCloseTo(Math.log10(2))
  expect(widths[3]).toBeCloseTo(Math.log10(1 / 0.3))
})

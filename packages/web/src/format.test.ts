import { describe, expect, test } from 'vitest'
import { levelRanges, recordShares, sparklineShape } from './breakdown.ts'
import { doseClassOf } from './dose-class.ts'
import {
  formatCount,
  formatDelay,
  formatDose,
  formatEventTime,
  formatPace,
  formatRate,
  formatShare,
  formatSpan,
} from './format.ts'

describe('numbers on the page', () => {
  test.each([
    [formatCount(52_313), '52,313'],
    [formatCount(null), 'no value'],
    [formatRate(0), '0/s'],
    [formatRate(999), '999/s'],
    [formatRate(9_940), '9.9k/s'],
    [formatRate(99_940), '100k/s'],
    [formatRate(1_200_000), '1.2M/s'],
    [formatRate(null), 'no value'],
    [formatDelay(0.4), '0.4 ms'],
    [formatDelay(41.4), '41 ms'],
    [formatDelay(1840), '1.8 s'],
    [formatDelay(180_000), '3 min'],
    [formatDelay(7_200_000), '2 h'],
    [formatDelay(null), 'no value'],
    [formatEventTime('2020-02-11T09:31:59.123456Z'), '2020-02-11 09:31 UTC'],
    [formatEventTime(null), 'no value'],
    [formatEventTime('soon'), 'no value'],
    [formatDose(0), '0'],
    [formatDose(0.003), '0.003'],
    [formatDose(0.0988), '0.099'],
    [formatDose(1.2904), '1.29'],
    [formatDose(1047.9), '1,048'],
    [formatShare(0, 0), 'no value'],
    [formatShare(1, 1000), '< 1 %'],
    [formatShare(1, 8), '13 %'],
    [formatSpan('2020-01-01T00:00:00Z', '2020-02-11T09:00:00Z'), '41 days'],
    [formatSpan('2020-01-01T00:00:00Z', '2020-01-02T23:59:00Z'), '47 hours'],
    [formatSpan('2020-01-01T00:00:00Z', '2020-01-01T00:02:30Z'), '2 minutes'],
    [formatSpan('2020-01-01T00:00:00Z', '2020-01-01T00:00:45Z'), '45 seconds'],
    [formatSpan('soon', '2020-01-01T00:00:00Z'), 'no value'],
    [formatPace({ speed: 0.5, ratePerSecond: 10 }), '0.5×'],
    [formatPace({ speed: 600, ratePerSecond: 0 }), '600×'],
    [formatPace({ speed: 0, ratePerSecond: 1000 }), '1,000/s'],
    [formatPace({ speed: 0, ratePerSecond: 0 }), 'as fast as possible'],
  ])('%s', (found, expected) => expect(found).toBe(expected))

  test.each([
    [0, '< 0.05'],
    [0.05, '0.05–0.10'],
    [0.299, '0.10–0.30'],
    [0.3, '0.30–1.0'],
    [4.99, '1.0–5.0'],
    [5, '≥ 5.0'],
    [1000, '≥ 5.0'],
  ])('%d µSv/h is in the class %s', (usvh, label) => expect(doseClassOf(usvh).label).toBe(label))
})

describe('the breakdown', () => {
  test('shares make a whole, and nothing is shown of nothing', () => {
    const none = { in: 0, normal: 0, critical: 0, dirty: 0, dirtyByReason: {}, duplicates: 0, inFlight: 0 }
    const levels = { low: 0, moderate: 0, high: 0 }
    expect(recordShares({ ...none, levels })).toEqual([])
    expect(recordShares({ ...none, levels, in: 4, normal: 3, inFlight: 1 })).toEqual([
      { name: 'normal', share: 0.75 },
      { name: 'inFlight', share: 0.25 },
    ])
  })

  test('level ranges follow the thresholds in force', () => {
    expect(levelRanges({ moderate: 60, high: 300, critical: 1000 })).toEqual({
      low: '< 60',
      moderate: '60–299',
      high: '≥ 300',
    })
  })

  test('the sparkline ends at the right edge and needs two values', () => {
    const box = { width: 10, height: 4, slots: 11 }
    expect(sparklineShape([5], box)).toBeUndefined()
    expect(sparklineShape([0, 0], box)?.line).toBe('M9.0,4.0L10.0,4.0')
    expect(sparklineShape([1, 2, 4], box)).toEqual({
      line: 'M8.0,3.0L9.0,2.0L10.0,0.0',
      area: 'M8.0,3.0L9.0,2.0L10.0,0.0L10,4L8.0,4Z',
      highest: 4,
    })
  })
})

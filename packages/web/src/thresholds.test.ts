import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkThresholds, type Thresholds, thresholdWishes } from './thresholds.ts'

const rising = fc
  .uniqueArray(fc.integer({ min: 1, max: 50 }), { minLength: 3, maxLength: 3 })
  .map((values) => values.sort((a, b) => a - b) as [number, number, number])
  .map(([moderate, high, critical]): Thresholds => ({ moderate, high, critical }))

describe('thresholds', () => {
  test('are changed step by step, and rise after each step', () => {
    fc.assert(
      fc.property(rising, rising, (from, to) => {
        let now = from
        for (const { key, value } of thresholdWishes(from, to)) {
          now = { ...now, [key.slice('thresholds.'.length)]: value }
          expect(now.moderate).toBeLessThan(now.high)
          expect(now.high).toBeLessThan(now.critical)
        }
        expect(now).toEqual(to)
      }),
    )
  })

  test('only those that change are written', () => {
    const from = { moderate: 50, high: 200, critical: 1000 }
    expect(thresholdWishes(from, from)).toEqual([])
    expect(thresholdWishes(from, { ...from, high: 300 })).toEqual([{ key: 'thresholds.high', value: 300 }])
  })

  test.each<[string, string, string, Record<string, string>]>([
    ['50', '50', '1000', { high: 'high must be above moderate' }],
    ['500', '200', '1000', { high: 'high must be above moderate' }],
    ['50', '200', '20', { critical: 'critical must be above high' }],
    [
      '50',
      '',
      '20',
      { high: 'high must be a whole number of CPM from 1', critical: 'critical must be above moderate' },
    ],
    [
      '0',
      '1.5',
      '1e3',
      {
        moderate: 'moderate must be a whole number of CPM from 1',
        high: 'high must be a whole number of CPM from 1',
        critical: 'critical must be a whole number of CPM from 1',
      },
    ],
  ])('%s, %s, %s cannot be', (moderate, high, critical, problems) => {
    expect(checkThresholds({ moderate, high, critical })).toEqual({ ok: false, problems })
  })

  test('that rise are taken as typed', () => {
    const thresholds = { moderate: 1, high: 2, critical: 3 }
    expect(checkThresholds({ moderate: ' 1', high: '2', critical: '3 ' })).toEqual({ ok: true, thresholds })
  })
})

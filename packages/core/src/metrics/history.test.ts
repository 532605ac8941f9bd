import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { History, known, type Reading, unknown } from './index.ts'

const values = (entries: Record<string, number | undefined>) =>
  new Map(
    Object.entries(entries).map(([metric, value]): [string, Reading<number>] => [
      metric,
      value === undefined ? unknown('gone') : known(value, 0),
    ]),
  )

describe('History', () => {
  test('keeps the newest samples, gaps included, in flat memory', () => {
    const history = new History({ capacity: 100 })
    for (let second = 1; second <= 250; second += 1)
      history.add(second * 1000, values({ in: second, lag: second % 2 ? second : undefined }))
    expect([history.length, history.oldestAt, history.newestAt]).toEqual([100, 151_000, 250_000])
    expect(history.values('in', { from: 0 }).values).toEqual(Array.from({ length: 100 }, (_, i) => 151 + i))
    expect(history.values('lag', { from: 245_000 }).values).toEqual([247, 249])
    expect(history.newest('lag')).toEqual(known(249, 249_000))
    expect(history.bytes).toBe(3 * 100 * 8)
  })

  test('an hour of all metrics of a large stack is a few megabytes, and adding is cheap', () => {
    const history = new History()
    const sample = values(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`metric/${i}`, i])))
    for (let second = 1; second <= 4000; second += 1) history.add(second * 1000, sample)
    expect(history.length).toBe(3600)
    expect(history.bytes).toBeLessThan(9 * 1024 * 1024)
  })

  test('forgets a metric with its last value', () => {
    const history = new History({ capacity: 60 })
    history.add(1, values({ gone: 1 }))
    for (let at = 2; at <= 300; at += 1) history.add(at, values({ in: 1 }))
    expect(history.metrics).toEqual(['in'])
    expect(history.newest('gone')).toBeUndefined()
  })

  test('refuses what is not newer', () => {
    const history = new History()
    expect(history.add(2, values({ in: 1 }))).toBe(true)
    expect(history.add(2, values({ in: 9 }))).toBe(false)
    expect(history.add(1, values({ in: 9 }))).toBe(false)
    expect(history.add(Number.NaN, values({ in: 9 }))).toBe(false)
    expect(history.values('in', { from: 0 }).values).toEqual([1])
  })

  test('resamples to a width with smallest, largest and newest of each cell', () => {
    const history = new History()
    for (const [at, value] of [5, 1, 9, 4, 3, 8].entries())
      history.add((at + 1) * 1000, values({ in: value }))
    expect(history.series('in', { from: 0, to: 6000, width: 2 })).toEqual([
      { min: 1, max: 9, last: 9 },
      { min: 3, max: 8, last: 8 },
    ])
    expect(history.series('in', { from: 3000, to: 9000, width: 3 })).toEqual([
      { min: 3, max: 4, last: 3 },
      { min: 8, max: 8, last: 8 },
      null,
    ])
    expect(history.series('nothing', { from: 0, to: 6000, width: 2 })).toEqual([null, null])
    expect(history.series('in', { from: 6000, to: 0, width: 2 })).toEqual([null, null])
    expect(history.series('in', { from: 0, to: 6000, width: 0 })).toEqual([])
  })

  test('no cell is ever something else than null or numbers in order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.double({ noNaN: false })), { minLength: 1, maxLength: 80 }),
        fc.integer({ min: 1, max: 40 }),
        (samples, width) => {
          const history = new History({ capacity: 50 })
          for (const [second, sample] of samples.entries())
            history.add(second, values({ in: sample ?? undefined }))
          for (const cell of history.series('in', { from: -1, to: samples.length, width })) {
            if (cell === null) continue
            expect(Object.values(cell).every(Number.isFinite)).toBe(true)
            expect(cell.min <= cell.last && cell.last <= cell.max).toBe(true)
          }
        },
      ),
    )
  })
})

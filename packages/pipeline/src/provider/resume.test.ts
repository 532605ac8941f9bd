import type { RowRef } from '@radtune/core/contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newestRowRef, resumePoint, sourceNameOf } from './resume.ts'

const names = ['a.csv', 'b.csv']
const identity = { kind: 'files', names } as const

describe('resumePoint', () => {
  it('knows nothing without references', () => {
    const point = resumePoint({ identity, partitions: 2, newestRefs: new Map() })
    expect(point.alreadyPublished(0, { round: 0, index: 0, row: 1 })).toBe(false)
    expect(point.from).toEqual({ round: 0, index: 0, row: 1 })
  })

  it('orders by round, file and row, in each partition by itself', () => {
    const newestRefs = new Map<number, RowRef>([
      [0, { source: '1/0-a.csv', row: 10 }],
      [1, { source: '0/1-b.csv', row: 99 }],
    ])
    const point = resumePoint({ identity, partitions: 2, newestRefs })
    expect(point.alreadyPublished(0, { round: 1, index: 0, row: 10 })).toBe(true)
    expect(point.alreadyPublished(0, { round: 0, index: 1, row: 5000 })).toBe(true)
    expect(point.alreadyPublished(0, { round: 1, index: 0, row: 11 })).toBe(false)
    expect(point.alreadyPublished(1, { round: 1, index: 0, row: 1 })).toBe(false)
    expect(point.from).toEqual({ round: 0, index: 1, row: 99 })
  })

  it('passes over references of other data', () => {
    const foreign = ['0/0-other.csv', '0/7-a.csv', 'generator-1', 'a.csv', '0/1-a.csv']
    for (const source of foreign) {
      const point = resumePoint({ identity, partitions: 1, newestRefs: new Map([[0, { source, row: 5 }]]) })
      expect(point.from.row).toBe(1)
      expect(point.alreadyPublished(0, point.from)).toBe(false)
    }
    const generator = { kind: 'generator', seed: 3 } as const
    const own = resumePoint({
      identity: generator,
      partitions: 1,
      newestRefs: new Map([[0, { source: 'generator-3', row: 5 }]]),
    })
    expect(own.from.row).toBe(5)
    const other = resumePoint({
      identity: generator,
      partitions: 1,
      newestRefs: new Map([[0, { source: 'generator-4', row: 5 }]]),
    })
    expect(other.from.row).toBe(1)
  })

  it('publishes every row exactly once, wherever each partition was cut off', () => {
    const cut = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 3, maxLength: 3 })
    fc.assert(
      fc.property(fc.infiniteStream(fc.integer({ min: 0, max: 2 })), cut, (partitions, cuts) => {
        const rows = [0, 1].flatMap((index) =>
          Array.from({ length: 30 }, (_, at) => ({
            position: { round: 0, index, row: at + 1 },
            partition: partitions.next().value as number,
          })),
        )
        const published = [0, 1, 2].map((partition) =>
          rows.filter((row) => row.partition === partition).slice(0, cuts[partition]),
        )
        const newestRefs = new Map<number, RowRef>()
        for (const [partition, list] of published.entries()) {
          const newest = list.at(-1)?.position
          if (newest)
            newestRefs.set(partition, {
              source: sourceNameOf({ round: 0, index: newest.index, name: names[newest.index] as string }),
              row: newest.row,
            })
        }
        const point = resumePoint({ identity, partitions: 3, newestRefs })
        const rest = rows.filter(({ partition, position }) => !point.alreadyPublished(partition, position))
        expect(rest.length + published.flat().length).toBe(rows.length)
        expect(new Set([...rest, ...published.flat()]).size).toBe(rows.length)
      }),
    )
  })
})

it('takes the newest of the headers that are ours', () => {
  expect(newestRowRef(['0/0-a.csv:4', '0/0-a.csv:9', 'nonsense', ''])).toEqual({
    source: '0/0-a.csv',
    row: 9,
  })
  expect(newestRowRef(['', 'x'])).toBeUndefined()
})

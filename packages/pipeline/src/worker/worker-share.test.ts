import { describe, expect, it } from 'vitest'
import { readWorkerShare, slotHeapOfShare, slotsOfShare } from './worker-share.ts'

const start = { startSlots: 3, slotHeapBytes: 300 }

describe('the share of a worker', () => {
  it('is what the plan gives it, whatever the total', () => {
    const shares = ['1/2', '2/2'].map((text) => readWorkerShare({ RADTUNE_WORKER_SHARE: text }, start))
    for (const [total, slots] of [
      [6, [3, 3]],
      [1, [1, 0]],
      [0, [0, 0]],
      [5, [3, 2]],
    ] as const)
      expect(shares.map((share) => slotsOfShare(total, share))).toEqual(slots)
  })

  it('begins with the total of the environment, else with what its own slots tell', () => {
    expect(readWorkerShare({ RADTUNE_WORKER_SHARE: '2/2' }, start).startTotal).toBe(6)
    expect(readWorkerShare({ RADTUNE_PIPELINE_PARALLELISM: '5' }, start)).toMatchObject({
      index: 0,
      workers: 1,
      startTotal: 5,
    })
  })

  it('never gives its slots more heap together than they had at the start', () => {
    const share = readWorkerShare({}, start)
    expect([1, 3, 6, 9].map((slots) => slotHeapOfShare(slots, share))).toEqual([300, 300, 150, 100])
    const none = readWorkerShare({}, { startSlots: 0, slotHeapBytes: 900 })
    expect([1, 3].map((slots) => slotHeapOfShare(slots, none))).toEqual([900, 300])
  })

  it.each(['0/2', '3/2', '2', 'x/y', '1/2/3'])('refuses %s', (text) => {
    expect(() => readWorkerShare({ RADTUNE_WORKER_SHARE: text }, start)).toThrow('is not a share')
  })
})

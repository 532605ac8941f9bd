import { sumRecords, TOPICS } from '@radtune/core/contract'
import type { SettingValues } from '@radtune/core/settings'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  beginAnew,
  drained,
  endWorld,
  expectedSums,
  expectOutputsExact,
  newSlot,
  progress,
  publish,
  slotProcess,
  sourcesOf,
  started,
} from '../../test/slot-world.ts'

beforeEach(beginAnew)
afterAll(endWorld)

const transactions = () => newSlot(undefined, 'transactions')

/** Markers are written after a commit is answered, so readers see its records a moment later. */
const expectExact = (rows: number) => vi.waitFor(() => expectOutputsExact(rows), { timeout: 10_000 })

/** Writes what is there, is never told that it is committed, and goes away as if it were killed. */
async function crash(delivery: SettingValues['pipeline.delivery'], records: number): Promise<void> {
  const commit = () => Promise.reject(new Error('killed'))
  const slot = newSlot(
    (real) =>
      delivery === 'transactions'
        ? { commitTransaction: commit }
        : { consumer: { ...real.consumer, commit } },
    delivery,
  )
  await slot.start()
  await vi.waitFor(() => expect(slot.accumulator.counts.records).toBe(records), { timeout: 20_000 })
  await slot.stop()
}

describe('slots with transactions on a real broker', { timeout: 90_000 }, () => {
  it('shows every record once, with counters that agree', async () => {
    await publish(0, 6000)
    await started(transactions())
    expect(sumRecords(await drained()).sums).toMatchObject(expectedSums(6000))
    await expectExact(6000)
  })

  it('is exact through members that come and go in the middle', async () => {
    let rows = 0
    let feeding = true
    const fed = (async () => {
      for (; feeding; rows += 600) await publish(rows, rows + 600)
    })()
    const first = await started(transactions())
    await vi.waitFor(() => expect(first.assigned).toHaveLength(6), { timeout: 20_000 })
    const second = await started(transactions())
    await vi.waitFor(() => expect(second.assigned).toHaveLength(3), { timeout: 20_000 })
    await first.stop()
    await vi.waitFor(() => expect(second.assigned).toHaveLength(6), { timeout: 20_000 })
    feeding = false
    await fed
    expect(sumRecords(await drained()).sums).toMatchObject(expectedSums(rows))
    await expectExact(rows)
  })

  it('writes again what was written and not committed, and nobody sees the first', async () => {
    await publish(0, 3000)
    await crash('transactions', 2700)
    expect(sumRecords(await progress.read()).sums.inFlight).toBe(3000)
    expect(await sourcesOf(TOPICS.normal)).toEqual([])
    await publish(3000, 6000)
    await started(transactions())
    expect(sumRecords(await drained()).sums).toMatchObject(expectedSums(6000))
    await expectExact(6000)
  })

  it('takes over from a process that is paused in the middle of a transaction, and can finish it no more', async () => {
    await publish(0, 600)
    const zombie = await slotProcess({
      RADTUNE_PIPELINE_DELIVERY: 'transactions',
      RADTUNE_PIPELINE_COMMIT_INTERVAL: '60s',
    })
    await vi.waitFor(() => expect(zombie.said()).toContain('sent 540'), { timeout: 20_000, interval: 5 })
    zombie.child.kill('SIGSTOP')
    await started(transactions())
    expect(sumRecords(await drained()).sums).toMatchObject(expectedSums(600))
    zombie.child.kill('SIGCONT')
    await vi.waitFor(() => expect(zombie.said()).toContain('failed: the group has removed this slot'), {
      timeout: 20_000,
    })
    await publish(600, 1200)
    expect(sumRecords(await drained()).sums).toMatchObject(expectedSums(1200))
    await expectExact(1200)
  })

  it('stays exact when the delivery is changed and changed back, with a crash under each', async () => {
    await publish(0, 600)
    await crash('at-least-once', 540)
    await publish(600, 1200)
    // 540 of them are in the outputs already.
    await crash('transactions', 540)
    await crash('at-least-once', 540)
    const first = await started(transactions())
    expect(sumRecords(await drained()).sums).toMatchObject(expectedSums(1200))
    await first.stop()
    await publish(1200, 1800)
    await crash('transactions', 540)
    await started(newSlot())
    expect(sumRecords(await drained()).sums).toMatchObject(expectedSums(1800))
    await expectExact(1800)
  })
})

import { expect, test } from 'vitest'
import { createStageTimes } from '../stages/index.ts'
import type { Slot } from './slot.ts'
import { createSlotMeter } from './slot-meter.ts'

test('what is read again after a start is neither throughput nor lag', () => {
  const meter = createSlotMeter({
    slot: 0,
    maxPartitionFetchBytes: 65_536,
    stages: createStageTimes(),
    now: () => performance.now(),
  })
  // Of the partition 4,000 records were committed before this slot began to read them again.
  const partition = { partition: 3, end: 5000, next: 1000, committedAtStart: 4000 }
  const slot = {
    assigned: [3],
    partitions: new Map([[3, partition]]),
    accumulator: { counts: { batches: 0, records: 0, bytes: 0, filled: 0, queuedBytes: 0 } },
    lastCommitAt: undefined,
  } as unknown as Slot
  meter.onFetched({ count: 1000, bytes: 60_000 } as never)
  const refilling = meter.sample(slot)
  expect(refilling.recordsPerSecond).toBe(0)
  expect(refilling.fetch.records).toBeGreaterThan(0)
  expect(refilling.lag).toEqual({ 3: 1000 })
  meter.onDecided({ kind: 'duplicate' }, undefined, 0)
  expect(meter.sample(slot).recordsPerSecond).toBeGreaterThan(0)
  meter.stop()
})

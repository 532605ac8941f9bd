import type { Pins } from './pins.ts'
import type { WorkerCapacity } from './worker-capacity.ts'

/** Slots and partitions of a plan: slots divide partitions, so that every slot has as many partitions as the next. */
export interface SlotPlan {
  /** Slots of each worker. */
  slots: number[]
  partitions: number
  /** What both would be without a pin on them. */
  derivedSlots: number
  derivedPartitions: number
  slotsSentence: string
  partitionsSentence: string
  /** Set when the pins contradict each other. */
  problem?: string
}

/** Settles slots and partitions from what the workers carry and from the pins on either. */
export function planSlots(capacity: WorkerCapacity, pins: Pins): SlotPlan {
  const slotsPin = pins.get('pipeline.parallelism')?.value
  const partitionsPin = pins.get('topics.radiation-data.partitions')?.value
  const derivedSlots =
    partitionsPin === undefined ? capacity.slots : largestDivisor(partitionsPin, capacity.slots)
  const total = slotsPin ?? derivedSlots
  const derivedPartitions = slotsPin === undefined || slotsPin === 0 ? capacity.slots : slotsPin
  const partitions = partitionsPin ?? derivedPartitions
  const workers = capacity.count
  return {
    slots: spread(total, workers),
    partitions,
    derivedSlots,
    derivedPartitions,
    slotsSentence: `${total} slots over ${workers} ${workers === 1 ? 'worker' : 'workers'}, ${whySlots({ total, partitions, carried: capacity.slots, pinned: slotsPin !== undefined })}`,
    partitionsSentence: `${partitions}: one for each of ${partitions} slots`,
    ...(total > 0 && partitions % total !== 0 ? { problem: indivisible(partitions, total) } : {}),
  }
}

/** The largest number up to `limit` that divides `count`; at least 1. */
export function largestDivisor(count: number, limit: number): number {
  for (let divisor = Math.min(count, limit); divisor > 1; divisor--) if (count % divisor === 0) return divisor
  return 1
}

function whySlots({
  total,
  partitions,
  carried,
  pinned,
}: {
  total: number
  partitions: number
  carried: number
  pinned: boolean
}): string {
  if (pinned) return 'as pinned by pipeline.parallelism'
  if (total === carried) return '3 for every 2 CPUs'
  return `the largest divisor of ${partitions} partitions up to the ${carried} that the machine carries; ${carried} or ${2 * carried} partitions would use them all`
}

function indivisible(partitions: number, slots: number): string {
  const lower = largestDivisor(partitions, slots)
  const higher = Math.ceil(partitions / slots) * slots
  return `${slots} slots do not divide ${partitions} partitions: some slots would have more of them than others. ${lower} slots or ${higher} partitions do.`
}

function spread(total: number, workers: number): number[] {
  const least = Math.floor(total / workers)
  return Array.from({ length: workers }, (_, index) => least + (index < total % workers ? 1 : 0))
}

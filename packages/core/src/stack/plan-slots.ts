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
  const derivedPartitions = partitionsBeside(slotsPin, capacity.slots)
  const partitions = partitionsPin ?? derivedPartitions
  const workers = capacity.count
  return {
    slots: shareSlots(total, workers),
    partitions,
    derivedSlots,
    derivedPartitions,
    slotsSentence: `${total} slots over ${workers} ${workers === 1 ? 'worker' : 'workers'}, ${whySlots({ total, partitions, carried: capacity.slots, pinned: slotsPin !== undefined })}`,
    partitionsSentence: `${derivedPartitions}: one for each of ${derivedPartitions} slots${derivedPartitions === total ? '' : ' that the machine carries'}`,
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

/** Partitions outlive a change of slots: a pinned number that divides those of the machine shares them out, another gets its own. */
function partitionsBeside(pinned: number | undefined, carried: number): number {
  return pinned === undefined || pinned === 0 || carried % pinned === 0 ? carried : pinned
}

/** Shares slots out over workers, the first ones getting what is left over: 7 over 3 is 3, 2, 2. */
export function shareSlots(total: number, workers: number): number[] {
  const least = Math.floor(total / workers)
  return Array.from({ length: workers }, (_, index) => least + (index < total % workers ? 1 : 0))
}

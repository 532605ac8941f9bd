import { MIB } from '../units/index.ts'
import type { Pins } from './pins.ts'
import { workerRules } from './service-rules.ts'
import { reserve } from './size-single-service.ts'
import { withPin } from './sized.ts'
import type { Reason, ServiceSpec } from './stack-spec.ts'
import { type WorkerCapacity, workerHeap } from './worker-capacity.ts'

/** Makes the workers of a plan; `slots` says how many each has. */
export function sizeWorkers({
  capacity,
  slots,
  slotsReason,
  pins,
}: {
  capacity: WorkerCapacity
  slots: readonly number[]
  slotsReason: string
  pins: Pins
}): ServiceSpec[] {
  return slots.map((own, index) => {
    const name = `worker-${index + 1}`
    const memory = withPin(capacity.memory, pins.getFor(name, 'worker.memory'))
    const cpus = withPin(capacity.cpus, pins.getFor(name, 'worker.cpus'))
    const heap = withPin(workerHeap(memory.value), pins.getFor(name, 'worker.heap'))
    const reserved = reserve({ memoryBytes: memory.value, cpus: cpus.value }, workerRules)
    const slotReason: Reason = { of: 'slots', rule: 'slots-spread', sentence: `${own}: ${slotsReason}` }
    return {
      name,
      role: 'worker',
      memoryBytes: memory.value,
      cpus: cpus.value,
      ...reserved.amounts,
      heapBytes: heap.value,
      slots: own,
      reasons: [memory.reason, cpus.reason, heap.reason, slotReason, ...reserved.reasons],
    }
  })
}

/**
 * What V8 adds to the limit of a slot's heap for its young generation: one and a half times its size, and slots have 16 MiB of it. A
 * slot ends when the rest, its old generation, is full. Source: measured, Node 24.
 */
export const slotYoungBytes = 24 * MIB

/**
 * Shares the heap of a worker out: a quarter to the main thread (at most 128 MiB), the rest in equal parts to its slots.
 * A V8 heap is per thread, so each needs its own limit. With 0 slots all of it is the main thread's.
 */
export function splitWorkerHeap(heapBytes: number, slots: number): { mainBytes: number; slotBytes: number } {
  if (slots === 0) return { mainBytes: heapBytes, slotBytes: 0 }
  const mainBytes = Math.min(workerRules.mainHeapBytes, Math.floor(heapBytes / 4))
  return { mainBytes, slotBytes: Math.floor((heapBytes - mainBytes) / slots) }
}

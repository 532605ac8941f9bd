import { GIB, MIB } from '../units/index.ts'
import type { Role } from './stack-spec.ts'

/** A part of the machine, as a fraction so that the arithmetic is exact. */
type Share = readonly [parts: number, of: number]

/** How a service that exists once is sized: a share of the machine between a floor and a cap. */
export interface SingleServiceRule {
  /** Memory limit; floor and cap in tenths of a GiB. */
  memory: { share: Share; floorTenths: number; capTenths: number }
  /** CPU limit; floor and cap in CPUs. */
  cpus: { share: Share; floor: number; cap: number }
  /** Part of the limit that is reserved. */
  reservedMemory: Share
  reservedCpus: Share
  /** Heap: a part of the limit that leaves at least so many bytes to the rest of the process, up to a cap. */
  heap: { share: Share; outsideBytes: number; capBytes: number }
  /** What the part of memory outside the heap is for, to end a sentence with. */
  outside: string
}

/**
 * The rules of the services that exist once. Shares and reservations are those of the reference configuration (4 CPUs,
 * 8 GB): kafka 1.0 GB and 0.5 CPU, backend 0.5 GB and 0.3, provider and frontend 0.3 GB and 0.2. Floors keep them alive
 * on smaller machines: measured, a broker is resident with its heap and 180 MB, a Node process with a Kafka client with
 * its heap and 60 to 90 MB, and below half a CPU the broker is throttled most of the time.
 */
export const singleServiceRules: Readonly<Record<Exclude<Role, 'worker'>, SingleServiceRule>> = {
  kafka: {
    memory: { share: [1, 8], floorTenths: 5, capTenths: 320 },
    cpus: { share: [1, 8], floor: 0.5, cap: 8 },
    reservedMemory: [1, 2],
    reservedCpus: [3, 5],
    heap: { share: [1, 2], outsideBytes: 180 * MIB, capBytes: 4 * GIB },
    outside: 'the rest is the page cache, and 180 MiB of it the Java process itself',
  },
  backend: {
    memory: { share: [1, 16], floorTenths: 3, capTenths: 20 },
    cpus: { share: [3, 40], floor: 0.2, cap: 2 },
    reservedMemory: [3, 5],
    reservedCpus: [2, 3],
    heap: { share: [3, 4], outsideBytes: 96 * MIB, capBytes: 2 * GIB },
    outside: 'the rest is for sockets and buffers',
  },
  provider: {
    memory: { share: [3, 80], floorTenths: 2, capTenths: 10 },
    cpus: { share: [1, 20], floor: 0.15, cap: 2 },
    reservedMemory: [1, 3],
    reservedCpus: [1, 2],
    heap: { share: [3, 4], outsideBytes: 96 * MIB, capBytes: 2 * GIB },
    outside: 'the rest is for file and producer buffers',
  },
  frontend: {
    memory: { share: [3, 80], floorTenths: 2, capTenths: 5 },
    cpus: { share: [1, 20], floor: 0.1, cap: 0.5 },
    reservedMemory: [1, 3],
    reservedCpus: [1, 2],
    heap: { share: [3, 4], outsideBytes: 96 * MIB, capBytes: GIB },
    outside: 'the rest is for sockets and buffers',
  },
}

/**
 * The rules of the workers. The unit is the TaskManager of the reference configuration: 3 slots, 1.5 CPUs, 2 GB, for
 * every 2 CPUs and every 4 GB of the machine. Past eight processes they grow instead: more processes would only be more
 * to watch.
 */
export const workerRules = {
  cpusPerWorker: 2,
  slotsPerUnit: 3,
  cpusPerSlot: 0.5,
  unitTenths: 20,
  /** All workers together: this part of the machine's memory. */
  memoryShare: [1, 2] satisfies Share,
  maxWorkers: 8,
  maxSlotsPerWorker: 32,
  /** A worker needs this much for itself and for each slot: measured, 235 MB for a busy slot with a small heap. */
  floorTenths: 3,
  floorTenthsPerSlot: 1,
  /** Half of what a slot of the reference has. */
  floorCpusPerSlot: 0.25,
  reservedMemory: [3, 4] satisfies Share,
  reservedCpus: [2, 3] satisfies Share,
  heap: { share: [3, 4] satisfies Share, outsideBytes: 192 * MIB },
  /** Of the heap for the main thread: a quarter, at most this. The slots share the rest. */
  mainHeapBytes: 128 * MIB,
  floorSlotHeapBytes: 64 * MIB,
} as const

/** CPU limits of all services may add up to so many times the machine's CPUs: not all of them are busy at once. */
export const maxCpuOvercommit = 1.25

/** `12.5 %` of `[1, 8]`. */
export function printShare([parts, of]: Share): string {
  return `${Number(((100 * parts) / of).toFixed(2))} %`
}

export function shareOf(amount: number, [parts, of]: Share): number {
  return (amount * parts) / of
}

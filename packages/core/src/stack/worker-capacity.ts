import { formatCpus, formatGibibytes } from '../units/index.ts'
import {
  bytesOfTenths,
  clamp,
  cpusRoundedDown,
  sumCpus,
  tenthsCovering,
  tenthsWithin,
  thousandths,
} from './amounts.ts'
import type { Pins } from './pins.ts'
import { maxCpuOvercommit, printShare, shareOf, workerRules } from './service-rules.ts'
import { heapFor, type Sized } from './sized.ts'
import type { Reason, ServiceSpec } from './stack-spec.ts'
import { usableMemoryBytes } from './usable-memory.ts'

/** What the machine has room for: the number of workers, and of each its limits and at most how many slots. */
export interface WorkerCapacity {
  count: number
  /** What the count would be without a pin on it, and why. */
  derivedCount: Sized
  /** Slots over all workers that the machine carries. */
  slots: number
  memory: Sized
  cpus: Sized
  /** Heap of a worker whose memory is not pinned on its own. */
  heap: Sized
}

/**
 * Finds how many workers the machine carries beside the other services, and how large: a unit of 3 slots, 1.5 CPUs and
 * up to 2 GiB for every 2 CPUs, as many units as the memory left over holds; past eight workers they grow instead.
 * A pinned number of workers shares out the same totals.
 */
export function planWorkerCapacity({
  machine,
  others,
  pins,
}: {
  machine: { cpus: number; memoryBytes: number }
  others: readonly ServiceSpec[]
  pins: Pins
}): WorkerCapacity {
  const pool = findPool(machine.memoryBytes, others)
  const { derivedCount, slots, unitTenths, memoryTenths } = countUnits(machine.cpus, pool.tenths)
  const count = pins.get('worker.count')?.value ?? derivedCount.value
  const memoryBytes = bytesOfTenths(Math.floor(memoryTenths / count))
  const unit = `${formatGibibytes(bytesOfTenths(unitTenths))} for 3 slots`
  return {
    count,
    derivedCount,
    slots,
    memory: {
      value: memoryBytes,
      reason: {
        of: 'memoryBytes',
        rule: 'worker-memory',
        sentence: `${formatGibibytes(memoryBytes)}: ${unit}, from ${pool.sentence}`,
      },
    },
    cpus: shareCpus({ machineCpus: machine.cpus, others, slots, count }),
    heap: workerHeap(pins.get('worker.memory')?.value ?? memoryBytes),
  }
}

/** Heap of a worker within its memory limit. */
export function workerHeap(memoryBytes: number): Sized {
  const outside = 'the rest is for the buffers of its slots and the process itself'
  return heapFor(memoryBytes, { ...workerRules.heap, outside })
}

/** Memory of all workers: half of the machine's, or what the other services leave of the usable part if that is less. */
function findPool(
  machineBytes: number,
  others: readonly ServiceSpec[],
): { tenths: number; sentence: string } {
  const usableTenths = tenthsWithin(usableMemoryBytes(machineBytes))
  const othersTenths = others.reduce((sum, service) => sum + tenthsCovering(service.memoryBytes), 0)
  const leftTenths = usableTenths - othersTenths
  const shareTenths = tenthsWithin(shareOf(machineBytes, workerRules.memoryShare))
  const tenths = Math.max(0, Math.min(shareTenths, leftTenths))
  const why =
    leftTenths < shareTenths
      ? `what the other services leave of ${formatGibibytes(bytesOfTenths(usableTenths))} usable`
      : `${printShare(workerRules.memoryShare)} of ${formatGibibytes(machineBytes)}`
  return { tenths, sentence: `${formatGibibytes(bytesOfTenths(tenths))} for all workers (${why})` }
}

interface Units {
  derivedCount: Sized
  slots: number
  /** Memory of 3 slots, and of all workers, in tenths of a GiB. */
  unitTenths: number
  memoryTenths: number
}

function countUnits(machineCpus: number, poolTenths: number): Units {
  const { slotsPerUnit, maxWorkers } = workerRules
  const floorTenths = workerRules.floorTenths + workerRules.floorTenthsPerSlot * slotsPerUnit
  // Two units share the pool until each is as large as the reference; then there are more of them. So a machine that
  // gets more memory has larger or more workers, and never smaller ones.
  const unitTenths = clamp(Math.floor(poolTenths / 2), floorTenths, workerRules.unitTenths)
  const unitsByCpu = Math.max(1, Math.floor(machineCpus / workerRules.cpusPerWorker))
  const unitsByMemory = Math.max(1, Math.floor(poolTenths / unitTenths))
  const units = Math.min(unitsByCpu, unitsByMemory)
  const count = Math.min(units, maxWorkers)
  const slotsEach = Math.min(Math.floor((slotsPerUnit * units) / count), workerRules.maxSlotsPerWorker)
  const limit =
    unitsByMemory < unitsByCpu
      ? 'as many as the memory holds'
      : `one for every ${workerRules.cpusPerWorker} of ${formatCpus(machineCpus)} CPUs`
  const sentence =
    units > count
      ? `${count}: room for ${units} units of ${slotsPerUnit} slots (${limit}), as ${count} larger workers`
      : `${count}: ${limit}`
  const reason: Reason = { of: 'worker.count', rule: 'worker-units', sentence }
  return {
    derivedCount: { value: count, reason },
    slots: slotsEach * count,
    unitTenths,
    memoryTenths: Math.floor((unitTenths * slotsEach) / slotsPerUnit) * count,
  }
}

function shareCpus({
  machineCpus,
  others,
  slots,
  count,
}: {
  machineCpus: number
  others: readonly ServiceSpec[]
  slots: number
  count: number
}): Sized {
  const othersMilli = thousandths(sumCpus(others.map(({ cpus }) => cpus)))
  const spareMilli = maxCpuOvercommit * thousandths(machineCpus) - othersMilli
  const fullMilli = thousandths(workerRules.cpusPerSlot) * slots
  const value = Math.max(0, cpusRoundedDown(Math.min(fullMilli, spareMilli) / count))
  const full = `${workerRules.cpusPerSlot} CPU for each of ${slots} slots over ${count} ${count === 1 ? 'worker' : 'workers'}`
  const sentence =
    spareMilli < fullMilli
      ? `${formatCpus(value)} CPU: what the other services leave of ${maxCpuOvercommit} × ${formatCpus(machineCpus)} CPUs; ${full} would be more`
      : `${formatCpus(value)} CPU: ${full}`
  return { value, reason: { of: 'cpus', rule: 'worker-cpu', sentence } }
}

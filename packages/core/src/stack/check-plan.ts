import { formatBytes, formatCpus, formatGibibytes, GIB, MIB } from '../units/index.ts'
import { bytesOfTenths } from './amounts.ts'
import type { Pins } from './pins.ts'
import { maxCpuOvercommit, singleServiceRules, workerRules } from './service-rules.ts'
import { splitWorkerHeap } from './size-workers.ts'
import type { ServiceSpec, StackSpec } from './stack-spec.ts'
import { neededMemoryBytes } from './usable-memory.ts'

/**
 * Says in sentences what is impossible about a plan; an empty list is a plan that holds. Memory floors bind pins too,
 * since a service below them dies; CPU floors bind derived numbers only, since a service below them is merely slow.
 */
export function checkPlan(spec: StackSpec, pins: Pins): string[] {
  return [
    ...checkTotals(spec),
    ...spec.services.flatMap((service) => [
      ...checkMemory(service),
      ...checkHeap(service),
      ...checkCpus(service, pins),
    ]),
    ...checkUnknownServices(spec, pins),
    ...checkBuffers(spec),
    ...checkThresholds(spec),
    ...checkDelivery(spec),
    ...checkDisk(spec),
  ]
}

/** The smallest machine on which every service has its floor. */
export function minimumMachine(): {
  cpus: number
  memoryBytes: number
  text: string
  /** Whole gigabytes of a machine that is at least as large as this and as `memoryBytes`. */
  wholeGigabytes: (memoryBytes: number) => number
} {
  const slots = workerRules.slotsPerUnit
  const rules = Object.values(singleServiceRules)
  const tenths = rules.reduce((sum, { memory }) => sum + memory.floorTenths, workerFloorTenths(slots))
  const cpus = rules.reduce((sum, rule) => sum + rule.cpus.floor, workerRules.floorCpusPerSlot * slots)
  const need = {
    cpus: Math.ceil((10 * cpus) / maxCpuOvercommit) / 10,
    memoryBytes: neededMemoryBytes(bytesOfTenths(tenths)),
  }
  return {
    ...need,
    text: `${formatCpus(need.cpus)} CPUs and ${formatGibibytes(need.memoryBytes)} of memory (${formatGibibytes(bytesOfTenths(tenths))} for the services)`,
    wholeGigabytes: (memoryBytes) => Math.ceil(Math.max(need.memoryBytes, memoryBytes) / GIB),
  }
}

function workerFloorTenths(slots: number): number {
  return workerRules.floorTenths + workerRules.floorTenthsPerSlot * slots
}

function checkTotals({ totals, machine }: StackSpec): string[] {
  const problems: string[] = []
  if (totals.memoryBytes > machine.usableMemoryBytes)
    problems.push(
      `The memory limits add up to ${exactly(totals.memoryBytes, machine.usableMemoryBytes)}, and of ${formatBytes(machine.memoryBytes)} only ${formatBytes(machine.usableMemoryBytes)} are usable.`,
    )
  const maxCpus = maxCpuOvercommit * machine.cpus
  if (totals.cpus > maxCpus)
    problems.push(
      `The CPU limits add up to ${formatCpus(totals.cpus)}, more than ${maxCpuOvercommit} × ${formatCpus(machine.cpus)} CPUs.`,
    )
  if (totals.reservedCpus > machine.cpus)
    problems.push(
      `The CPU reservations add up to ${formatCpus(totals.reservedCpus)}, and there are ${formatCpus(machine.cpus)} CPUs.`,
    )
  return problems
}

function checkMemory({ name, role, memoryBytes, slots = 0 }: ServiceSpec): string[] {
  const floorTenths =
    role === 'worker' ? workerFloorTenths(slots) : singleServiceRules[role].memory.floorTenths
  const floorBytes = bytesOfTenths(floorTenths)
  const whom = role === 'worker' ? `${name} with ${slots} slots` : name
  return memoryBytes < floorBytes
    ? [
        `${whom} needs at least ${formatGibibytes(floorBytes)}, and would get ${formatBytes(Math.max(0, memoryBytes))}.`,
      ]
    : []
}

function checkHeap({ name, role, memoryBytes, heapBytes = 0, slots = 0 }: ServiceSpec): string[] {
  const { outsideBytes } = role === 'worker' ? workerRules.heap : singleServiceRules[role].heap
  if (heapBytes + outsideBytes > memoryBytes)
    return [
      `A heap of ${formatBytes(Math.max(0, heapBytes))} does not fit in the ${formatBytes(memoryBytes)} of ${name}: the rest of the process takes ${formatBytes(outsideBytes)}.`,
    ]
  const { slotBytes } = splitWorkerHeap(heapBytes, slots)
  return slots > 0 && slotBytes < workerRules.floorSlotHeapBytes
    ? [
        `${slots} slots of ${name} would have ${formatBytes(slotBytes)} of heap each, and need ${formatBytes(workerRules.floorSlotHeapBytes)}.`,
      ]
    : []
}

function checkCpus({ name, role, cpus, slots = 0 }: ServiceSpec, pins: Pins): string[] {
  if (role !== 'worker' || pins.getFor(name, 'worker.cpus') !== undefined) return []
  const floor = workerRules.floorCpusPerSlot * slots
  return cpus < floor
    ? [
        `${name} with ${slots} slots needs at least ${formatCpus(floor)} CPU, and would get ${formatCpus(cpus)}.`,
      ]
    : []
}

function checkUnknownServices({ services }: StackSpec, pins: Pins): string[] {
  const unknown = pins.all.flatMap(({ service }) =>
    service !== undefined && !services.some(({ name }) => name === service) ? [service] : [],
  )
  return [...new Set(unknown)].map(
    (name) => `There is no ${name}: the services are ${services.map((service) => service.name).join(', ')}.`,
  )
}

function checkBuffers({ services, settings }: StackSpec): string[] {
  return services.flatMap(({ name, role, memoryBytes, slots = 0 }) => {
    const bufferBytes =
      role === 'worker'
        ? settings['producer.bufferMemory'].value * slots
        : role === 'provider'
          ? settings['provider.producer.bufferMemory'].value
          : 0
    return bufferBytes > memoryBytes / 2
      ? [
          `The producer buffers of ${name} may hold ${formatBytes(bufferBytes)}, more than half of its ${formatBytes(memoryBytes)}.`,
        ]
      : []
  })
}

function checkThresholds({ settings }: StackSpec): string[] {
  const [moderate, high, critical, max] = (
    ['thresholds.moderate', 'thresholds.high', 'thresholds.critical', 'rules.maxCpm'] as const
  ).map((key) => settings[key].value) as [number, number, number, number]
  return moderate <= high && high <= critical && critical <= max
    ? []
    : [
        `The thresholds must not fall from one to the next: moderate ${moderate}, high ${high}, critical ${critical}, largest plausible ${max} CPM.`,
      ]
}

function checkDelivery({ settings }: StackSpec): string[] {
  const [delivery, driver] = [settings['pipeline.delivery'].value, settings['pipeline.driver'].value]
  return delivery === 'transactions' && driver !== 'hybrid'
    ? [
        `pipeline.delivery transactions needs pipeline.driver hybrid, which writes its requests itself; the driver is ${driver}.`,
      ]
    : []
}

function checkDisk({ settings }: StackSpec): string[] {
  const { value, origin } = settings['topics.retentionBytes']
  return origin === 'derived' && value < 16 * MIB
    ? [
        `The disk allowance leaves each of ${settings['topics.radiation-data.partitions'].value} partitions no room beside its open segment; give topics.retentionBytes or fewer partitions.`,
      ]
    : []
}

/** Rounded sums may read the same on both sides of "more than": then the bytes are printed. */
function exactly(bytes: number, other: number): string {
  return formatBytes(bytes) === formatBytes(other) ? `${bytes} bytes` : formatBytes(bytes)
}

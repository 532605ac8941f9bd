import { type DiskLedger, diskLedger } from './ledger-disk.ts'
import { singleServiceRules, workerRules } from './service-rules.ts'
import { type Shrunk, shrunkNumbers } from './shrunk-numbers.ts'
import type { Role, ServiceSpec, StackSpec } from './stack-spec.ts'

/** One service of the ledger: what its memory limit holds, and what it carries. */
export interface LedgerRow {
  service: string
  role: Role
  memoryBytes: number
  reservedMemoryBytes: number
  cpus: number
  reservedCpus: number
  heapBytes: number
  /** All of the limit that is not heap. */
  outsideHeapBytes: number
  /** Of that: what the process itself takes, as measured. */
  processBytes: number
  /** Of that, what is left over: page cache for the broker, buffers and a margin for the others. */
  pageCacheBytes: number
  spareBytes: number
  /** The most that its producers may hold; part of what is outside of the heap. */
  bufferBytes: number
  /** Workers only. */
  slots?: number
  /** Partitions of the input that it reads or, the broker, of the data topics that it holds. */
  partitions?: number
}

/** The sums of a plan against its machine. */
export interface LedgerSums {
  memoryBytes: number
  usableMemoryBytes: number
  /** Usable and not limited to any service. */
  freeMemoryBytes: number
  /** Kept for the system. */
  systemMemoryBytes: number
  heapBytes: number
  pageCacheBytes: number
  reservedMemoryBytes: number
  cpus: number
  machineCpus: number
  cpuOvercommit: number
  maxCpuOvercommit: number
  reservedCpus: number
  slots: number
}

/** The whole ledger of a plan. All of it follows from the StackSpec. */
export interface Ledger {
  services: readonly LedgerRow[]
  sums: LedgerSums
  disk: DiskLedger
  /** Numbers that are less than the rules would give where there is room, and why. */
  shrunk: readonly Shrunk[]
}

/** Draws up the ledger of a plan: each service, the sums against the machine, the disk, and what had to be smaller. */
export function planLedger(spec: StackSpec): Ledger {
  const services = spec.services.map((service) => ledgerRow(service, spec))
  const disk = diskLedger(spec)
  return { services, sums: sumUp(services, spec), disk, shrunk: shrunkNumbers(spec, disk) }
}

function ledgerRow(service: ServiceSpec, spec: StackSpec): LedgerRow {
  const { name, role, memoryBytes, heapBytes = 0, slots } = service
  const outsideHeapBytes = memoryBytes - heapBytes
  const processBytes = Math.min(outsideHeapBytes, processBytesOf(role))
  const left = outsideHeapBytes - processBytes
  const partitions = partitionsOf(service, spec)
  return {
    service: name,
    role,
    memoryBytes,
    reservedMemoryBytes: service.reservedMemoryBytes,
    cpus: service.cpus,
    reservedCpus: service.reservedCpus,
    heapBytes,
    outsideHeapBytes,
    processBytes,
    pageCacheBytes: role === 'kafka' ? left : 0,
    spareBytes: role === 'kafka' ? 0 : left,
    bufferBytes: bufferBytesOf(service, spec),
    ...(slots === undefined ? {} : { slots }),
    ...(partitions === undefined ? {} : { partitions }),
  }
}

function processBytesOf(role: Role): number {
  return role === 'worker' ? workerRules.heap.outsideBytes : singleServiceRules[role].heap.outsideBytes
}

function bufferBytesOf({ role, slots = 0 }: ServiceSpec, { settings }: StackSpec): number {
  switch (role) {
    case 'worker':
      return settings['producer.bufferMemory'].value * slots
    case 'provider':
      return settings['provider.producer.bufferMemory'].value
    case 'kafka':
    case 'backend':
    case 'frontend':
      return 0
  }
}

/** Slots divide the partitions, so every slot reads as many as the next. */
function partitionsOf({ role, slots = 0 }: ServiceSpec, { settings, topics }: StackSpec): number | undefined {
  switch (role) {
    case 'kafka':
      return topics.reduce((sum, { partitions }) => sum + partitions, 0)
    case 'worker': {
      const total = settings['pipeline.parallelism'].value
      return total === 0 ? 0 : (slots * settings['topics.radiation-data.partitions'].value) / total
    }
    case 'backend':
    case 'provider':
    case 'frontend':
      return undefined
  }
}

function sumUp(rows: readonly LedgerRow[], { machine, totals }: StackSpec): LedgerSums {
  const sum = (field: 'heapBytes' | 'pageCacheBytes') => rows.reduce((total, row) => total + row[field], 0)
  return {
    memoryBytes: totals.memoryBytes,
    usableMemoryBytes: machine.usableMemoryBytes,
    freeMemoryBytes: machine.usableMemoryBytes - totals.memoryBytes,
    systemMemoryBytes: machine.memoryBytes - machine.usableMemoryBytes,
    heapBytes: sum('heapBytes'),
    pageCacheBytes: sum('pageCacheBytes'),
    reservedMemoryBytes: totals.reservedMemoryBytes,
    cpus: totals.cpus,
    machineCpus: machine.cpus,
    cpuOvercommit: totals.cpuOvercommit,
    maxCpuOvercommit: totals.maxCpuOvercommit,
    reservedCpus: totals.reservedCpus,
    slots: rows.reduce((total, { slots = 0 }) => total + slots, 0),
  }
}

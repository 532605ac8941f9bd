import type { Ledger, LedgerRow, TopicDisk } from '@radtune/core/stack'
import { formatBytes, formatCount, formatCpus, formatDuration, GIB, MIB } from '@radtune/core/units'

/** A table in plain cells, which text and Markdown each draw their way. */
export interface LedgerTable {
  head: readonly string[]
  rows: readonly (readonly string[])[]
  total: readonly string[]
}

const NONE = '–'

/** Limits, reservations, heaps, slots and partitions of the services with their sums. */
export function serviceRows({ services, sums }: Ledger): LedgerTable {
  return {
    head: ['service', 'memory', 'heap', 'cpu', 'slots', 'partitions', 'reserved', 'cpu'],
    rows: services.map((row) => [
      row.service,
      cellBytes(row.memoryBytes),
      cellBytes(row.heapBytes),
      formatCpus(row.cpus),
      row.slots === undefined ? NONE : String(row.slots),
      row.partitions === undefined ? NONE : String(row.partitions),
      cellBytes(row.reservedMemoryBytes),
      formatCpus(row.reservedCpus),
    ]),
    total: [
      'total',
      cellBytes(sums.memoryBytes),
      cellBytes(sums.heapBytes),
      formatCpus(sums.cpus),
      String(sums.slots),
      '',
      cellBytes(sums.reservedMemoryBytes),
      formatCpus(sums.reservedCpus),
    ],
  }
}

/** What each memory limit holds: the heap, and outside of it the process, the page cache and what is spare. */
export function memoryRows({ services, sums }: Ledger): LedgerTable {
  const sum = (field: 'outsideHeapBytes' | 'processBytes' | 'spareBytes' | 'bufferBytes') =>
    cellBytes(services.reduce((total: number, row: LedgerRow) => total + row[field], 0))
  return {
    head: ['service', 'limit', 'heap', 'outside', 'process', 'page cache', 'spare', 'buffers ≤'],
    rows: services.map((row) => [
      row.service,
      cellBytes(row.memoryBytes),
      cellBytes(row.heapBytes),
      cellBytes(row.outsideHeapBytes),
      cellBytes(row.processBytes),
      cellBytes(row.pageCacheBytes),
      cellBytes(row.spareBytes),
      cellBytes(row.bufferBytes),
    ]),
    total: [
      'total',
      cellBytes(sums.memoryBytes),
      cellBytes(sums.heapBytes),
      sum('outsideHeapBytes'),
      sum('processBytes'),
      cellBytes(sums.pageCacheBytes),
      sum('spareBytes'),
      sum('bufferBytes'),
    ],
  }
}

/** What each topic holds on disk at most, and at the rates of the workload; with how long a record lives there. */
export function diskRows({ disk }: Ledger): LedgerTable {
  return {
    head: [
      'topic',
      'partitions',
      'at most',
      ...disk.atRates.map(({ perSecond }) => `at ${formatCount(perSecond)}/s`),
    ],
    rows: disk.topics.map((topic) => [
      topic.topic,
      String(topic.partitions),
      cellBytes(topic.capBytes),
      ...disk.atRates.map((_, index) => heldAtRate(topic, index)),
    ]),
    total: [
      'total',
      String(disk.topics.reduce((sum, { partitions }) => sum + partitions, 0)),
      cellBytes(disk.topics.reduce((sum, { capBytes }) => sum + capBytes, 0)),
      ...disk.atRates.map(({ bytes }) => cellBytes(bytes)),
    ],
  }
}

function heldAtRate({ atRates }: TopicDisk, index: number): string {
  const held = atRates[index]
  return held === undefined ? NONE : `${cellBytes(held.bytes)}, ${roughly(held.keptMs)}`
}

/** Hours need no seconds, days no minutes. */
function roughly(ms: number): string {
  const unit = ms < 600_000 ? 1000 : 60_000
  return formatDuration(Math.round(ms / unit) * unit)
}

/** Below a GiB in whole MiB: columns of limits are compared, not added up by the reader. */
function cellBytes(bytes: number): string {
  if (bytes === 0) return NONE
  if (bytes < MIB) return '< 1 MiB'
  return bytes < 0.95 * GIB ? `${Math.round(bytes / MIB)} MiB` : formatBytes(bytes)
}

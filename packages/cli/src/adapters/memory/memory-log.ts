import { type KafkaSnapshot, known } from '@radtune/core/metrics'
import type { LoggedRecord, LogPart, LogPlace } from '../../ports/broker.ts'

/** The partitions of each topic by number, and the committed offset of each input partition. */
export interface MemoryLog {
  topics: Record<string, MemoryPartition[]>
  committed: (number | null)[]
}

/** Records in the order of their offsets, which may leave some out; `low` is the first offset that retention has left. */
export interface MemoryPartition {
  low: number
  records: LoggedRecord[]
}

/** As many records as come in one batch. */
const BATCH_RECORDS = 3

export function readMemoryLog(log: MemoryLog | undefined, { topic, partition, from }: LogPlace): LogPart {
  const held = log?.topics[topic]?.[partition]
  if (!held) throw new Error(`${topic} has no partition ${partition} that a broker leads`)
  if (from < held.low || from > endOf(held))
    throw new Error('The requested offset is not within the range of offsets')
  const records = held.records.filter(({ offset }) => offset >= from).slice(0, BATCH_RECORDS)
  return { records, next: (records.at(-1)?.offset ?? from - 1) + 1 }
}

export function snapshotOfLog(
  { topics, committed }: MemoryLog,
  at: number,
): Pick<KafkaSnapshot, 'topics' | 'commits'> {
  return {
    topics: known(
      Object.entries(topics).map(([topic, partitions]) => ({
        topic,
        partitions: partitions.map((held, partition) => ({ partition, low: held.low, end: endOf(held) })),
      })),
      at,
    ),
    commits: known(
      committed.map((offset, partition) => ({ partition, committed: offset, counters: null })),
      at,
    ),
  }
}

function endOf({ low, records }: MemoryPartition): number {
  return (records.at(-1)?.offset ?? low - 1) + 1
}

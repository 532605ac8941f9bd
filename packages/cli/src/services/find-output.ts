import { HEADERS } from '@radtune/core/contract'
import type { Broker, LoggedRecord } from '../ports/broker.ts'

/** The log of one output partition: the offsets from `low` to before `end`. */
export interface OutputLog {
  topic: string
  partition: number
  low: number
  end: number
}

export type FoundOutput =
  | { kind: 'found'; record: LoggedRecord }
  /** It is not there and never was. */
  | { kind: 'none' }
  /** It is not there, but the log has lost its beginning, in which it may have been. */
  | { kind: 'lost' }

/** A record that a worker wrote, with the offset of the input record that it comes from. */
interface Sourced {
  record: LoggedRecord
  source: number
}

/**
 * Finds the record of an output that comes from input offset `source` of the same partition. Outputs are in the order of their
 * input, so this halves the log with each read; a million records take some fifteen reads.
 */
export async function findOutput(broker: Broker, log: OutputLog, source: number): Promise<FoundOutput> {
  let { low, end } = log
  let earlier = log.low === 0
  while (low < end) {
    const middle = low + Math.floor((end - low) / 2)
    const part = await readSourced(broker, log, { from: middle, end })
    const first = part[0]
    const last = part.at(-1)
    if (!first || !last || first.source > source) {
      end = middle
      continue
    }
    earlier = true
    if (last.source < source) {
      low = last.record.offset + 1
      continue
    }
    const found = part.find((one) => one.source === source)
    return found ? { kind: 'found', record: found.record } : { kind: 'none' }
  }
  return { kind: earlier ? 'none' : 'lost' }
}

/** The first records from an offset on that a worker wrote; empty when there is none before `end`. */
async function readSourced(
  broker: Broker,
  { topic, partition }: OutputLog,
  { from, end }: { from: number; end: number },
): Promise<Sourced[]> {
  for (let next = from; next < end; ) {
    const part = await broker.readLog({ topic, partition, from: next })
    const sourced = part.records.flatMap((record) => {
      const source = sourceOf(record, partition)
      return source === undefined || record.offset >= end ? [] : [{ record, source }]
    })
    if (sourced.length > 0) return sourced
    if (part.next <= next) return []
    next = part.next
  }
  return []
}

function sourceOf({ headers }: LoggedRecord, partition: number): number | undefined {
  const [, from, offset] = /^(\d+):(\d+)$/.exec(headers.get(HEADERS.source) ?? '') ?? []
  return Number(from) === partition ? Number(offset) : undefined
}

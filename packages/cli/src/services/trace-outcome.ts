import {
  type DirtyRecord,
  LEVELS,
  OUTPUT_TOPICS,
  type OutputTopic,
  type ProcessedReading,
  REJECT_REASONS,
  TOPICS,
} from '@radtune/core/contract'
import type { Reading } from '@radtune/core/metrics'
import type { LoggedRecord } from '../ports/broker.ts'
import type { FoundOutput } from './find-output.ts'

/** Where a record of the input ended. */
export type TraceOutcome =
  | { kind: 'kept'; topic: OutputTopic; record: LoggedRecord; reading: ProcessedReading }
  | {
      kind: 'dirty'
      topic: OutputTopic
      record: LoggedRecord
      reject: Pick<DirtyRecord, 'reason' | 'detail'>
    }
  /** The workers are beyond it and no output holds it. */
  | { kind: 'duplicate' }
  /** No output holds it yet, and the workers have not committed an offset beyond it. */
  | { kind: 'waiting'; why: string }
  /** What became of it cannot be told. */
  | { kind: 'unknown'; why: string }

/**
 * Says where a record ended, from what the outputs hold of it and the offset that the workers had committed before the outputs
 * were searched, in their order until one holds it: they commit what they have written, so what is then in no output never will be.
 */
export function outcomeOf(
  offset: number,
  outputs: Readonly<Partial<Record<OutputTopic, FoundOutput>>>,
  committed: Reading<number | null>,
): TraceOutcome {
  for (const topic of OUTPUT_TOPICS) {
    const output = outputs[topic]
    if (output?.kind === 'found') return readOutput(topic, output.record)
  }
  const lost = OUTPUT_TOPICS.filter((topic) => outputs[topic]?.kind === 'lost')
  if (!committed.known) return { kind: 'unknown', why: `no output holds it, and ${committed.why}` }
  if (committed.value === null) return { kind: 'waiting', why: 'the workers have committed nothing yet' }
  if (committed.value <= offset)
    return { kind: 'waiting', why: `the workers have committed up to offset ${committed.value}` }
  if (lost.length > 0)
    return {
      kind: 'unknown',
      why: `it is a duplicate, or its output was deleted: the log of ${lost.join(' and ')} begins later`,
    }
  return { kind: 'duplicate' }
}

function readOutput(topic: OutputTopic, record: LoggedRecord): TraceOutcome {
  const value = parseValue(record.value)
  if (topic === TOPICS.dirty && isReject(value)) return { kind: 'dirty', topic, record, reject: value }
  if (topic !== TOPICS.dirty && isReading(value)) return { kind: 'kept', topic, record, reading: value }
  return {
    kind: 'unknown',
    why: `its record in ${topic}, offset ${record.offset}, is not what a worker writes`,
  }
}

function parseValue(value: Uint8Array | null): unknown {
  try {
    return value === null ? null : JSON.parse(new TextDecoder().decode(value))
  } catch {
    return null
  }
}

function isReject(value: unknown): value is Pick<DirtyRecord, 'reason' | 'detail'> {
  const { reason, detail } = (value ?? {}) as Partial<DirtyRecord>
  return reason !== undefined && REJECT_REASONS.includes(reason) && typeof detail === 'string'
}

function isReading(value: unknown): value is ProcessedReading {
  const { level, value: cpm, usvh } = (value ?? {}) as Partial<ProcessedReading>
  return level !== undefined && LEVELS.includes(level) && typeof cpm === 'number' && typeof usvh === 'number'
}

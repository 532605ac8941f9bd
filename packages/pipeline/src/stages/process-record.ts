import {
  type Level,
  type OutputTopic,
  type PartitionCounters,
  type RejectReason,
  TOPICS,
} from '@radtune/core/contract'
import { type DuplicateWindow, hashReading, type ReadingKey } from './deduplicate.ts'
import { type Dirty, dirty, type Judgement } from './judgement.ts'
import { parseRecord } from './parse-record.ts'
import type { RecordRules } from './record-rules.ts'
import { routeOf } from './route.ts'
import { dirtyValue, isTooLong, processedValue } from './serialise.ts'
import type { StageTimes } from './stage-times.ts'
import { validateRecord } from './validate-record.ts'

/** What the stages know of one input partition. */
export interface PartitionState {
  readonly window: DuplicateWindow
  readonly rules: RecordRules
  readonly stages?: StageTimes
}

/** A record of the input as the stages need it. */
export interface StageInput {
  offset: number
  /** The record's Kafka timestamp: "now" for the time rules. */
  timestampMs: number
  value: Uint8Array | null
}

/** The one place where a record ends. */
export type Outcome =
  | { kind: 'kept'; topic: OutputTopic; value: string; level: Level; critical: boolean }
  | { kind: 'dirty'; topic: OutputTopic; value: string; reason: RejectReason; detail: string }
  | { kind: 'duplicate' }

/**
 * Sends one record through all stages: parse, validate, deduplicate, classify, route, serialise. Records of a partition come
 * in the order of their offsets. With `refill` it only feeds the duplicate window, as after a restart, and answers
 * `duplicate` for all. Never throws: a stage that does sends the record to dirty with the reason `internal`.
 */
export function processRecord(state: PartitionState, record: StageInput, refill = false): Outcome {
  const times = !refill && state.stages?.begin() ? state.stages : undefined
  let judgement: Judgement
  try {
    const parsed = parseRecord(record.value)
    times?.lap('parse')
    judgement = 'fields' in parsed ? validateRecord(parsed.fields, record.timestampMs, state.rules) : parsed
    times?.lap('validate')
    if (judgement.kind === 'valid') {
      hashReading(judgement, key)
      const seen = state.window.seen(record.offset, key.high, key.low)
      times?.lap('deduplicate')
      if (seen) return DUPLICATE
    }
    if (refill) return DUPLICATE
    const topic = routeOf(judgement)
    times?.lap('route')
    if (judgement.kind === 'dirty') return dirtyOutcome(judgement, record.value, times)
    const { level, critical } = judgement
    const value = processedValue(judgement)
    times?.lap('serialise')
    if (isTooLong(value)) {
      const what = `the reading as ${Buffer.byteLength(value)} bytes of JSON is longer than an output takes`
      return dirtyOutcome(dirty('internal', what), record.value, undefined)
    }
    return { kind: 'kept', topic, value, level, critical }
  } catch (error) {
    if (refill) return DUPLICATE
    return dirtyOutcome(
      dirty('internal', error instanceof Error ? error.message : String(error)),
      record.value,
      undefined,
    )
  }
}

/** Counts an outcome in the counters that travel with the offsets. */
export function countOutcome(counters: PartitionCounters, outcome: Outcome): void {
  switch (outcome.kind) {
    case 'duplicate':
      counters.duplicates += 1
      return
    case 'dirty':
      counters.dirty[outcome.reason] += 1
      return
    case 'kept':
      counters[outcome.critical ? 'critical' : 'normal'] += 1
      counters.levels[outcome.level] += 1
  }
}

const DUPLICATE: Outcome = { kind: 'duplicate' }

/** One key at a time: the stages of a slot run one record after the other. */
const key: ReadingKey = { high: 0, low: 0 }

function dirtyOutcome(judgement: Dirty, received: Uint8Array | null, times: StageTimes | undefined): Outcome {
  const { reason, detail } = judgement
  const value = dirtyValue(judgement, received)
  times?.lap('serialise')
  return { kind: 'dirty', topic: TOPICS.dirty, value, reason, detail }
}

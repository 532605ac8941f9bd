import { HEADERS, TOPICS } from '@radtune/core/contract'
import type { LoggedRecord } from '../ports/broker.ts'
import type { TraceOutcome } from './trace-outcome.ts'

/** A moment on the way of a record, and how long after the known one before it. */
export interface TraceTime {
  /** `sent-at` and `processed-at` are headers; else it is Kafka's time of the record in this topic. */
  event: string
  /** Wall-clock milliseconds; undefined when nothing tells it. */
  at: number | undefined
  afterMs: number | undefined
}

/** The times of a record, in the order of its way, as far as it came. */
export function timesOf(input: LoggedRecord, outcome: TraceOutcome): TraceTime[] {
  const output = 'record' in outcome ? outcome : undefined
  const moments: [event: string, at: number | undefined][] = [
    [HEADERS.sentAt, readMillis(input.headers.get(HEADERS.sentAt))],
    [TOPICS.input, input.timestampMs],
    [HEADERS.processedAt, readMillis(output?.record.headers.get(HEADERS.processedAt))],
    [output?.topic ?? 'output', output?.record.timestampMs],
  ]
  let before: number | undefined
  return moments.map(([event, at]) => {
    const afterMs = at === undefined || before === undefined ? undefined : at - before
    before = at ?? before
    return { event, at, afterMs }
  })
}

/** The longest that a Date holds. */
const MAX_MILLIS = 8.64e15

function readMillis(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) && Number(text) <= MAX_MILLIS ? Number(text) : undefined
}

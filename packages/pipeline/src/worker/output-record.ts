import { HEADERS, type OutputTopic, TOPICS } from '@radtune/core/contract'
import type { InputRecord, OutputRecord } from '../kafka/index.ts'

/** Passed on as they came up to these lengths, else left out: anybody may write them, and the broker refuses long batches. */
const MAX_KEY_BYTES = 64 * 1024
const MAX_SENT_AT_BYTES = 32

/** When the provider handed the record over, as it says; undefined when it says nothing that can be meant. */
export function sentAtOf(record: InputRecord): Buffer | undefined {
  return noLongerThan(record.header(HEADERS.sentAt), MAX_SENT_AT_BYTES)
}

/** What a slot writes about an input record: its key, the value that the stages made, and where and when it came from. */
export function outputRecord(
  record: InputRecord,
  output: { topic: OutputTopic; partition: number; value: string; sentAt: Buffer | undefined; nowMs: number },
): OutputRecord {
  const { topic, partition, value, sentAt, nowMs } = output
  const headers: [string, Buffer | string][] = [[HEADERS.source, `${partition}:${record.offset}`]]
  if (sentAt) headers.push([HEADERS.sentAt, sentAt])
  if (topic !== TOPICS.dirty) headers.push([HEADERS.processedAt, processedAt(nowMs)])
  return { key: noLongerThan(record.key, MAX_KEY_BYTES) ?? null, value, headers }
}

function noLongerThan(bytes: Buffer | null | undefined, most: number): Buffer | undefined {
  return bytes && bytes.length <= most ? bytes : undefined
}

let processedAtMs = 0
let processedAtText = ''

/** Many records share a millisecond: print it once. */
function processedAt(ms: number): string {
  if (ms !== processedAtMs) {
    processedAtMs = ms
    processedAtText = String(ms)
  }
  return processedAtText
}

import { HEADERS, type OutputTopic, TOPICS } from '@radtune/core/contract'
import { readSettings } from '@radtune/core/settings'
import { encodeRecords } from '../../packages/pipeline/src/kafka/encoded-records.ts'
import type { OutputRecord } from '../../packages/pipeline/src/kafka/index.ts'
import { writeRecordBatch } from '../../packages/pipeline/src/kafka/record-batch.ts'
import { createGenerator, publishRow } from '../../packages/pipeline/src/provider/index.ts'
import {
  DuplicateWindow,
  processRecord,
  RULE_SETTINGS,
  recordRulesFrom,
} from '../../packages/pipeline/src/stages/index.ts'

/** What one fetch returns of one partition, and how many records that is. */
export interface EncodedOutput {
  topic: OutputTopic
  partition: number
  bytes: Buffer
  records: number
}

const PARTITIONS = 6
/** What the slots of six partitions send together at 10,000/s and a linger of 5 ms. */
const RECORDS_PER_BATCH = 8

/** At least `records` generated readings as slots write them to `normal-data` and `critical-data`: small batches, in order. */
export function encodeOutputs(records: number): EncodedOutput[] {
  const generator = createGenerator({ seed: 1, now: Date.now })
  const rules = recordRulesFrom(readSettings({}, RULE_SETTINGS))
  const states = Array.from({ length: PARTITIONS }, () => ({ window: new DuplicateWindow(200_000), rules }))
  const open = new Map<string, OutputRecord[]>()
  const outputs: EncodedOutput[] = []
  let offset = 0
  let encoded = 0
  while (encoded < records) {
    for (const row of generator.rows(1000)) {
      const { partition, record } = publishRow(row, {
        source: 'bench',
        partitions: PARTITIONS,
        sentAtMs: Date.now(),
      })
      const state = states[partition]
      if (!state) throw new Error(`no partition ${partition}`)
      offset += 1
      const outcome = processRecord(state, { offset, timestampMs: Date.now(), value: record.value })
      if (outcome.kind !== 'kept') continue
      const { topic, value } = outcome
      const now = String(Date.now())
      const waiting = getOrAdd(open, `${topic}/${partition}`)
      waiting.push({
        key: record.key,
        value,
        headers: [
          [HEADERS.source, `${partition}:${offset}`],
          [HEADERS.sentAt, now],
          [HEADERS.processedAt, now],
        ],
      })
      if (waiting.length < (topic === TOPICS.normal ? RECORDS_PER_BATCH : 1)) continue
      outputs.push({ topic, partition, bytes: batchOf(waiting), records: waiting.length })
      encoded += waiting.length
      waiting.length = 0
    }
  }
  return outputs
}

function batchOf(records: readonly OutputRecord[]): Buffer {
  const identity = { producerId: 1n, producerEpoch: 0, firstSequence: 0, transactional: false }
  return writeRecordBatch(encodeRecords(records), {
    compression: 'snappy',
    timestampMs: Date.now(),
    identity,
  })
}

function getOrAdd(open: Map<string, OutputRecord[]>, name: string): OutputRecord[] {
  const known = open.get(name) ?? []
  open.set(name, known)
  return known
}

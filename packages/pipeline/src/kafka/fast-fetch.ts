import { createRequire } from 'node:module'
import type { KafkaMessage } from 'kafkajs'
import type { InputRecord } from './driver.ts'
import { type BatchHead, type FetchedRecord, readBatchHeads, readRecords } from './record-batch.ts'

/** A record batch that passes through kafkajs as if it were one message at the batch's last offset. */
interface BatchMessage {
  /** Of the last record, as text: kafkajs seeks and resolves by it. */
  offset: string
  key: Buffer | null
  isControlRecord: boolean
  /** What kafkajs looks at to leave aborted transactions out. */
  batchContext: { producerId: string; inTransaction: boolean }
  head: BatchHead
}

interface Decoder {
  buffer: Buffer
  offset: number
  readInt32(): number
}

let installed = false

/**
 * Makes kafkajs hand record batches over undecoded: its own decoder makes some twenty objects of each record, half the cost
 * of a slot. `batchesOf` finds them again. For the whole process, before its first fetch; kafkajs is frozen at 2.2.4, and the
 * driver's contract tests fail where its insides differ.
 */
export function installFastFetch(): void {
  if (installed) return
  installed = true
  const require = createRequire(import.meta.url)
  const path = require.resolve('kafkajs/src/protocol/requests/fetch/v4/decodeMessages')
  require(path)
  const module = require.cache[path]
  if (!module) throw new Error('kafkajs has no decoder of fetched messages')
  module.exports = async (decoder: Decoder): Promise<BatchMessage[]> => {
    const size = decoder.readInt32()
    if (size <= 0) return []
    const from = decoder.offset
    decoder.offset += size
    return readBatchHeads(decoder.buffer.subarray(from, from + size)).map(batchMessage)
  }
}

function batchMessage(head: BatchHead): BatchMessage {
  const { lastOffset, producerId, transactional, control } = head
  return {
    offset: String(lastOffset),
    key: control ? markerKey(head) : null,
    isControlRecord: control,
    batchContext: { producerId: String(producerId), inTransaction: transactional },
    head,
  }
}

/** The key of a control record tells a commit from an abort. */
function markerKey(head: BatchHead): Buffer | null {
  for (const { key } of readRecords(head)) return key
  return null
}

/** The record batches in what kafkajs calls messages; undefined when they are messages indeed. */
export function batchesOf(messages: readonly KafkaMessage[]): BatchHead[] | undefined {
  const first = messages[0] as Partial<BatchMessage> | undefined
  return first?.head && messages.map((message) => (message as unknown as BatchMessage).head)
}

/** The records in what kafkajs calls messages, whichever form it hands over; markers of transactions are left out. */
export function* recordsIn(messages: readonly KafkaMessage[]): Generator<FetchedRecord | KafkajsRecord> {
  const heads = batchesOf(messages)
  for (const head of heads ?? []) if (!head.control) yield* readRecords(head)
  for (const message of heads ? [] : messages)
    if (!(message as { isControlRecord?: boolean }).isControlRecord) yield new KafkajsRecord(message)
}

/** A record as kafkajs decodes it. */
export class KafkajsRecord implements InputRecord {
  readonly offset: number
  readonly timestampMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly #headers: KafkaMessage['headers']

  constructor(message: KafkaMessage) {
    this.offset = Number(message.offset)
    this.timestampMs = Number(message.timestamp)
    this.key = message.key
    this.value = message.value
    this.#headers = message.headers
  }

  header(name: string): Buffer | undefined {
    const value = this.#headers?.[name]
    const first = Array.isArray(value) ? value[0] : value
    return typeof first === 'string' ? Buffer.from(first) : first
  }

  /** All headers in their order. */
  headers(): [name: string, value: Buffer][] {
    return Object.keys(this.#headers ?? {}).map((name) => [name, this.header(name) ?? Buffer.alloc(0)])
  }
}

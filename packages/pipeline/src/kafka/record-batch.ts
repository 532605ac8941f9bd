import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { crc32c, lz4Compress, lz4Decompress, snappyCompress } from '@platformatic/wasm-utils'
import { decompressSnappy } from './codecs.ts'
import type { Compression, EncodedRecords, InputRecord } from './driver.ts'

/*
 * Record batches of Kafka's format v2 (KIP-98), read and written for the data path: a general client makes a dozen objects of
 * each record, this makes one and touches each byte once.
 */

const LENGTH_AT = 8
const MAGIC_AT = 16
const CRC_AT = 17
const ATTRIBUTES_AT = 21
const LAST_OFFSET_DELTA_AT = 23
const FIRST_TIMESTAMP_AT = 27
const MAX_TIMESTAMP_AT = 35
const PRODUCER_ID_AT = 43
const PRODUCER_EPOCH_AT = 51
const FIRST_SEQUENCE_AT = 53
const COUNT_AT = 57
const RECORDS_AT = 61
/** What comes before the part that the length counts. */
const BATCH_OVERHEAD = 12

const MAGIC = 2
const CODEC_MASK = 0x07
const LOG_APPEND_TIME = 0x08
const TRANSACTIONAL = 0x10
const CONTROL = 0x20
const TWO_32 = 2 ** 32

const codecIds: Record<Compression, number> = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 }
const compressors: Record<Compression, (data: Buffer) => Buffer> = {
  none: (data) => data,
  gzip: gzipSync,
  snappy: snappyCompress,
  lz4: lz4Compress,
  zstd: zstdCompressSync,
}
const decompressors: readonly ((data: Buffer) => Buffer)[] = [
  (data) => data,
  gunzipSync,
  decompressSnappy,
  lz4Decompress,
  zstdDecompressSync,
]

/** The head of a batch as it came, and where its records lie. */
export interface BatchHead {
  /** The whole batch. */
  bytes: Buffer
  firstOffset: number
  lastOffset: number
  count: number
  producerId: bigint
  transactional: boolean
  /** Markers of transactions, not records. */
  control: boolean
}

/** The batches in the bytes of one partition of a fetch; the last one may be cut off and is then left out. */
export function readBatchHeads(bytes: Buffer): BatchHead[] {
  const heads: BatchHead[] = []
  let at = 0
  while (at + RECORDS_AT <= bytes.length) {
    const end = at + BATCH_OVERHEAD + bytes.readInt32BE(at + LENGTH_AT)
    if (end > bytes.length) break
    const magic = bytes.readInt8(at + MAGIC_AT)
    if (magic !== MAGIC) throw new Error(`record batch of format ${magic}; this client reads format ${MAGIC}`)
    const attributes = bytes.readInt16BE(at + ATTRIBUTES_AT)
    const firstOffset = readInt64(bytes, at)
    heads.push({
      bytes: bytes.subarray(at, end),
      firstOffset,
      lastOffset: firstOffset + bytes.readInt32BE(at + LAST_OFFSET_DELTA_AT),
      count: bytes.readInt32BE(at + COUNT_AT),
      producerId: bytes.readBigInt64BE(at + PRODUCER_ID_AT),
      transactional: (attributes & TRANSACTIONAL) !== 0,
      control: (attributes & CONTROL) !== 0,
    })
    at = end
  }
  return heads
}

/** The records of a batch from offset `from` on, decompressed when the first is taken. Their buffers are views of it. */
export function* readRecords({ bytes, firstOffset, count }: BatchHead, from = 0): Generator<FetchedRecord> {
  const attributes = bytes.readInt16BE(ATTRIBUTES_AT)
  const decompress = decompressors[attributes & CODEC_MASK]
  if (!decompress) throw new Error(`record batch with unknown compression ${attributes & CODEC_MASK}`)
  const firstTimestamp = readInt64(bytes, FIRST_TIMESTAMP_AT)
  const appendTime = (attributes & LOG_APPEND_TIME) !== 0 ? readInt64(bytes, MAX_TIMESTAMP_AT) : undefined
  const records = decodeRecords({ count, bytes: decompress(bytes.subarray(RECORDS_AT)) })
  for (const record of records) {
    record.offset += firstOffset
    record.timestampMs = appendTime ?? record.timestampMs + firstTimestamp
    if (record.offset >= from) yield record
  }
}

/** Encoded records as views of their bytes, with offsets and timestamps relative to their batch. */
export function* decodeRecords({ count, bytes }: EncodedRecords): Generator<FetchedRecord> {
  const cursor = new Cursor(bytes)
  for (let left = count; left > 0; left -= 1) {
    const end = cursor.varint() + cursor.at
    // Attributes of a record mean nothing yet.
    cursor.at += 1
    const timestampMs = cursor.varlong()
    const offset = cursor.varint()
    const keyLength = cursor.varint()
    const keyAt = cursor.at
    if (keyLength > 0) cursor.at += keyLength
    const valueLength = cursor.varint()
    const valueAt = cursor.at
    if (valueLength > 0) cursor.at += valueLength
    yield new FetchedRecord(bytes, offset, timestampMs, keyAt, keyLength, valueAt, valueLength, cursor.at)
    cursor.at = end
  }
}

/** A record as a view of its batch. */
export class FetchedRecord implements InputRecord {
  offset: number
  timestampMs: number
  readonly #data: Buffer
  readonly #keyAt: number
  readonly #keyLength: number
  readonly #valueAt: number
  readonly #valueLength: number
  readonly #headersAt: number

  constructor(
    data: Buffer,
    offset: number,
    timestampMs: number,
    keyAt: number,
    keyLength: number,
    valueAt: number,
    valueLength: number,
    headersAt: number,
  ) {
    this.offset = offset
    this.timestampMs = timestampMs
    this.#data = data
    this.#keyAt = keyAt
    this.#keyLength = keyLength
    this.#valueAt = valueAt
    this.#valueLength = valueLength
    this.#headersAt = headersAt
  }

  get key(): Buffer | null {
    return this.#keyLength < 0 ? null : this.#data.subarray(this.#keyAt, this.#keyAt + this.#keyLength)
  }

  get value(): Buffer | null {
    return this.#valueLength < 0
      ? null
      : this.#data.subarray(this.#valueAt, this.#valueAt + this.#valueLength)
  }

  /** All headers in their order. */
  headers(): [name: string, value: Buffer][] {
    const headers: [string, Buffer][] = []
    const cursor = new Cursor(this.#data, this.#headersAt)
    for (let left = cursor.varint(); left > 0; left -= 1) {
      const name = cursor.bytes(cursor.varint())
      headers.push([String(name), cursor.bytes(cursor.varint())])
    }
    return headers
  }

  header(name: string): Buffer | undefined {
    const cursor = new Cursor(this.#data, this.#headersAt)
    for (let left = cursor.varint(); left > 0; left -= 1) {
      const nameLength = cursor.varint()
      const nameAt = cursor.at
      cursor.at += nameLength
      const length = cursor.varint()
      const at = cursor.at
      if (length > 0) cursor.at += length
      if (nameLength === name.length && isText(this.#data, nameAt, name))
        return length < 0 ? undefined : this.#data.subarray(at, at + length)
    }
    return undefined
  }
}

/** Whether these bytes are a name of ASCII characters. */
function isText(data: Buffer, at: number, text: string): boolean {
  for (let index = 0; index < text.length; index += 1)
    if (data[at + index] !== text.charCodeAt(index)) return false
  return true
}

class Cursor {
  at: number
  readonly #data: Buffer

  constructor(data: Buffer, at = 0) {
    this.#data = data
    this.at = at
  }

  /** The next bytes; none for a length of −1. */
  bytes(length: number): Buffer {
    const from = this.at
    this.at += Math.max(0, length)
    return this.#data.subarray(from, this.at)
  }

  /** A zigzag number of 32 bits. */
  varint(): number {
    const data = this.#data
    let byte = data[this.at++] as number
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1)
    let value = byte & 0x7f
    let shift = 7
    do {
      byte = data[this.at++] as number
      value |= (byte & 0x7f) << shift
      shift += 7
    } while (byte >= 0x80)
    return (value >>> 1) ^ -(value & 1)
  }

  /** A zigzag number of 64 bits, exact below 2^53. */
  varlong(): number {
    const data = this.#data
    let byte = data[this.at++] as number
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1)
    let value = byte & 0x7f
    let scale = 128
    do {
      byte = data[this.at++] as number
      value += (byte & 0x7f) * scale
      scale *= 128
    } while (byte >= 0x80)
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
}

function readInt64(data: Buffer, at: number): number {
  return data.readInt32BE(at) * TWO_32 + data.readUInt32BE(at + 4)
}

/** What makes retries of a batch recognisable: who writes, and the number of its first record in the partition. */
export interface BatchIdentity {
  producerId: bigint
  producerEpoch: number
  firstSequence: number
  /** Seen by readers in read_committed only once its transaction is committed. */
  transactional: boolean
}

/** One batch of records, ready for a produce request. `timestampMs` is the time of all of them. */
export function writeRecordBatch(
  { count, bytes }: EncodedRecords,
  {
    compression,
    timestampMs,
    identity: { producerId, producerEpoch, firstSequence, transactional },
  }: { compression: Compression; timestampMs: number; identity: BatchIdentity },
): Buffer {
  const data = compressors[compression](bytes)
  const batch = Buffer.allocUnsafe(RECORDS_AT + data.length)
  batch.writeBigInt64BE(0n, 0)
  batch.writeInt32BE(batch.length - BATCH_OVERHEAD, LENGTH_AT)
  batch.writeInt32BE(-1, BATCH_OVERHEAD)
  batch.writeInt8(MAGIC, MAGIC_AT)
  batch.writeInt16BE(codecIds[compression] | (transactional ? TRANSACTIONAL : 0), ATTRIBUTES_AT)
  batch.writeInt32BE(count - 1, LAST_OFFSET_DELTA_AT)
  batch.writeBigInt64BE(BigInt(timestampMs), FIRST_TIMESTAMP_AT)
  batch.writeBigInt64BE(BigInt(timestampMs), MAX_TIMESTAMP_AT)
  batch.writeBigInt64BE(producerId, PRODUCER_ID_AT)
  batch.writeInt16BE(producerEpoch, PRODUCER_EPOCH_AT)
  batch.writeInt32BE(firstSequence, FIRST_SEQUENCE_AT)
  batch.writeInt32BE(count, COUNT_AT)
  data.copy(batch, RECORDS_AT)
  batch.writeUInt32BE(crc32c(batch.subarray(ATTRIBUTES_AT)) >>> 0, CRC_AT)
  return batch
}

import type { EncodedRecords, OutputRecord } from './driver.ts'

/** Longest varint of 32 bits. */
const VARINT_BYTES = 5
const FIRST_CAPACITY = 4096

/**
 * Writes records one after the other in Kafka's format v2, as they will lie in their batch. Encoding a record at once leaves
 * nothing of it for the garbage collector to carry around until the batch is sent.
 */
export class RecordsWriter implements EncodedRecords {
  #data: Buffer
  #at = 0
  #count = 0

  /** `data` is a buffer to write into; it grows as needed. */
  constructor(data: Buffer = Buffer.allocUnsafeSlow(FIRST_CAPACITY)) {
    this.#data = data
  }

  get count(): number {
    return this.#count
  }

  get length(): number {
    return this.#at
  }

  /** What was written. It shares the buffer, so it is valid until more is appended. */
  get bytes(): Buffer {
    return this.#data.subarray(0, this.#at)
  }

  /** The whole buffer, for another writer to use once this one's bytes are no longer needed. */
  get buffer(): Buffer {
    return this.#data
  }

  /** Appends a record and answers how many bytes it takes. */
  append({ key, value, headers }: OutputRecord): number {
    const index = this.#count
    const valueLength = byteLength(value)
    let length =
      2 + varintLength(index) + varintLength(headers.length) + varintLength(valueLength) + valueLength
    length += key === null ? 1 : varintLength(key.length) + key.length
    for (let header = 0; header < headers.length; header += 1) {
      const [name, text] = headers[header] as readonly [string, Buffer | string]
      const nameLength = encodedName(name).length
      const textLength = byteLength(text)
      length += varintLength(nameLength) + nameLength + varintLength(textLength) + textLength
    }
    const data = this.#reserve(VARINT_BYTES + length)
    const from = this.#at
    let at = writeVarint(data, from, length)
    // Attributes, and the timestamp delta: all records of a batch have its time.
    data[at++] = 0
    data[at++] = 0
    at = writeVarint(data, at, index)
    at = key === null ? writeVarint(data, at, -1) : writeBytes(data, at, key, key.length)
    at = writeBytes(data, at, value, valueLength)
    at = writeVarint(data, at, headers.length)
    for (let header = 0; header < headers.length; header += 1) {
      const [name, text] = headers[header] as readonly [string, Buffer | string]
      const encoded = encodedName(name)
      at = writeBytes(data, at, encoded, encoded.length)
      at = writeBytes(data, at, text, byteLength(text))
    }
    this.#at = at
    this.#count = index + 1
    return at - from
  }

  #reserve(bytes: number): Buffer {
    const needed = this.#at + bytes
    if (needed > this.#data.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#data.length * 2))
      this.#data.copy(larger, 0, 0, this.#at)
      this.#data = larger
    }
    return this.#data
  }
}

/** The records encoded, for those who have them all at once. */
export function encodeRecords(records: readonly OutputRecord[]): EncodedRecords {
  const writer = new RecordsWriter()
  for (const record of records) writer.append(record)
  return writer
}

const names = new Map<string, Buffer>()

/** Header names are a handful of constants: each is encoded once. */
function encodedName(name: string): Buffer {
  let encoded = names.get(name)
  if (!encoded) {
    encoded = Buffer.from(name)
    names.set(name, encoded)
  }
  return encoded
}

function byteLength(content: Buffer | string): number {
  return typeof content === 'string' ? Buffer.byteLength(content) : content.length
}

function writeBytes(data: Buffer, at: number, content: Buffer | string, length: number): number {
  const from = writeVarint(data, at, length)
  if (typeof content !== 'string') data.set(content, from)
  else if (content.length === length) data.write(content, from, length, 'latin1')
  else data.write(content, from, length, 'utf8')
  return from + length
}

function varintLength(value: number): number {
  const zigzag = (value << 1) ^ (value >> 31)
  if (zigzag >>> 7 === 0) return 1
  if (zigzag >>> 14 === 0) return 2
  if (zigzag >>> 21 === 0) return 3
  return zigzag >>> 28 === 0 ? 4 : 5
}

function writeVarint(data: Buffer, from: number, value: number): number {
  let rest = (value << 1) ^ (value >> 31)
  let at = from
  while (rest >>> 7 !== 0) {
    data[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  data[at++] = rest
  return at
}

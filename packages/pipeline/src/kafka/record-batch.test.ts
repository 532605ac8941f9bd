import { Reader, readRecordsBatch } from '@platformatic/kafka'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Compression, OutputRecord } from './driver.ts'
import { encodeRecords } from './encoded-records.ts'
import { type FetchedRecord, readBatchHeads, readRecords, writeRecordBatch } from './record-batch.ts'

const identity = {
  producerId: 2n ** 40n + 7n,
  producerEpoch: 3,
  transactional: false,
  firstSequence: 2 ** 31 - 5,
}
const timestampMs = Date.parse('2026-11-24T12:00:00Z')

function batchOf(records: readonly OutputRecord[], compression: Compression = 'none'): Buffer {
  return writeRecordBatch(encodeRecords(records), { compression, timestampMs, identity })
}

function recordsOf(bytes: Buffer, from = 0): FetchedRecord[] {
  return readBatchHeads(bytes).flatMap((head) => [...readRecords(head, from)])
}

/** As the broker stores it: with the offset that it gave the first record. */
function storedAt(batch: Buffer, firstOffset: number): Buffer {
  const stored = Buffer.from(batch)
  stored.writeBigInt64BE(BigInt(firstOffset), 0)
  return stored
}

const plain = (value: string): OutputRecord => ({ key: null, value, headers: [] })

const anyRecord: fc.Arbitrary<OutputRecord> = fc.record({
  key: fc.option(fc.uint8Array({ maxLength: 200 }).map(Buffer.from), { nil: null }),
  value: fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }).map(Buffer.from),
  ),
  headers: fc.array(
    fc.tuple(fc.string({ minLength: 1, maxLength: 12 }), fc.string({ unit: 'grapheme', maxLength: 20 })),
    {
      maxLength: 4,
    },
  ),
})

const asBytes = (content: Buffer | string) => Buffer.from(content as string)

describe('record batches', () => {
  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'are read as they were written, with %s',
    (compression) => {
      fc.assert(
        fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 30 }), (records) => {
          const read = recordsOf(batchOf(records, compression))
          expect(read.map(({ key, value }) => ({ key, value }))).toEqual(
            records.map(({ key, value }) => ({ key, value: asBytes(value) })),
          )
          expect(read.map((record) => record.headers())).toEqual(
            records.map(({ headers }) => headers.map(([name, text]) => [name, asBytes(text)])),
          )
          expect(read.map(({ offset }) => offset)).toEqual(records.map((_, index) => index))
          expect(read.every((record) => record.timestampMs === timestampMs)).toBe(true)
        }),
        { numRuns: 50 },
      )
    },
  )

  it('are understood by another client', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 30 }), (records) => {
        const batch = readRecordsBatch(Reader.from(batchOf(records, 'snappy')))
        expect(batch).toMatchObject({
          magic: 2,
          producerId: identity.producerId,
          producerEpoch: identity.producerEpoch,
          firstSequence: identity.firstSequence,
          firstTimestamp: BigInt(timestampMs),
          lastOffsetDelta: records.length - 1,
        })
        expect(batch.records.map(({ value }) => value)).toEqual(records.map(({ value }) => asBytes(value)))
        expect(batch.records.map(({ offsetDelta }) => offsetDelta)).toEqual(records.map((_, index) => index))
      }),
      { numRuns: 50 },
    )
  })

  it('follow each other in a fetch, whose last one may be cut off', () => {
    const first = storedAt(batchOf([plain('a'), plain('b')]), 2 ** 40)
    const second = storedAt(batchOf([plain('c')], 'gzip'), 2 ** 40 + 2)
    const fetched = Buffer.concat([first, second, first.subarray(0, first.length - 1)])
    expect(recordsOf(fetched).map(({ offset, value }) => [offset, String(value)])).toEqual([
      [2 ** 40, 'a'],
      [2 ** 40 + 1, 'b'],
      [2 ** 40 + 2, 'c'],
    ])
    expect(recordsOf(first.subarray(0, 20))).toEqual([])
  })

  it('begin before the offset that was asked for: those records are left out', () => {
    const batch = storedAt(batchOf(['a', 'b', 'c'].map(plain)), 100)
    expect(recordsOf(batch, 101).map(({ offset }) => offset)).toEqual([101, 102])
  })

  it('find a header by its whole name', () => {
    const [record] = recordsOf(
      batchOf([
        {
          ...plain('x'),
          headers: [
            ['row', 'r'],
            ['sent-at', '12'],
          ],
        },
      ]),
    )
    expect(String(record?.header('sent-at'))).toBe('12')
    expect(record?.header('sent')).toBeUndefined()
  })

  it('of an old format are refused with its number', () => {
    const batch = batchOf([plain('x')])
    batch.writeInt8(1, 16)
    expect(() => readBatchHeads(batch)).toThrow('format 1')
  })
})

import { HEADERS, type PublishedReading } from '@radtune/core/contract'
import { parseDecimal, roundToFive } from '@radtune/core/safecast'
import { partitionOfKey } from './partition-of-key.ts'
import type { SourceRow } from './row-source.ts'

/** A record of `radiation-data`, ready to send. */
export interface PublishedRow {
  partition: number
  record: {
    key: Buffer | null
    /** JSON of a `PublishedReading`. */
    value: Buffer
    headers: [name: string, value: Buffer][]
  }
}

/**
 * Where a row goes, before anything is written: the key `<lat>,<lon>` to 5 decimals when both are numbers, and the partition
 * that the Java client gives that key. A row without a position goes by its number.
 */
export function placeRow(
  { row, reading }: SourceRow,
  partitions: number,
): { key: Buffer | null; partition: number } {
  const key = keyOf(reading)
  return key === undefined
    ? { key: null, partition: row % partitions }
    : { key, partition: partitionOfKey(key, partitions) }
}

/** The record of a row. `source` is the `RowRef.source` of its batch, `sentAtMs` the wall clock. */
export function publishRow(
  { row, reading }: SourceRow,
  options: { source: string; partitions: number; sentAtMs: number },
  place = placeRow({ row, reading }, options.partitions),
): PublishedRow {
  return {
    partition: place.partition,
    record: {
      key: place.key,
      value: Buffer.from(JSON.stringify(reading)),
      headers: [
        [HEADERS.sentAt, sentAtHeader(options.sentAtMs)],
        [HEADERS.row, Buffer.from(`${options.source}:${row}`)],
      ],
    },
  }
}

function keyOf({ latitude, longitude }: PublishedReading): Buffer | undefined {
  const lat = parseDecimal(latitude)
  const lon = lat && parseDecimal(longitude)
  return lat && lon
    ? Buffer.from(`${fiveDecimals(roundToFive(lat))},${fiveDecimals(roundToFive(lon))}`)
    : undefined
}

/** A whole number of hundred-thousandths as text with five decimals. */
function fiveDecimals(units: number): string {
  const magnitude = Math.abs(units)
  const whole = Math.floor(magnitude / 100_000)
  const rest = magnitude - whole * 100_000 + 100_000
  return `${units < 0 ? '-' : ''}${whole}.${String(rest).slice(1)}`
}

let sentAt = 0
let sentAtBytes = Buffer.from('0')

/** Many rows share a millisecond: encode it once. */
function sentAtHeader(ms: number): Buffer {
  if (ms !== sentAt) {
    sentAt = ms
    sentAtBytes = Buffer.from(String(ms))
  }
  return sentAtBytes
}

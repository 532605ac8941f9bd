import { formatInstantIso } from '@radtune/core/safecast'
import type { Dirty, Valid } from './judgement.ts'
import { textOf } from './parse-record.ts'

/** The JSON of a `ProcessedReading`, written by hand because it is on the path of every record. */
export function processedValue(reading: Valid): string {
  const { lat5, lon5, cpm, instantUs, level, critical, usvh, basis, deviceId, loaderId, flags } = reading
  let json = `{"latitude":${lat5 / 100_000},"longitude":${lon5 / 100_000},"value":${cpm},"unit":"cpm","captured_time":"${formatInstantIso(instantUs)}","level":"${level}","critical":${critical},"usvh":${usvh},"usvh_basis":"${basis}"`
  if (deviceId !== undefined) json += `,"device_id":${quoted(deviceId)}`
  if (loaderId !== undefined) json += `,"loader_id":${quoted(loaderId)}`
  json += flags.length === 0 ? ',"flags":[]}' : `,"flags":${JSON.stringify(flags)}}`
  return json
}

/**
 * Bytes that a record of an output has at most, its key aside. A broker refuses a batch beyond 1 MiB, and a record that it
 * refuses would be tried for ever. Text may grow to six times its length as JSON.
 */
export const MAX_VALUE_BYTES = 512 * 1024

/** What is kept of a value that is too long: even six times as much fits. */
const CUT_BYTES = 64 * 1024
const CUT_DETAIL = 1000

/** Whether this text is too long for a record, in UTF-8. */
export function isTooLong(value: string): boolean {
  return value.length * 3 > MAX_VALUE_BYTES && Buffer.byteLength(value) > MAX_VALUE_BYTES
}

/**
 * The JSON of a `DirtyRecord`: why, and the value as received, in base64 when it is not UTF-8. Of a value whose JSON would be
 * longer than 512 KiB it keeps the first 64 KiB and the number of bytes.
 */
export function dirtyValue(judgement: Dirty, received: Uint8Array | null): string {
  const { reason, detail } = judgement
  if (received === null || received.length <= MAX_VALUE_BYTES) {
    const whole = JSON.stringify({ reason, detail, ...rawOf(received) })
    if (received === null || !isTooLong(whole)) return whole
  }
  const raw = rawOf(received.subarray(0, lastCharacterEnd(received, CUT_BYTES)))
  return JSON.stringify({ reason, detail: detail.slice(0, CUT_DETAIL), ...raw, raw_bytes: received.length })
}

function rawOf(received: Uint8Array | null): { raw: string; raw_encoding?: 'base64' } {
  const text = received === null ? '' : textOf(received)
  return text === undefined
    ? { raw: Buffer.from(received as Uint8Array).toString('base64'), raw_encoding: 'base64' }
    : { raw: text }
}

/** The end, not beyond `most`, of the last whole character of UTF-8 text. */
function lastCharacterEnd(bytes: Uint8Array, most: number): number {
  let end = Math.min(most, bytes.length)
  if (end === bytes.length) return end
  for (let steps = 0; steps < 4 && ((bytes[end] as number) & 0xc0) === 0x80; steps += 1) end -= 1
  return end
}

/** Ids are digits almost always; everything else is left to JSON. */
const plainId = /^[\w .:-]*$/

function quoted(id: string): string {
  return plainId.test(id) ? `"${id}"` : JSON.stringify(id)
}

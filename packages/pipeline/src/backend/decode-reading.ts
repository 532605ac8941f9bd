import { HEADERS, LEVELS, type ProcessedReading } from '@radtune/core/contract'
import { parseCapturedTime } from '@radtune/core/safecast'
import { type IncomingReading, MAX_TEXT } from './incoming-reading.ts'
import { scanReading } from './scan-reading.ts'

/** What the backend needs of a record of `normal-data` or `critical-data`. */
export interface OutputRecord {
  value: Buffer | null
  header(name: string): Buffer | undefined
}

const MAX_FLAGS = 8

/** Reads a record of an output topic; false when it is not one that a worker wrote, and `into` then means nothing. */
export function decodeReading(record: OutputRecord, receivedAtMs: number, into: IncomingReading): boolean {
  const { value } = record
  if (value === null || !(scanReading(value, into) || parseReading(value, into))) return false
  into.latencyMs = latencyOf(record.header(HEADERS.sentAt), receivedAtMs)
  return true
}

/** JSON of any form: what `scanReading` leaves to it. */
export function parseReading(value: Buffer, into: IncomingReading): boolean {
  const reading = jsonOf(value)
  if (!isReading(reading)) return false
  const capturedUs = instantOf(reading.captured_time)
  if (Number.isNaN(capturedUs)) return false
  into.latitude = reading.latitude
  into.longitude = reading.longitude
  into.value = reading.value
  into.usvh = reading.usvh
  into.level = LEVELS.indexOf(reading.level)
  into.critical = reading.critical
  into.capturedUs = capturedUs
  into.flags = reading.flags
  into.nameSensor(reading.device_id, reading.loader_id)
  return true
}

function jsonOf(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString())
  } catch {
    return undefined
  }
}

function isReading(value: unknown): value is ProcessedReading {
  if (typeof value !== 'object' || value === null) return false
  const reading = value as Partial<ProcessedReading>
  return (
    Number.isFinite(reading.latitude) &&
    Number.isFinite(reading.longitude) &&
    Number.isFinite(reading.value) &&
    Number.isFinite(reading.usvh) &&
    typeof reading.critical === 'boolean' &&
    LEVELS.includes(reading.level as never) &&
    typeof reading.captured_time === 'string' &&
    isShortText(reading.device_id) &&
    isShortText(reading.loader_id) &&
    Array.isArray(reading.flags) &&
    reading.flags.length <= MAX_FLAGS &&
    reading.flags.every((flag) => typeof flag === 'string' && flag.length <= MAX_TEXT)
  )
}

function isShortText(value: unknown): boolean {
  return value === undefined || (typeof value === 'string' && value.length <= MAX_TEXT)
}

function instantOf(text: string): number {
  const exact = parseCapturedTime(text)
  return Number.isNaN(exact) ? Date.parse(text) * 1000 : exact
}

function latencyOf(header: Buffer | undefined, receivedAtMs: number): number {
  if (!header || header.length === 0) return Number.NaN
  const sentAtMs = wholeNumberOf(header)
  return Number.isFinite(sentAtMs) ? Math.max(0, receivedAtMs - sentAtMs) : Number.NaN
}

function wholeNumberOf(text: Buffer): number {
  let value = 0
  for (let at = 0; at < text.length; at += 1) {
    const digit = (text[at] as number) - 48
    if (!(digit >= 0 && digit <= 9)) return Number(text.toString())
    value = value * 10 + digit
  }
  return value
}

import { HEADERS, LEVELS, type LivePoint, type ProcessedReading } from '@radtune/core/contract'

/** What the backend needs of a record of `normal-data` or `critical-data`. */
export interface OutputRecord {
  offset: number
  value: Uint8Array | null
  header(name: string): Uint8Array | undefined
}

/** Reads a record of an output topic as a point of the page; undefined when it is not one that a worker wrote. */
export function readPoint(record: OutputRecord, receivedAtMs: number): LivePoint | undefined {
  const reading = parse(record.value)
  if (!reading) return undefined
  return {
    sensor: sensorOf(reading),
    latitude: reading.latitude,
    longitude: reading.longitude,
    value: reading.value,
    usvh: reading.usvh,
    level: reading.level,
    critical: reading.critical,
    capturedTime: reading.captured_time,
    flags: reading.flags,
    latencyMs: latencyOf(record.header(HEADERS.sentAt), receivedAtMs),
  }
}

/**
 * Which sensor a reading is of: its device; else the drive it belongs to, in steps of 3 decimals (about 100 m), so that a
 * drive leaves a track; else its place.
 */
export function sensorOf(
  reading: Pick<ProcessedReading, 'device_id' | 'loader_id' | 'latitude' | 'longitude'>,
): string {
  const { device_id: device, loader_id: loader, latitude, longitude } = reading
  if (device) return `device:${device}`
  if (loader) return `drive:${loader}:${latitude.toFixed(3)},${longitude.toFixed(3)}`
  return `place:${latitude},${longitude}`
}

function parse(value: Uint8Array | null): ProcessedReading | undefined {
  if (!value) return undefined
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString())
  } catch {
    return undefined
  }
  return isReading(parsed) ? parsed : undefined
}

/** By hand, because it runs for every record. */
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
    !Number.isNaN(Date.parse(reading.captured_time)) &&
    isShortText(reading.device_id) &&
    isShortText(reading.loader_id) &&
    Array.isArray(reading.flags) &&
    reading.flags.length <= MAX_FLAGS &&
    reading.flags.every((flag) => typeof flag === 'string' && flag.length <= MAX_TEXT)
  )
}

/** A point must fit into a frame many times over, so nothing in it may be long. */
const MAX_TEXT = 200
const MAX_FLAGS = 8

function isShortText(value: unknown): boolean {
  return value === undefined || (typeof value === 'string' && value.length <= MAX_TEXT)
}

function latencyOf(header: Uint8Array | undefined, receivedAtMs: number): number | null {
  if (!header || header.length === 0) return null
  const sentAtMs = Number(Buffer.from(header).toString())
  return Number.isFinite(sentAtMs) ? Math.max(0, receivedAtMs - sentAtMs) : null
}

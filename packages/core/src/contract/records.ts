/** Why a record goes to `dirty-data`, in the order in which the rules are applied; the first that fails decides. */
export const REJECT_REASONS = [
  'json',
  'missing-field',
  'unit',
  'not-a-number',
  'latitude-range',
  'longitude-range',
  'position-null',
  'value-not-positive',
  'value-implausible',
  'time-invalid',
  'time-range',
  'internal',
] as const
export type RejectReason = (typeof REJECT_REASONS)[number]

export const LEVELS = ['low', 'moderate', 'high'] as const
export type Level = (typeof LEVELS)[number]

/** Marks on a record that was kept: its unit was converted from a sievert spelling. */
export type Flag = 'converted'

/** Value of a record in `radiation-data`: the row as published, nothing cleaned. Text or number, as the source had it. */
export interface PublishedReading {
  latitude?: string | number
  longitude?: string | number
  value?: string | number
  unit?: string
  captured_time?: string
  device_id?: string
  loader_id?: string
  location_name?: string
  height?: string
  md5sum?: string
  uploaded_time?: string
}

/** Value of a record in `normal-data` and `critical-data`. */
export interface ProcessedReading {
  /** Degrees, 5 decimals. */
  latitude: number
  longitude: number
  /** Counts per minute, whole. */
  value: number
  unit: 'cpm'
  /** ISO 8601, UTC. */
  captured_time: string
  level: Level
  critical: boolean
  /** Dose rate estimate in µSv/h, 4 decimals, and the factor it rests on. */
  usvh: number
  usvh_basis: string
  device_id?: string
  loader_id?: string
  flags: Flag[]
}

/** Value of a record in `dirty-data`. */
export interface DirtyRecord {
  reason: RejectReason
  detail: string
  /** The value as received; base64 when it is not UTF-8 text. */
  raw: string
  raw_encoding?: 'base64'
  /** Set when `raw` holds only the beginning of the value: how many bytes the value had. */
  raw_bytes?: number
}

import {
  type Decimal,
  doseRateOf,
  exceeds,
  meaningOfUnit,
  measuredDoseRate,
  multiplyDecimals,
  parseCapturedTime,
  parseDecimal,
  roundToFive,
  roundToTwo,
  roundToWhole,
} from '@radtune/core/safecast'
import { isCritical, levelOf } from './classify.ts'
import { dirty, type Judgement, type Valid } from './judgement.ts'
import type { RecordRules } from './record-rules.ts'

/**
 * Applies the cleaning rules in their order; the first that fails decides. `kafkaTimestampMs` is "now" for the time rules,
 * so that a replay judges the same. Never throws, whatever the fields hold.
 */
export function validateRecord(
  fields: Readonly<Record<string, unknown>>,
  kafkaTimestampMs: number,
  rules: RecordRules,
): Judgement {
  const { latitude, longitude, value, unit, captured_time: capturedTime } = fields
  if (isBlank(latitude)) return dirty('missing-field', 'latitude')
  if (isBlank(longitude)) return dirty('missing-field', 'longitude')
  if (isBlank(value)) return dirty('missing-field', 'value')
  if (isBlank(capturedTime)) return dirty('missing-field', 'captured_time')
  if (isBlank(unit)) return dirty('missing-field', 'unit')

  const meaning = meaningOfUnit(unit)
  if (meaning === 'foreign') return dirty('unit', shown(unit))

  const lat = parseDecimal(latitude)
  if (!lat) return dirty('not-a-number', `latitude ${shown(latitude)}`)
  const lon = parseDecimal(longitude)
  if (!lon) return dirty('not-a-number', `longitude ${shown(longitude)}`)
  const reported = parseDecimal(value)
  if (!reported) return dirty('not-a-number', `value ${shown(value)}`)

  if (exceeds(lat, 90)) return dirty('latitude-range', shown(latitude))
  if (exceeds(lon, 180)) return dirty('longitude-range', shown(longitude))
  if (!exceeds(lat, rules.nullPositionDegrees) && !exceeds(lon, rules.nullPositionDegrees)) {
    return dirty('position-null', `${shown(latitude)}, ${shown(longitude)}`)
  }

  const counted = meaning === 'cpm' ? reported : multiplyDecimals(value, rules.sievertFactor)
  if (!counted) return dirty('not-a-number', `value ${shown(value)}`)
  const cpm = roundToWhole(counted)
  if (cpm <= 0) return dirty('value-not-positive', shown(value))
  if (cpm > rules.maxCpm) return dirty('value-implausible', shown(value))

  const instantUs = typeof capturedTime === 'string' ? parseCapturedTime(capturedTime) : Number.NaN
  if (Number.isNaN(instantUs)) return dirty('time-invalid', shown(capturedTime))
  if (instantUs <= rules.earliestUs) return dirty('time-range', `${shown(capturedTime)} is too early`)
  if (instantUs > (kafkaTimestampMs + rules.futureToleranceMs) * 1000) {
    return dirty('time-range', `${shown(capturedTime)} is in the future`)
  }
  return valid(
    { fields, lat, lon, counted, cpm, instantUs, measured: meaning === 'sievert' ? reported : undefined },
    rules,
  )
}

function valid(
  checked: {
    fields: Readonly<Record<string, unknown>>
    lat: Decimal
    lon: Decimal
    counted: Decimal
    cpm: number
    instantUs: number
    /** What the sensor reported in µSv/h, if it did. */
    measured: Decimal | undefined
  },
  rules: RecordRules,
): Valid {
  const { fields, lat, lon, counted, cpm, instantUs, measured } = checked
  const deviceId = idOf(fields.device_id)
  const dose = measured
    ? measuredDoseRate(roundToFive(measured))
    : doseRateOf(cpm, deviceId, rules.sievertFactor)
  return {
    kind: 'valid',
    lat5: roundToFive(lat),
    lon5: roundToFive(lon),
    cpm,
    cpm100: roundToTwo(counted),
    instantUs,
    level: levelOf(cpm, rules),
    critical: isCritical(cpm, rules),
    usvh: dose.usvh,
    basis: dose.basis,
    flags: measured ? CONVERTED : NO_FLAGS,
    deviceId,
    loaderId: idOf(fields.loader_id),
  }
}

const CONVERTED = ['converted'] as const
const NO_FLAGS = [] as const

function isBlank(field: unknown): boolean {
  return field === undefined || field === null || (typeof field === 'string' && field.trim() === '')
}

function idOf(field: unknown): string | undefined {
  if (typeof field === 'string') return field === '' ? undefined : field
  return typeof field === 'number' ? String(field) : undefined
}

/** Long enough for every honest field. */
const MAX_SHOWN = 80

function shown(field: unknown): string {
  return typeof field === 'string' ? `"${clip(field)}"` : clip(JSON.stringify(field))
}

function clip(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}

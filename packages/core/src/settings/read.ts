import { RadtuneError } from '../errors/index.ts'
import { type Parsed, parseBytes, parseCpus, parseDuration, parsed, refused } from '../units/index.ts'
import type { NumberSetting, SettingDefinition } from './definition.ts'
import { printAmount } from './print.ts'
import { type SettingKey, type SettingValues, settings } from './table.ts'

/** Name of the environment variable of a setting: `producer.main.batchBytes` → `RADTUNE_PRODUCER_MAIN_BATCH_BYTES`. */
export function settingEnvironmentName(key: SettingKey): string {
  return `RADTUNE_${key
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replace(/[.-]/g, '_')
    .toUpperCase()}`
}

/** Checks one value (text or number, as YAML, a flag or the environment gives it) against the table. */
export function parseSetting<Key extends SettingKey>(key: Key, raw: unknown): Parsed<SettingValues[Key]> {
  const definition: SettingDefinition = settings[key]
  return parseByDefinition(definition, raw) as Parsed<SettingValues[Key]>
}

/**
 * Reads settings from environment variables, with the table's default where one is absent.
 * Throws RT-SET-001 for a value that the table refuses, and for an absent one that has no default.
 */
export function readSettings<Key extends SettingKey>(
  environment: Readonly<Record<string, string | undefined>>,
  keys: readonly Key[],
): Pick<SettingValues, Key> {
  const values: Partial<Record<SettingKey, unknown>> = {}
  for (const key of keys) {
    const name = settingEnvironmentName(key)
    const raw = environment[name]
    const definition: SettingDefinition = settings[key]
    if (raw === undefined || raw === '') {
      if (definition.default === undefined)
        throw new RadtuneError('RT-SET-001', { what: `${name} is not set, and ${key} has no default` })
      values[key] = definition.default
      continue
    }
    const result = parseSetting(key, raw)
    if (!result.ok)
      throw new RadtuneError('RT-SET-001', {
        what: `${name}: ${result.problem}`,
        fix: [`radtune explain ${key}`],
      })
    values[key] = result.value
  }
  return values as Pick<SettingValues, Key>
}

function parseByDefinition(definition: SettingDefinition, raw: unknown): Parsed<number | string> {
  switch (definition.unit) {
    case 'choice':
      return typeof raw === 'string' && definition.choices.includes(raw.trim())
        ? parsed(raw.trim())
        : refused(`${quoted(raw)} is not one of ${definition.choices.join(', ')}`)
    case 'instant':
      return parseInstant(raw)
    default:
      return parseNumber(definition, raw)
  }
}

/** Only full ISO 8601 with a zone: `Date.parse` alone takes "1" and "May 7" as well. */
function parseInstant(raw: unknown): Parsed<string> {
  const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/
  const time = typeof raw === 'string' && iso.test(raw.trim()) ? Date.parse(raw.trim()) : Number.NaN
  return Number.isNaN(time)
    ? refused(`${quoted(raw)} is not an instant such as 2011-03-01T00:00:00Z`)
    : parsed(new Date(time).toISOString())
}

function parseNumber(definition: NumberSetting, raw: unknown): Parsed<number> {
  const amount = parseAmount(definition, raw)
  if (!amount.ok) return amount
  if (definition.whole && !Number.isInteger(amount.value)) return refused(`${raw} is not a whole number`)
  if (amount.value < definition.min || amount.value > definition.max) {
    const range = `${printAmount(definition, definition.min)} and ${printAmount(definition, definition.max)}`
    return refused(`${printAmount(definition, amount.value)} is not between ${range}`)
  }
  return amount
}

function parseAmount(definition: NumberSetting, raw: unknown): Parsed<number> {
  if (typeof raw === 'number') return Number.isFinite(raw) ? parsed(raw) : refused(`${raw} is not a number`)
  if (typeof raw !== 'string') return refused(`${quoted(raw)} is not a value`)
  if (definition.unit === 'bytes') return parseBytes(raw)
  if (definition.unit === 'ms') return parseDuration(raw)
  if (definition.unit === 'cpus') return parseCpus(raw)
  return /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(raw.trim())
    ? parsed(Number(raw))
    : refused(`${quoted(raw)} is not a number`)
}

function quoted(raw: unknown): string {
  return JSON.stringify(raw) ?? String(raw)
}

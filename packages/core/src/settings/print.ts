import {
  formatBytes,
  formatCount,
  formatCpus,
  formatDuration,
  writeBytes,
  writeDuration,
} from '../units/index.ts'
import type { NumberSetting, SettingDefinition } from './definition.ts'
import { type SettingKey, type SettingValues, settings } from './table.ts'

/** Prints a value of a setting with its unit, as people read it: `512 MiB`, `10 ms`, `0.5 CPU`, `1,000/s`, `snappy`. */
export function printSettingValue<Key extends SettingKey>(key: Key, value: SettingValues[Key]): string {
  const definition: SettingDefinition = settings[key]
  return typeof value === 'number' && 'min' in definition ? printAmount(definition, value) : String(value)
}

/** Prints an amount in the unit of its setting. */
export function printAmount({ unit }: NumberSetting, value: number): string {
  switch (unit) {
    case 'bytes':
      return formatBytes(value)
    case 'ms':
      return formatDuration(value)
    case 'cpus':
      return `${formatCpus(value)} CPU`
    case 'perSecond':
      return `${formatCount(value)}/s`
    case 'degrees':
      return `${value}°`
    case 'cpm':
      return `${formatCount(value)} CPM`
    case 'hours':
      return `${formatCount(value)} h`
    case 'count':
    case 'ratio':
      return formatCount(value)
  }
}

/** Says which values a setting takes: `16 MiB to 16384 GiB`, or its choices. */
export function printSettingRange(key: SettingKey): string {
  const definition: SettingDefinition = settings[key]
  switch (definition.unit) {
    case 'choice':
      return definition.choices.join(', ')
    case 'instant':
      return 'an instant such as 2011-03-01T00:00:00Z'
    default:
      return `${printAmount(definition, definition.min)} to ${printAmount(definition, definition.max)}`
  }
}

/** Writes a value of a setting exactly, as `parseSetting` reads it in a file: `512MiB`, `10ms`, `1000`, `snappy`. */
export function writeSettingValue<Key extends SettingKey>(key: Key, value: SettingValues[Key]): string {
  const { unit }: SettingDefinition = settings[key]
  if (typeof value !== 'number') return String(value)
  return unit === 'bytes' ? writeBytes(value) : unit === 'ms' ? writeDuration(value) : String(value)
}

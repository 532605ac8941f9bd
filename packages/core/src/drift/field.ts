import type { Place } from '../compose-file/index.ts'
import { printSettingValue, type SettingKey, writeSettingValue } from '../settings/index.ts'
import { formatBytes, formatCpus, formatDuration, GIB, KIB, MIB } from '../units/index.ts'
import type { AcceptableValue, DriftClass } from './drift.ts'

/** One value that is wanted or found, in the form in which two spellings of it are the same. */
export interface Field {
  /** `worker-2.memory`, `kafka.environment.KAFKA_HEAP_OPTS`, `topics.normal-data.partitions`. */
  path: string
  class: DriftClass
  /** What is compared. */
  canonical: string
  /** What is shown. */
  text: string
  /** The service that it is of; absent where it is of the whole stack. */
  service?: string | undefined
  at?: Place | undefined
  /** What holds where nothing is written, in the canonical form. */
  fallback?: string | undefined
  accept?: AcceptableValue | undefined
  /** Of a wanted value that is measured: the share by which the found one may differ. */
  tolerance?: number | undefined
  /** Says more about a found value. */
  why?: string | undefined
}

/** What a field is, apart from its value. */
export type FieldOf = Omit<Field, 'canonical' | 'text'>

export function textField(field: FieldOf, value: string): Field {
  return { ...field, canonical: value, text: value === '' ? '""' : value }
}

export function bytesField(field: FieldOf, bytes: number): Field {
  return { ...field, canonical: String(bytes), text: printExactBytes(bytes) }
}

export function cpusField(field: FieldOf, cpus: number): Field {
  const thousandths = Math.round(cpus * 1000)
  return { ...field, canonical: String(thousandths), text: `${formatCpus(cpus)} CPU` }
}

export function durationField(field: FieldOf, ms: number): Field {
  return { ...field, canonical: String(ms), text: formatDuration(ms) }
}

/** Words in their order, as of a command. */
export function wordsField(field: FieldOf, words: readonly string[]): Field {
  return { ...field, canonical: JSON.stringify(words), text: words.join(' ') || '""' }
}

/** A list whose order means nothing. */
export function setField(field: FieldOf, items: readonly string[]): Field {
  const sorted = [...new Set(items)].sort()
  return { ...field, canonical: JSON.stringify(sorted), text: sorted.join(', ') || 'nothing' }
}

/** A value of the settings table, printed with its unit. `accept` names the setting. */
export function settingField(field: FieldOf, key: SettingKey, value: string | number): Field {
  return {
    ...field,
    canonical: String(value),
    text: printSettingValue(key, value as never),
    accept: field.accept ?? { name: key, value: writeSettingValue(key, value as never) },
  }
}

/** `True` is true and `"010"` is 10; numbers beyond what a double holds stay text. */
export function normaliseScalar(text: string): string {
  const trimmed = text.trim()
  if (/^(true|false)$/i.test(trimmed)) return trimmed.toLowerCase()
  if (!/^[+-]?\d+(\.\d+)?$/.test(trimmed)) return trimmed
  return Math.abs(Number(trimmed)) <= Number.MAX_SAFE_INTEGER ? String(Number(trimmed)) : trimmed
}

/** Two amounts that differ never look the same: as rounded text where that is exact, else in bytes too. */
function printExactBytes(bytes: number): string {
  const text = formatBytes(bytes)
  const isExact = [GIB, MIB, KIB].some((size) => bytes >= size && (bytes * 10) % size === 0)
  return isExact || bytes < KIB ? text : `${text} (${bytes} bytes)`
}

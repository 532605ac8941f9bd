import { isLiveSetting, liveSettings } from './live-settings.ts'
import { readSettingRecord, settingRecordValue } from './setting-record.ts'
import type { SettingKey, SettingValues } from './table.ts'

/** The newest value of each key in the settings topic, as text. */
export type TopicValues = ReadonlyMap<string, string>

/** A record to write: the value as text, or null to take the key out of the topic. */
export interface SettingWrite {
  key: string
  value: string | null
}

/** The live settings of a plan by key: what the settings topic is made to say. */
export function liveValuesOf(
  resolved: Readonly<Record<SettingKey, { value: string | number }>>,
): Partial<Record<SettingKey, string | number>> {
  return Object.fromEntries(liveSettings.map((key) => [key, resolved[key].value]))
}

/**
 * What has to be written so that the settings topic says exactly `wanted`: values that differ, and null for every key of the
 * topic that is not wanted. Empty when the topic says so already, whoever wrote it.
 */
export function projectSettings(
  wanted: Readonly<Partial<Record<SettingKey, string | number>>>,
  { found, by, at }: { found: TopicValues; by: string; at: number },
): SettingWrite[] {
  const values = Object.entries(wanted).filter(([key]) => isLiveSetting(key as SettingKey))
  const writes: SettingWrite[] = values
    .filter(([key, value]) => saidBy(found, key as SettingKey) !== value)
    .map(([key, value]) => ({ key, value: settingRecordValue({ value, by, at }) }))
  const kept = new Set(values.map(([key]) => key))
  const gone = [...found.keys()].filter((key) => !kept.has(key)).sort()
  return [...writes, ...gone.map((key) => ({ key, value: null }))]
}

/** The valid value that a topic holds for a setting; undefined when it holds none. */
function saidBy(found: TopicValues, key: SettingKey): SettingValues[SettingKey] | undefined {
  const value = found.get(key)
  if (value === undefined) return undefined
  const record = readSettingRecord({ key, value })
  return record.ok ? record.value : undefined
}

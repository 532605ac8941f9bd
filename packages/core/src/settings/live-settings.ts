import type { SettingDefinition, SettingReader } from './definition.ts'
import { type SettingKey, type SettingValues, settings } from './table.ts'

/** Whether a running service takes a new value of this setting without a restart. */
export function isLiveSetting(key: SettingKey): boolean {
  const definition: SettingDefinition = settings[key]
  return definition.effect === 'live'
}

/** The settings that change while the pipeline runs, in the order of the table. */
export const liveSettings: readonly SettingKey[] = (Object.keys(settings) as SettingKey[]).filter(
  isLiveSetting,
)

/** The live settings that a role applies. */
export function liveSettingsOf(reader: SettingReader): SettingKey[] {
  return liveSettings.filter((key) => (settings[key].readers as readonly SettingReader[]).includes(reader))
}

/** Bounds that only make sense in this order. */
const ascending = ['thresholds.moderate', 'thresholds.high', 'thresholds.critical', 'rules.maxCpm'] as const

/** Says what is wrong with values that are each in range but contradict each other; undefined when nothing is. */
export function contradictionOf(values: Partial<SettingValues>): string | undefined {
  for (const [index, key] of ascending.entries()) {
    const next = ascending[index + 1]
    const [low, high] = [values[key], next && values[next]]
    if (next && low !== undefined && high !== undefined && low > high)
      return `${key} ${low} is above ${next} ${high}`
  }
  return undefined
}

/** The settings that must fit each other, when `key` is one of them. */
export function settingsTogetherWith(key: SettingKey): readonly SettingKey[] {
  return (ascending as readonly SettingKey[]).includes(key) ? ascending : [key]
}

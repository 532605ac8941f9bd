import { type SettingKey, type SettingValues, settings } from '../settings/index.ts'
import type { StackSpec } from '../stack/index.ts'

type AdviceKey = Extract<SettingKey, `advice.${string}`>

/** What rules judge by, in the units of the settings table. */
export type AdviceSettings = Readonly<Pick<SettingValues, AdviceKey>>

const adviceKeys = (Object.keys(settings) as SettingKey[]).filter((key): key is AdviceKey =>
  key.startsWith('advice.'),
)

/** The settings of advice in a plan; the defaults of the table for those that it does not have, as of an earlier version. */
export function adviceSettingsOf(spec: Pick<StackSpec, 'settings'>): AdviceSettings {
  return Object.fromEntries(
    adviceKeys.map((key) => [key, key in spec.settings ? spec.settings[key].value : settings[key].default]),
  ) as unknown as AdviceSettings
}

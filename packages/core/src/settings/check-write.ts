import { isSettingKey, nearest } from './key.ts'
import { contradictionOf, isLiveSetting, liveSettings, settingsTogetherWith } from './live-settings.ts'
import { parseSetting } from './read.ts'
import { type SettingKey, type SettingValues, settings } from './table.ts'

/** A live setting and a value that it may have; or which of these it fails in, in a sentence. */
export type CheckedWrite =
  | { ok: true; key: SettingKey; value: SettingValues[SettingKey] }
  | { ok: false; fails: 'unknown' | 'not-live' | 'invalid'; problem: string }

/**
 * Checks what somebody wants a running pipeline to run by: whether there is such a setting, whether it changes while the pipeline
 * runs, whether the value is in range, and whether it fits the settings in force.
 */
export function checkWrite(
  key: string,
  { raw, inForce }: { raw: unknown; inForce: Partial<SettingValues> },
): CheckedWrite {
  if (!isSettingKey(key)) {
    const meant = nearest(key, liveSettings)
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`
    return {
      ok: false,
      fails: 'unknown',
      problem: `${JSON.stringify(key.slice(0, 60))} is not a setting${hint}`,
    }
  }
  if (!isLiveSetting(key))
    return {
      ok: false,
      fails: 'not-live',
      problem: `${key} does not change while the pipeline runs (${settings[key].effect}): radtune set ${key}=…, then radtune up`,
    }
  const parsed = parseSetting(key, raw)
  if (!parsed.ok) return { ok: false, fails: 'invalid', problem: `${key}: ${parsed.problem}` }
  const together = Object.fromEntries(settingsTogetherWith(key).map((one) => [one, inForce[one]]))
  const problem = contradictionOf({ ...together, [key]: parsed.value })
  if (problem !== undefined) return { ok: false, fails: 'invalid', problem }
  return { ok: true, key, value: parsed.value }
}

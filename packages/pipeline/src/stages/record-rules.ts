import type { SettingKey, SettingValues } from '@radtune/core/settings'

/** The settings that decide where a record goes, the duplicate window aside. */
export const RULE_SETTINGS = [
  'thresholds.moderate',
  'thresholds.high',
  'thresholds.critical',
  'rules.maxCpm',
  'rules.sievertFactor',
  'rules.nullPositionDegrees',
  'rules.earliestTime',
  'rules.futureTolerance',
] as const satisfies readonly SettingKey[]

/** The bounds that decide where a record goes, ready to compare with. */
export interface RecordRules {
  moderateCpm: number
  highCpm: number
  criticalCpm: number
  /** Largest plausible rounded CPM. */
  maxCpm: number
  /** CPM per µSv/h. */
  sievertFactor: number
  /** Half the side of the box around (0, 0) that counts as no position. */
  nullPositionDegrees: number
  /** Captured times up to this instant are refused, microseconds since 1970. */
  earliestUs: number
  /** How far a captured time may lie after the record's Kafka timestamp. */
  futureToleranceMs: number
}

/** The rules as the settings say. */
export function recordRulesFrom(values: Pick<SettingValues, (typeof RULE_SETTINGS)[number]>): RecordRules {
  return {
    moderateCpm: values['thresholds.moderate'],
    highCpm: values['thresholds.high'],
    criticalCpm: values['thresholds.critical'],
    maxCpm: values['rules.maxCpm'],
    sievertFactor: values['rules.sievertFactor'],
    nullPositionDegrees: values['rules.nullPositionDegrees'],
    earliestUs: Date.parse(values['rules.earliestTime']) * 1000,
    futureToleranceMs: values['rules.futureTolerance'],
  }
}

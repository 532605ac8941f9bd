import type { SettingValues } from '@radtune/core/settings'

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
export function recordRulesFrom(
  values: Pick<
    SettingValues,
    | 'thresholds.moderate'
    | 'thresholds.high'
    | 'thresholds.critical'
    | 'rules.maxCpm'
    | 'rules.sievertFactor'
    | 'rules.nullPositionDegrees'
    | 'rules.earliestTime'
    | 'rules.futureTolerance'
  >,
): RecordRules {
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

import type { Flag, Level, RejectReason } from '@radtune/core/contract'
import type { DoseRateBasis } from '@radtune/core/safecast'

/** A record that fails a rule: the first one that it fails, and what it had instead. */
export interface Dirty {
  kind: 'dirty'
  reason: RejectReason
  detail: string
}

/** A record that passes every rule. */
export interface Valid {
  kind: 'valid'
  /** Degrees × 100,000, rounded half up. */
  lat5: number
  lon5: number
  /** Counts per minute, rounded half up to a whole number, and × 100 to two decimals. */
  cpm: number
  cpm100: number
  /** Captured time, microseconds since 1970. */
  instantUs: number
  level: Level
  critical: boolean
  /** Dose rate estimate in µSv/h, 4 decimals. */
  usvh: number
  basis: DoseRateBasis
  flags: readonly Flag[]
  deviceId: string | undefined
  loaderId: string | undefined
}

export type Judgement = Dirty | Valid

export function dirty(reason: RejectReason, detail: string): Dirty {
  return { kind: 'dirty', reason, detail }
}

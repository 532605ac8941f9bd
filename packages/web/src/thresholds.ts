import type { LiveState } from '@radtune/core/contract'
import type { SettingWish } from './write-setting.ts'

/** CPM from which a reading has a level or is critical. */
export type Thresholds = LiveState['thresholds']
export const THRESHOLD_NAMES = ['moderate', 'high', 'critical'] as const
export type ThresholdName = (typeof THRESHOLD_NAMES)[number]

const MOST_CPM = 100_000_000

/** What is wrong with each of them, as typed: whole numbers that rise. */
export function checkThresholds(
  typed: Readonly<Record<ThresholdName, string>>,
): { ok: true; thresholds: Thresholds } | { ok: false; problems: Partial<Record<ThresholdName, string>> } {
  const problems: Partial<Record<ThresholdName, string>> = {}
  const thresholds: Thresholds = { moderate: 0, high: 0, critical: 0 }
  let below: ThresholdName | undefined
  for (const name of THRESHOLD_NAMES) {
    const value = /^\d+$/.test(typed[name].trim()) ? Number(typed[name]) : Number.NaN
    thresholds[name] = value
    if (!(value >= 1 && value <= MOST_CPM)) problems[name] = `${name} must be a whole number of CPM from 1`
    else if (below && value <= thresholds[below]) problems[name] = `${name} must be above ${below}`
    if (!problems[name]) below = name
  }
  return Object.keys(problems).length === 0 ? { ok: true, thresholds } : { ok: false, problems }
}

/**
 * The changes that lead from one set to another, in an order in which each step leaves them rising: those that grow from the top,
 * then those that shrink from below.
 */
export function thresholdWishes(from: Thresholds, to: Thresholds): SettingWish[] {
  const growing = THRESHOLD_NAMES.filter((name) => to[name] > from[name]).reverse()
  const shrinking = THRESHOLD_NAMES.filter((name) => to[name] < from[name])
  return [...growing, ...shrinking].map((name) => ({ key: `thresholds.${name}`, value: to[name] }))
}

export function sameThresholds(one: Thresholds, other: Thresholds): boolean {
  return THRESHOLD_NAMES.every((name) => one[name] === other[name])
}

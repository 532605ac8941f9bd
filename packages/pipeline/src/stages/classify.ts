import type { Level } from '@radtune/core/contract'

/** The level of whole counts per minute: low < moderate ≤ moderate < high ≤ high. */
export function levelOf(cpm: number, bounds: { moderateCpm: number; highCpm: number }): Level {
  if (cpm >= bounds.highCpm) return 'high'
  return cpm >= bounds.moderateCpm ? 'moderate' : 'low'
}

/** Whether whole counts per minute call for an alert. */
export function isCritical(cpm: number, bounds: { criticalCpm: number }): boolean {
  return cpm >= bounds.criticalCpm
}

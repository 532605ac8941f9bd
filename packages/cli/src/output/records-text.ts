import type { CountMismatch, RecordSums } from '@radtune/core/contract'
import { formatCount } from '@radtune/core/units'

/** The conservation line: `12,345 = 10,000 normal + 2 critical + 1,234 dirty + 600 duplicates + 509 in flight`. */
export function conservationText(sums: RecordSums): string {
  const parts = [
    `${formatCount(sums.normal)} normal`,
    `${formatCount(sums.critical)} critical`,
    `${formatCount(sums.dirty)} dirty`,
    `${formatCount(sums.duplicates)} duplicates`,
    `${formatCount(sums.inFlight)} in flight`,
  ]
  return `${formatCount(sums.in)} in = ${parts.join(' + ')}`
}

/** Dirty records by reason, most first: `unit 1,100, value-not-positive 134`. */
export function dirtyText({ dirtyByReason }: RecordSums): string {
  return Object.entries(dirtyByReason)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${reason} ${formatCount(count)}`)
    .join(', ')
}

/** Valid records by level: `low 9,000, moderate 900, high 102`. */
export function levelsText({ levels }: RecordSums): string {
  return Object.entries(levels)
    .map(([level, count]) => `${level} ${formatCount(count)}`)
    .join(', ')
}

/** What is wrong with one partition's counters, in one sentence. */
export function mismatchText({ partition, processed, counted }: CountMismatch): string {
  return counted === undefined
    ? `partition ${partition} of radiation-data: ${formatCount(processed)} records processed, but the commit carries no counters`
    : `partition ${partition} of radiation-data: ${formatCount(processed)} records processed, but ${formatCount(counted)} counted`
}

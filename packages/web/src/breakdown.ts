import type { Level, LiveState, LiveStats } from '@radtune/core/contract'

export const LEVEL_NAMES: readonly Level[] = ['low', 'moderate', 'high']

/** A range of CPM, e.g. `50–199`. */
export type LevelRange = string

type Records = NonNullable<LiveStats['records']>

/** The parts of the records that came in, as shares of 1; parts of nothing are left out. */
export function recordShares(records: Records): { name: RecordPart; share: number }[] {
  const parts = RECORD_PARTS.map((name) => ({ name, count: records[name] }))
  const total = parts.reduce((sum, { count }) => sum + count, 0)
  return parts.filter(({ count }) => count > 0).map(({ name, count }) => ({ name, share: count / total }))
}

const RECORD_PARTS = ['normal', 'critical', 'dirty', 'duplicates', 'inFlight'] as const
export type RecordPart = (typeof RECORD_PARTS)[number]

/** What each level means, in CPM, from the thresholds in force. */
export function levelRanges({ moderate, high }: LiveState['thresholds']): Record<Level, LevelRange> {
  return { low: `< ${moderate}`, moderate: `${moderate}–${high - 1}`, high: `≥ ${high}` }
}

export interface SparklineShape {
  line: string
  area: string
  highest: number
}

/** SVG paths of values over a box, newest at the right edge, `slots` values wide; undefined for fewer than two values. */
export function sparklineShape(
  values: readonly number[],
  { width, height, slots }: { width: number; height: number; slots: number },
): SparklineShape | undefined {
  if (values.length < 2) return undefined
  const highest = Math.max(...values)
  const step = width / (slots - 1)
  const points = values.map((value, index) => {
    const x = width - (values.length - 1 - index) * step
    const y = highest === 0 ? height : height - (value / highest) * height
    return `${x.toFixed(1)},${y.toFixed(1)}`
  })
  const line = `M${points.join('L')}`
  const left = (width - (values.length - 1) * step).toFixed(1)
  return { line, area: `${line}L${width},${height}L${left},${height}Z`, highest }
}

import type { LivePoint } from '@radtune/core/contract'

/** What the page can show or hide. A critical reading counts as critical only, whatever its level. */
export const SHOWN_LEVELS = ['low', 'moderate', 'high', 'critical'] as const
export type ShownLevel = (typeof SHOWN_LEVELS)[number]
export type LevelFilter = ReadonlySet<ShownLevel>

export const EVERY_LEVEL: LevelFilter = new Set(SHOWN_LEVELS)

export function shownLevelOf({ level, critical }: Pick<LivePoint, 'level' | 'critical'>): ShownLevel {
  return critical ? 'critical' : level
}

/** The sensors of the levels that are on; the very same map when all are. */
export function filterPoints<Point extends LivePoint>(
  points: ReadonlyMap<string, Point>,
  filter: LevelFilter,
): ReadonlyMap<string, Point> {
  if (filter.size === SHOWN_LEVELS.length) return points
  const shown = new Map<string, Point>()
  for (const [sensor, point] of points) if (filter.has(shownLevelOf(point))) shown.set(sensor, point)
  return shown
}

/** Sensors per level of the filter. */
export function countShownLevels(points: Iterable<LivePoint>): Record<ShownLevel, number> {
  const counts: Record<ShownLevel, number> = { low: 0, moderate: 0, high: 0, critical: 0 }
  for (const point of points) counts[shownLevelOf(point)] += 1
  return counts
}

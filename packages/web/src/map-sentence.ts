import type { LivePoint } from '@radtune/core/contract'
import { formatCount, formatPosition, formatReading, type Unit } from './format.ts'

/** What the map shows, for who cannot see it: `12,032 sensors, highest ≈ 1.29 µSv/h near 37.5612, 140.6946`. */
export function mapSentence(points: ReadonlyMap<string, LivePoint>, unit: Unit): string {
  let highest: LivePoint | undefined
  for (const point of points.values()) if (!highest || point.usvh > highest.usvh) highest = point
  if (!highest) return 'Map without sensors'
  const sensors = points.size === 1 ? '1 sensor' : `${formatCount(points.size)} sensors`
  return `Map of ${sensors}, highest ${formatReading(highest, unit)} near ${formatPosition(highest)}`
}

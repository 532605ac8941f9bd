import { DOSE_CLASSES, doseClassIndex } from '../dose-class.ts'
import type { HeardPoint } from '../live-update.ts'
import { type Camera, mercatorX, mercatorY, worldPixels } from './mercator.ts'

/** Floats for one point: x and y as a sum of two floats each, when it was heard, and its style. */
export const FLOATS_PER_POINT = 6

/** Sensors as the graphics card takes them, the strongest last, so that they are drawn over the others. */
export interface PointBuffer {
  data: Float32Array
  /** In the order of `data`. */
  points: readonly HeardPoint[]
  /** The clock that "heard" is counted from, so that seconds fit into a float. */
  epochMs: number
}

/** Bits of the style: the dose class in the lowest three, then these. */
export const STYLE = { critical: 8, track: 16, level: 32 } as const
const LEVEL_RANK = { low: 0, moderate: 1, high: 2 } as const

/** Positions are split in two floats: one alone is off by a metre, which is several pixels when zoomed in. */
export function fillPointBuffer(points: Iterable<HeardPoint>, epochMs: number): PointBuffer {
  const sorted = byDoseClass(points)
  const heads = headsOfDrives(sorted)
  const data = new Float32Array(sorted.length * FLOATS_PER_POINT)
  let at = 0
  for (const point of sorted) {
    const x = mercatorX(point.longitude)
    const y = mercatorY(point.latitude)
    data[at] = x
    data[at + 1] = y
    data[at + 2] = x - Math.fround(x)
    data[at + 3] = y - Math.fround(y)
    data[at + 4] = (point.heardAt - epochMs) / 1000
    data[at + 5] = styleOf(point) + (isTrack(point, heads) ? STYLE.track : 0)
    at += FLOATS_PER_POINT
  }
  return { data, points: sorted, epochMs }
}

/** The point that a click at a place of the world means: the nearest within `reach`, the later drawn of equals. */
export function pointNear(
  { data, points }: PointBuffer,
  { x, y, reach }: { x: number; y: number; reach: number },
): HeardPoint | undefined {
  let best: HeardPoint | undefined
  let bestDistance = reach * reach
  for (let index = 0; index < points.length; index += 1) {
    const at = index * FLOATS_PER_POINT
    const dx = (data[at] ?? 0) - x
    const dy = (data[at + 1] ?? 0) - y
    const distance = dx * dx + dy * dy
    if (distance > bestDistance) continue
    bestDistance = distance
    best = points[index]
  }
  return best
}

/** How many points are in the window. */
export function countWithin(
  { data }: PointBuffer,
  { centreX, centreY, zoom, width, height }: Camera,
): number {
  const scale = 2 * worldPixels(zoom)
  const [across, down] = [width / scale, height / scale]
  let count = 0
  for (let at = 0; at < data.length; at += FLOATS_PER_POINT)
    if (Math.abs((data[at] ?? 0) - centreX) < across && Math.abs((data[at + 1] ?? 0) - centreY) < down)
      count += 1
  return count
}

function styleOf({ usvh, critical, level }: HeardPoint): number {
  return doseClassIndex(usvh) + (critical ? STYLE.critical : 0) + LEVEL_RANK[level] * STYLE.level
}

/** Where each drive is now: its place with the latest reading. The others are its track. */
function headsOfDrives(points: readonly HeardPoint[]): ReadonlyMap<string, HeardPoint> {
  const heads = new Map<string, HeardPoint>()
  for (const point of points) {
    const drive = driveOf(point.sensor)
    const head = drive === undefined ? undefined : heads.get(drive)
    if (drive !== undefined && (!head || head.capturedTime <= point.capturedTime)) heads.set(drive, point)
  }
  return heads
}

function isTrack(point: HeardPoint, heads: ReadonlyMap<string, HeardPoint>): boolean {
  const drive = driveOf(point.sensor)
  return drive !== undefined && !point.critical && heads.get(drive) !== point
}

/** The drive of `drive:<loader>:<place>`; undefined for sensors of other kinds. */
function driveOf(sensor: string): string | undefined {
  return sensor.startsWith('drive:') ? sensor.slice(0, sensor.lastIndexOf(':')) : undefined
}

/** In the order they came within a class; critical ones after all classes. */
function byDoseClass(points: Iterable<HeardPoint>): HeardPoint[] {
  const classes: HeardPoint[][] = Array.from({ length: DOSE_CLASSES.length + 1 }, () => [])
  for (const point of points)
    classes[point.critical ? DOSE_CLASSES.length : doseClassIndex(point.usvh)]?.push(point)
  return classes.flat()
}

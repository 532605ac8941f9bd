import type {
  LiveCell,
  LiveMessage,
  LivePoint,
  LiveState,
  LiveStats,
  LiveSystem,
} from '@radtune/core/contract'

/** A reading and when it was sent to the page, on the backend's clock in milliseconds. */
export interface HeardPoint extends LivePoint {
  heardAt: number
}

/** A silence of the data that the replay skipped: captured times, ISO, and when, on the provider's clock. */
export type Gap = NonNullable<NonNullable<LiveSystem['playback']['gaps']>['newest']>

/** Records per second at one time of the backend's clock. */
export interface RateAt {
  at: number
  perSecond: number
}

/** The sum of some messages: what they change, however many they were. */
export interface LiveUpdate {
  /** There was a snapshot among them: points and squares replace those that were known. */
  fresh: boolean
  /** Of the last frame or snapshot, as the following ones; null when there was none. */
  last: { seq: number; at: number; eventTime: string | null; stats: LiveStats } | null
  /** Latest reading by sensor, the most recently heard of last. */
  points: Map<string, HeardPoint>
  /** By `cellKey`; null when no message had squares. */
  cells: Map<number, LiveCell> | null
  /** Newest first. */
  alerts: readonly LivePoint[]
  /** Null when they are as they were. */
  thresholds: LiveState['thresholds'] | null
  system: LiveSystem | null
  /** Newest first. */
  gaps: readonly Gap[]
  /** Oldest first. */
  rates: readonly RateAt[]
}

/**
 * More than these are not kept, however long the page is not looked at. Of alerts the newest, and as many of other sensors: those
 * that are critical all the time do not push out the one that was once.
 */
export const KEPT = { points: 20_000, alerts: 200, gaps: 20, rateSeconds: 120 } as const

export function emptyUpdate(): LiveUpdate {
  return {
    fresh: false,
    last: null,
    points: new Map(),
    cells: null,
    alerts: [],
    thresholds: null,
    system: null,
    gaps: [],
    rates: [],
  }
}

/** Adds a message to a sum; the maps of the sum are changed in place. */
export function addMessage(sum: LiveUpdate, message: LiveMessage): LiveUpdate {
  if (message.type === 'system')
    return { ...sum, system: message, gaps: addGap(sum.gaps, message.playback.gaps?.newest ?? null) }
  const { type, seq, at, eventTime, stats } = message
  const fresh = type === 'snapshot'
  if (fresh) sum.points.clear()
  // A snapshot comes most recent first, a frame newest first.
  for (const point of message.points.filter(isDrawable).reverse())
    putLast(sum.points, { ...point, heardAt: at })
  dropOldest(sum.points)
  return {
    ...sum,
    fresh: fresh || sum.fresh,
    last: { seq, at, eventTime, stats },
    cells: addCells(fresh ? null : sum.cells, message.cells),
    alerts: mergeAlerts(sum.alerts, message.alerts.filter(isDrawable)),
    thresholds: fresh ? message.thresholds : sum.thresholds,
    rates: addRate(sum.rates, { at, perSecond: stats.recordsPerSecond }),
  }
}

/** One number for a square of the world at zoom `LIVE_CELL_ZOOM`. */
export function cellKey([column, row]: LiveCell): number {
  return row * 2 ** 20 + column
}

/** The latest reading of a sensor, at the end of the order. */
export function putLast(points: Map<string, HeardPoint>, point: HeardPoint): void {
  points.delete(point.sensor)
  points.set(point.sensor, point)
}

export function dropOldest(points: Map<string, HeardPoint>): void {
  for (const sensor of points.keys()) {
    if (points.size <= KEPT.points) break
    points.delete(sensor)
  }
}

/** Critical readings, newest first. One that came with a frame and again with a snapshot is there once. */
export function mergeAlerts(
  known: readonly LivePoint[],
  incoming: readonly LivePoint[],
): readonly LivePoint[] {
  if (incoming.length === 0) return known
  const seen = new Set<string>()
  const sensors = new Set<string>()
  const alerts: LivePoint[] = []
  for (const alert of [...incoming, ...known]) {
    const key = alertKey(alert)
    if (seen.has(key) || (alerts.length >= KEPT.alerts && sensors.has(alert.sensor))) continue
    seen.add(key)
    sensors.add(alert.sensor)
    alerts.push(alert)
    if (alerts.length === 2 * KEPT.alerts) break
  }
  return alerts
}

export function alertKey({ sensor, capturedTime, value, latitude, longitude }: LivePoint): string {
  return `${sensor} ${capturedTime} ${value} ${latitude},${longitude}`
}

/** One rate a second; those of a clock that went back since are forgotten. */
export function addRate(rates: readonly RateAt[], rate: RateAt): readonly RateAt[] {
  const last = rates.at(-1)
  if (last && rate.at < last.at) return [rate]
  if (last && rate.at - last.at < 1000) return rates
  return [...rates.slice(1 - KEPT.rateSeconds), rate]
}

export function addGap(gaps: readonly Gap[], newest: Gap | null): readonly Gap[] {
  if (newest === null || gaps[0]?.at === newest.at) return gaps
  return [newest, ...gaps].slice(0, KEPT.gaps)
}

function addCells(
  known: Map<number, LiveCell> | null,
  incoming: readonly LiveCell[] | undefined,
): Map<number, LiveCell> | null {
  if (!incoming) return known
  const cells = known ?? new Map<number, LiveCell>()
  for (const cell of incoming) cells.set(cellKey(cell), cell)
  return cells
}

/** Workers let nothing else through. Should it come all the same, it is not shown at a place that it was not measured at. */
function isDrawable({ latitude, longitude, value, usvh }: LivePoint): boolean {
  return (
    Number.isFinite(value) &&
    Number.isFinite(usvh) &&
    Math.abs(latitude) <= 90 &&
    Math.abs(longitude) <= 180 &&
    (latitude !== 0 || longitude !== 0)
  )
}

import type { Level, LiveMessage, LivePoint, LiveState, LiveStats, LiveSystem } from '@radtune/core/contract'

/** What the page knows of the pipeline; made anew with each message, never changed. */
export interface LiveModel {
  seq: number
  /** Backend's clock of the last message, milliseconds; null before the first. */
  at: number | null
  eventTime: string | null
  /** Latest reading by sensor, the most recently heard of last. */
  points: ReadonlyMap<string, HeardPoint>
  /** Newest first. */
  alerts: readonly LivePoint[]
  stats: LiveStats | null
  thresholds: LiveState['thresholds'] | null
  /** The pipeline as a whole; null until the backend has told. */
  system: LiveSystem | null
  /** Records per second, one value a second, oldest first. */
  rates: readonly { at: number; perSecond: number }[]
}

/** A reading and when the page got it, on the backend's clock in milliseconds. */
export interface HeardPoint extends LivePoint {
  heardAt: number
}

export const EMPTY_MODEL: LiveModel = {
  seq: 0,
  at: null,
  eventTime: null,
  points: new Map(),
  alerts: [],
  stats: null,
  thresholds: null,
  system: null,
  rates: [],
}

export const MAX_POINTS = 20_000
const MAX_ALERTS = 200
const RATE_SECONDS = 120

/** Lays a message over the model: a snapshot replaces the readings, a frame adds to them; alerts are kept through both. */
export function applyMessage(model: LiveModel, message: LiveMessage): LiveModel {
  if (message.type === 'system') return { ...model, system: message }
  const fresh = message.type === 'snapshot'
  // A snapshot comes most recent first, a frame newest first.
  const incoming = message.points.filter(isDrawable).reverse()
  return {
    ...model,
    seq: message.seq,
    at: message.at,
    eventTime: message.eventTime,
    points: mergePoints(fresh ? new Map() : model.points, { incoming, at: message.at }),
    alerts: mergeAlerts(model.alerts, message.alerts.filter(isDrawable)),
    stats: message.stats,
    thresholds: fresh ? message.thresholds : model.thresholds,
    rates: addRate(model.rates, { at: message.at, perSecond: message.stats.recordsPerSecond }),
  }
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

/** How many of the sensors on the page have each level. */
export function countLevels(points: Iterable<LivePoint>): Record<Level, number> {
  const counts: Record<Level, number> = { low: 0, moderate: 0, high: 0 }
  for (const { level } of points) counts[level] += 1
  return counts
}

function mergePoints(
  known: ReadonlyMap<string, HeardPoint>,
  { incoming, at }: { incoming: readonly LivePoint[]; at: number },
): ReadonlyMap<string, HeardPoint> {
  if (incoming.length === 0) return known
  const points = new Map(known)
  for (const point of incoming) {
    points.delete(point.sensor)
    points.set(point.sensor, { ...point, heardAt: at })
  }
  for (const sensor of points.keys()) {
    if (points.size <= MAX_POINTS) break
    points.delete(sensor)
  }
  return points
}

/** A reading that came with a frame and again with a snapshot is one alert. */
function mergeAlerts(known: readonly LivePoint[], incoming: readonly LivePoint[]): readonly LivePoint[] {
  if (incoming.length === 0) return known
  const seen = new Set<string>()
  const alerts: LivePoint[] = []
  for (const alert of [...incoming, ...known]) {
    const key = alertKey(alert)
    if (seen.has(key)) continue
    seen.add(key)
    alerts.push(alert)
    if (alerts.length === MAX_ALERTS) break
  }
  return alerts
}

export function alertKey({ sensor, capturedTime, value, latitude, longitude }: LivePoint): string {
  return `${sensor} ${capturedTime} ${value} ${latitude},${longitude}`
}

function addRate(rates: LiveModel['rates'], rate: { at: number; perSecond: number }): LiveModel['rates'] {
  const last = rates.at(-1)
  if (last && rate.at < last.at) return [rate]
  if (last && rate.at - last.at < 1000) return rates
  return [...rates.slice(1 - RATE_SECONDS), rate]
}

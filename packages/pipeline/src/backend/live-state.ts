import type { Level, LivePoint } from '@radtune/core/contract'
import { type PastReading, ReadingRing } from './reading-ring.ts'

export interface LiveStateLimits {
  /** Sensors whose latest reading is kept, give or take a sixteenth; the one that was silent longest goes first. */
  sensors: number
  /** Readings of all sensors that are kept for the history of each. */
  history: number
  alerts: number
}

export const LIVE_STATE_LIMITS: LiveStateLimits = { sensors: 50_000, history: 200_000, alerts: 200 }

interface Sensor {
  latest: LivePoint
  capturedMs: number
  /** Number of its newest reading in the ring. */
  ringNumber: number
}

/** What the backend knows about the readings it has received: bounded, in memory, from its start on. */
export class LiveState {
  readonly received = { normal: 0, critical: 0 }
  readonly levels: Record<Level, number> = { low: 0, moderate: 0, high: 0 }
  readonly #limits: LiveStateLimits
  readonly #ring: ReadingRing
  /** In the order in which sensors were last heard of, the most recent last. */
  readonly #sensors = new Map<string, Sensor>()
  /** Oldest first. */
  readonly #alerts: LivePoint[] = []
  #eventMs = Number.NEGATIVE_INFINITY

  constructor(limits: LiveStateLimits = LIVE_STATE_LIMITS) {
    this.#limits = limits
    this.#ring = new ReadingRing(limits.history)
  }

  /** Takes a reading in. Returns the sensor's latest reading by captured time: a late one does not replace a newer one. */
  add(point: LivePoint): LivePoint {
    if (point.critical) {
      this.received.critical += 1
      this.#alerts.push(point)
      if (this.#alerts.length > this.#limits.alerts) this.#alerts.shift()
    } else {
      this.received.normal += 1
    }
    this.levels[point.level] += 1
    const capturedMs = Date.parse(point.capturedTime)
    this.#eventMs = Math.max(this.#eventMs, capturedMs)
    const known = this.#sensors.get(point.sensor)
    const ringNumber = this.#ring.add(point, known?.ringNumber ?? -1)
    const sensor: Sensor =
      known && known.capturedMs > capturedMs
        ? { ...known, ringNumber }
        : { latest: point, capturedMs, ringNumber }
    this.#sensors.delete(point.sensor)
    this.#sensors.set(point.sensor, sensor)
    this.#forgetOldest()
    return sensor.latest
  }

  get sensorCount(): number {
    return this.#sensors.size
  }

  /** Newest captured time received, ISO; null before the first reading. */
  get eventTime(): string | null {
    return Number.isFinite(this.#eventMs) ? new Date(this.#eventMs).toISOString() : null
  }

  get newestAlert(): LivePoint | undefined {
    return this.#alerts.at(-1)
  }

  /** Newest first. */
  alerts(): LivePoint[] {
    return this.#alerts.toReversed()
  }

  /** The latest reading of the `limit` sensors heard of most recently, most recent first. */
  points(limit: number): LivePoint[] {
    const skip = Math.max(0, this.#sensors.size - limit)
    const points: LivePoint[] = []
    let index = 0
    for (const { latest } of this.#sensors.values()) {
      if (index >= skip) points.push(latest)
      index += 1
    }
    return points.reverse()
  }

  /** The last readings of one sensor, newest first; undefined for a sensor that is not known. */
  readingsOf(sensor: string, limit: number): PastReading[] | undefined {
    const known = this.#sensors.get(sensor)
    return known && this.#ring.readBack(known.ringNumber, limit)
  }

  /** Many at a time: a Map is slow to find its first key after each deletion at its front. */
  #forgetOldest(): void {
    const { sensors: limit } = this.#limits
    if (this.#sensors.size <= limit + Math.floor(limit / 16)) return
    for (const sensor of this.#sensors.keys()) {
      if (this.#sensors.size <= limit) return
      this.#sensors.delete(sensor)
    }
  }
}

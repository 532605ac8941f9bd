import { LEVELS, type Level, type LivePoint } from '@radtune/core/contract'
import type { IncomingReading } from './incoming-reading.ts'
import { type PastReading, ReadingRing } from './reading-ring.ts'
import { SensorName } from './sensor-name.ts'
import { SensorTable } from './sensor-table.ts'

export interface LiveStateLimits {
  /** Sensors whose latest reading is kept; the one that was silent longest goes first. */
  sensors: number
  /** Readings of all sensors that are kept for the history of each. */
  history: number
  alerts: number
}

export const LIVE_STATE_LIMITS: LiveStateLimits = { sensors: 50_000, history: 200_000, alerts: 200 }

/** What the backend knows about the readings it has received: bounded, in memory, from its start on. */
export class LiveState {
  readonly received = { normal: 0, critical: 0 }
  readonly levels: Record<Level, number> = { low: 0, moderate: 0, high: 0 }
  readonly sensors: SensorTable
  readonly #limits: LiveStateLimits
  readonly #ring: ReadingRing
  /** Oldest first. */
  readonly #alerts: LivePoint[] = []
  #eventUs = Number.NEGATIVE_INFINITY

  constructor(limits: LiveStateLimits = LIVE_STATE_LIMITS) {
    this.#limits = limits
    this.#ring = new ReadingRing(limits.history)
    this.sensors = new SensorTable(limits.sensors)
  }

  /**
   * Takes a reading in. Returns its sensor's entry in `sensors`, where the latest by captured time stands: a late reading does
   * not replace a newer one. A critical one is the newest alert afterwards.
   */
  add(reading: IncomingReading): number {
    const { sensors } = this
    const known = sensors.find(reading.sensor)
    const entry = known >= 0 ? known : sensors.claim(reading.sensor)
    sensors.setRingNumber(entry, this.#ring.add(reading, sensors.ringNumber(entry)))
    sensors.update(entry, reading)
    this.levels[LEVELS[reading.level] as Level] += 1
    this.#eventUs = Math.max(this.#eventUs, reading.capturedUs)
    if (reading.critical) {
      this.received.critical += 1
      this.#alerts.push(reading.toPoint())
      if (this.#alerts.length > this.#limits.alerts) this.#alerts.shift()
    } else {
      this.received.normal += 1
    }
    return entry
  }

  get sensorCount(): number {
    return this.sensors.size
  }

  /** Newest captured time received, ISO; null before the first reading. */
  get eventTime(): string | null {
    return Number.isFinite(this.#eventUs) ? new Date(Math.floor(this.#eventUs / 1000)).toISOString() : null
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
    const { heard } = this.sensors
    const points: LivePoint[] = []
    for (let entry = heard.newest; entry >= 0 && points.length < limit; entry = heard.olderThan(entry))
      points.push(this.sensors.point(entry))
    return points
  }

  /** The last readings of one sensor, newest first; undefined for a sensor that is not known. */
  readingsOf(sensor: string, limit: number): PastReading[] | undefined {
    const entry = this.sensors.find(new SensorName().begin(sensor))
    return entry < 0 ? undefined : this.#ring.readBack(this.sensors.ringNumber(entry), limit)
  }
}

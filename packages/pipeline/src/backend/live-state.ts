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

/** What the backend knows about readings: bounded, in memory; counts are of those that it received since its start. */
export class LiveState {
  readonly received = { normal: 0, critical: 0 }
  readonly levels: Record<Level, number> = { low: 0, moderate: 0, high: 0 }
  readonly sensors: SensorTable
  readonly #limits: LiveStateLimits
  readonly #ring: ReadingRing
  /** Oldest first. */
  readonly #alerts: LivePoint[] = []
  #newestAlert: LivePoint | undefined
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
    this.levels[LEVELS[reading.level] as Level] += 1
    if (reading.critical) {
      this.received.critical += 1
      this.#newestAlert = reading.toPoint()
      this.#keepAlert(this.#newestAlert)
    } else {
      this.received.normal += 1
    }
    return this.remember(reading)
  }

  /** Takes a reading in that was not received just now: it is known of its sensor, and counts as nothing else. */
  remember(reading: IncomingReading): number {
    const { sensors } = this
    const known = sensors.find(reading.sensor)
    const entry = known >= 0 ? known : sensors.claim(reading.sensor)
    sensors.setRingNumber(entry, this.#ring.add(reading, sensors.ringNumber(entry)))
    sensors.update(entry, reading)
    this.#eventUs = Math.max(this.#eventUs, reading.capturedUs)
    return entry
  }

  /** Critical readings from before the start, oldest first. */
  rememberAlerts(alerts: readonly LivePoint[]): void {
    const own = this.#alerts.splice(0)
    for (const alert of [...alerts, ...own]) this.#keepAlert(alert)
  }

  #keepAlert(alert: LivePoint): void {
    this.#alerts.push(alert)
    if (this.#alerts.length > this.#limits.alerts) this.#alerts.shift()
  }

  get sensorCount(): number {
    return this.sensors.size
  }

  /** Newest captured time received, ISO; null before the first reading. */
  get eventTime(): string | null {
    return Number.isFinite(this.#eventUs) ? new Date(Math.floor(this.#eventUs / 1000)).toISOString() : null
  }

  /** Of those that were received since the start. */
  get newestAlert(): LivePoint | undefined {
    return this.#newestAlert
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

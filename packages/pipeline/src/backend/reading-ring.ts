import { LEVELS, type LivePoint } from '@radtune/core/contract'
import type { IncomingReading } from './incoming-reading.ts'

/** One remembered reading of a sensor. */
export type PastReading = Pick<
  LivePoint,
  'latitude' | 'longitude' | 'value' | 'usvh' | 'level' | 'critical' | 'capturedTime'
>

/**
 * The last `capacity` readings of all sensors together, each linked to the previous one of its sensor. Memory is fixed at
 * about 50 bytes a reading, however many sensors there are.
 */
export class ReadingRing {
  readonly #capacity: number
  readonly #latitude: Float64Array
  readonly #longitude: Float64Array
  readonly #value: Float64Array
  readonly #usvh: Float64Array
  readonly #capturedMs: Float64Array
  /** Number of the previous reading of the same sensor, -1 for none. */
  readonly #previous: Float64Array
  /** Level, and 4 for critical. */
  readonly #mark: Uint8Array
  #next = 0

  constructor(capacity: number) {
    this.#capacity = capacity
    this.#latitude = new Float64Array(capacity)
    this.#longitude = new Float64Array(capacity)
    this.#value = new Float64Array(capacity)
    this.#usvh = new Float64Array(capacity)
    this.#capturedMs = new Float64Array(capacity)
    this.#previous = new Float64Array(capacity)
    this.#mark = new Uint8Array(capacity)
  }

  /** Remembers a reading and returns its number, to be given as `previous` with the next one of the same sensor. */
  add(reading: IncomingReading, previous: number): number {
    const at = this.#next % this.#capacity
    this.#latitude[at] = reading.latitude
    this.#longitude[at] = reading.longitude
    this.#value[at] = reading.value
    this.#usvh[at] = reading.usvh
    this.#capturedMs[at] = Math.floor(reading.capturedUs / 1000)
    this.#previous[at] = previous
    this.#mark[at] = reading.level | (reading.critical ? CRITICAL : 0)
    this.#next += 1
    return this.#next - 1
  }

  /** At most `limit` readings of one sensor, newest first, from the number of its newest on; what left the ring is gone. */
  readBack(newest: number, limit: number): PastReading[] {
    const readings: PastReading[] = []
    const oldest = Math.max(0, this.#next - this.#capacity)
    for (let number = newest; number >= oldest && readings.length < limit; ) {
      const at = number % this.#capacity
      const mark = this.#mark[at] ?? 0
      readings.push({
        latitude: this.#latitude[at] ?? 0,
        longitude: this.#longitude[at] ?? 0,
        value: this.#value[at] ?? 0,
        usvh: this.#usvh[at] ?? 0,
        level: LEVELS[mark & ~CRITICAL] ?? 'low',
        critical: (mark & CRITICAL) !== 0,
        capturedTime: new Date(this.#capturedMs[at] ?? 0).toISOString(),
      })
      number = this.#previous[at] ?? -1
    }
    return readings
  }
}

const CRITICAL = 4

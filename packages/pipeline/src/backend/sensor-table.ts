import { LEVELS, type LivePoint } from '@radtune/core/contract'
import { formatInstantIso } from '@radtune/core/safecast'
import { CellIndex } from './cell-index.ts'
import { copyOf, EntryList } from './entry-list.ts'
import type { IncomingReading } from './incoming-reading.ts'
import type { SensorName } from './sensor-name.ts'

const FREE = -1
const FIRST_CAPACITY = 64

/**
 * The latest reading of each sensor, in columns: a sensor is an entry, a number that stays the same while the sensor is held. When
 * all entries are taken, the sensor that was silent longest gives its entry to a new one. Columns grow by doubling; a reading
 * of a known sensor makes nothing new.
 */
export class SensorTable {
  readonly #maxSensors: number
  /** Oldest first in the order in which they were last heard of. */
  readonly heard = new EntryList()
  readonly cells = new CellIndex((entry) => this.#usvh[entry] as number)
  #capacity = 0
  /** Entries by the hash of their name, at the first free place from there on; twice as many places as entries, a power of two. */
  #places = new Int32Array(0)
  #names: string[] = []
  #flags: (readonly string[])[] = []
  #hash = new Int32Array(0)
  #latitude = new Float64Array(0)
  #longitude = new Float64Array(0)
  #value = new Float64Array(0)
  #usvh = new Float64Array(0)
  #capturedUs = new Float64Array(0)
  #latencyMs = new Float64Array(0)
  /** Number of its newest reading in the ring. */
  #ringNumber = new Float64Array(0)
  #level = new Uint8Array(0)
  #critical = new Uint8Array(0)

  constructor(maxSensors: number) {
    this.#maxSensors = maxSensors
  }

  get size(): number {
    return this.#names.length
  }

  /** The entry of a sensor, −1 when it is not held. */
  find(name: SensorName): number {
    const mask = this.#places.length - 1
    if (mask < 0) return FREE
    for (let place = name.hash & mask; ; place = (place + 1) & mask) {
      const entry = this.#places[place] as number
      if (entry === FREE || (this.#hash[entry] === name.hash && name.is(this.#names[entry] as string)))
        return entry
    }
  }

  /** Gives a sensor that is not held an entry, with no reading yet. */
  claim(name: SensorName): number {
    const entry = this.size < this.#maxSensors ? this.size : this.#releaseOldest()
    if (entry >= this.#capacity) this.#grow()
    this.#names[entry] = name.toString()
    this.#hash[entry] = name.hash
    this.#capturedUs[entry] = Number.NEGATIVE_INFINITY
    this.#latitude[entry] = Number.NaN
    this.#ringNumber[entry] = -1
    this.#insert(entry)
    return entry
  }

  /** Takes a reading for the latest of its sensor, unless that was captured later. */
  update(entry: number, reading: IncomingReading): void {
    this.heard.renew(entry)
    if ((this.#capturedUs[entry] as number) > reading.capturedUs) return
    const { latitude, longitude, usvh } = reading
    if (this.#latitude[entry] !== latitude || this.#longitude[entry] !== longitude)
      this.cells.place(entry, latitude, longitude)
    else if (this.#usvh[entry] !== usvh) this.cells.touch(entry)
    this.#latitude[entry] = latitude
    this.#longitude[entry] = longitude
    this.#value[entry] = reading.value
    this.#usvh[entry] = usvh
    this.#capturedUs[entry] = reading.capturedUs
    this.#latencyMs[entry] = reading.latencyMs
    this.#level[entry] = reading.level
    this.#critical[entry] = reading.critical ? 1 : 0
    this.#flags[entry] = reading.flags
  }

  ringNumber(entry: number): number {
    return this.#ringNumber[entry] as number
  }

  setRingNumber(entry: number, number: number): void {
    this.#ringNumber[entry] = number
  }

  nameOf(entry: number): string {
    return this.#names[entry] as string
  }

  /** The latest reading of a sensor as the page shows it. */
  point(entry: number): LivePoint {
    const latencyMs = this.#latencyMs[entry] as number
    return {
      sensor: this.nameOf(entry),
      latitude: this.#latitude[entry] as number,
      longitude: this.#longitude[entry] as number,
      value: this.#value[entry] as number,
      usvh: this.#usvh[entry] as number,
      level: LEVELS[this.#level[entry] as number] ?? 'low',
      critical: this.#critical[entry] === 1,
      capturedTime: formatInstantIso(this.#capturedUs[entry] as number),
      flags: [...(this.#flags[entry] ?? [])],
      latencyMs: Number.isNaN(latencyMs) ? null : latencyMs,
    }
  }

  #insert(entry: number): void {
    const mask = this.#places.length - 1
    let place = (this.#hash[entry] as number) & mask
    while (this.#places[place] !== FREE) place = (place + 1) & mask
    this.#places[place] = entry
  }

  #releaseOldest(): number {
    const entry = this.heard.oldest
    this.heard.remove(entry)
    this.cells.remove(entry)
    const mask = this.#places.length - 1
    let hole = (this.#hash[entry] as number) & mask
    while (this.#places[hole] !== entry) hole = (hole + 1) & mask
    // Whoever lies further than the hole from where its hash points moves up: else it would not be found past the hole.
    for (let place = (hole + 1) & mask; this.#places[place] !== FREE; place = (place + 1) & mask) {
      const wanted = (this.#hash[this.#places[place] as number] as number) & mask
      if (((place - wanted) & mask) < ((place - hole) & mask)) continue
      this.#places[hole] = this.#places[place] as number
      hole = place
    }
    this.#places[hole] = FREE
    return entry
  }

  #grow(): void {
    const capacity = Math.max(FIRST_CAPACITY, 2 * this.#capacity)
    this.#capacity = capacity
    this.#hash = copyOf(this.#hash, new Int32Array(capacity))
    this.#latitude = copyOf(this.#latitude, new Float64Array(capacity))
    this.#longitude = copyOf(this.#longitude, new Float64Array(capacity))
    this.#value = copyOf(this.#value, new Float64Array(capacity))
    this.#usvh = copyOf(this.#usvh, new Float64Array(capacity))
    this.#capturedUs = copyOf(this.#capturedUs, new Float64Array(capacity))
    this.#latencyMs = copyOf(this.#latencyMs, new Float64Array(capacity))
    this.#ringNumber = copyOf(this.#ringNumber, new Float64Array(capacity))
    this.#level = copyOf(this.#level, new Uint8Array(capacity))
    this.#critical = copyOf(this.#critical, new Uint8Array(capacity))
    this.#places = new Int32Array(2 * capacity).fill(FREE)
    for (let entry = 0; entry < this.size; entry += 1) this.#insert(entry)
  }
}

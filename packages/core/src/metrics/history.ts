import { known, type Reading } from './reading.ts'

/** Smallest, largest and newest value in one cell of a resampled series; null where nothing is known. */
export type SeriesCell = { min: number; max: number; last: number } | null

export interface HistoryOptions {
  /** Samples that are kept: an hour at one a second when left out. */
  capacity?: number
}

const HOUR_AT_1_HZ = 3600

/**
 * A ring of samples of any number of metrics by name, in typed columns: 8 bytes a sample and metric, whatever happens. What is
 * not known takes its place as a gap. Times go up; a sample that is not newer than the newest is refused.
 */
export class History {
  readonly capacity: number
  readonly #times: Float64Array
  readonly #columns = new Map<string, Float64Array>()
  /** Number of the sample in which a column had its last value, counted from the first ever. */
  readonly #lastKnown = new Map<string, number>()
  #count = 0
  #scratch: Scratch | undefined

  constructor({ capacity = HOUR_AT_1_HZ }: HistoryOptions = {}) {
    this.capacity = Math.max(2, Math.floor(capacity))
    this.#times = new Float64Array(this.capacity)
  }

  /** Samples that are held. */
  get length(): number {
    return Math.min(this.#count, this.capacity)
  }

  get metrics(): string[] {
    return [...this.#columns.keys()]
  }

  /** Bytes that the columns take. */
  get bytes(): number {
    return (this.#columns.size + 1) * this.capacity * Float64Array.BYTES_PER_ELEMENT
  }

  /** Wall-clock milliseconds of the newest and the oldest sample; undefined while there is none. */
  get newestAt(): number | undefined {
    return this.#timeOf(this.length - 1)
  }

  get oldestAt(): number | undefined {
    return this.#timeOf(0)
  }

  /** Adds the values of one instant; false when it is not newer than the newest. */
  add(at: number, values: ReadonlyMap<string, Reading<number>>): boolean {
    if (!Number.isFinite(at) || at <= (this.newestAt ?? Number.NEGATIVE_INFINITY)) return false
    const place = this.#count % this.capacity
    this.#times[place] = at
    for (const column of this.#columns.values()) column[place] = Number.NaN
    for (const [metric, reading] of values) {
      if (!reading.known || !Number.isFinite(reading.value)) continue
      this.#column(metric)[place] = reading.value
      this.#lastKnown.set(metric, this.#count)
    }
    this.#count += 1
    this.#dropEmptyColumns()
    return true
  }

  /** Puts samples before the oldest one, as far as there is room; those that are not older are left out. Times go up. */
  addOlder(samples: readonly { at: number; values: ReadonlyMap<string, Reading<number>> }[]): void {
    const newer = Array.from({ length: this.length }, (_, index) => this.#sampleAt(index))
    const oldest = this.oldestAt ?? Number.POSITIVE_INFINITY
    this.#columns.clear()
    this.#lastKnown.clear()
    this.#count = 0
    for (const { at, values } of samples) if (at < oldest) this.add(at, values)
    for (const { at, values } of newer) this.add(at, values)
  }

  /**
   * Writes times and values of a metric in (from, to], oldest first, into `into`, and answers how many: for what is asked of all
   * metrics every second. What is not known is left out.
   */
  read(metric: string, { from, to }: { from: number; to: number }, into: Scratch): number {
    const column = this.#columns.get(metric)
    if (!column) return 0
    const end = this.#firstAfter(to)
    let count = 0
    for (let index = this.#firstAfter(from); index < end; index += 1) {
      const place = this.#place(index)
      const value = column[place] as number
      if (Number.isNaN(value)) continue
      into.times[count] = this.#times[place] as number
      into.values[count] = value
      count += 1
    }
    return count
  }

  /** Values of a metric in (from, to], oldest first, with their times; what is not known is left out. */
  values(metric: string, { from, to = Number.POSITIVE_INFINITY }: { from: number; to?: number }): Sampled {
    const { times, values } = this.#read(metric, { from, to })
    return { times: Array.from(times), values: Array.from(values) }
  }

  /** The newest value of a metric that is known, with its time. */
  newest(metric: string): Reading<number> | undefined {
    const number = this.#lastKnown.get(metric)
    const column = this.#columns.get(metric)
    if (number === undefined || !column || number < this.#count - this.length) return undefined
    const place = number % this.capacity
    return known(column[place] as number, this.#times[place] as number)
  }

  /** A metric in (from, to] resampled to `width` cells of equal time. */
  series(metric: string, { from, to, width }: { from: number; to: number; width: number }): SeriesCell[] {
    const cells: SeriesCell[] = Array.from({ length: Math.max(0, Math.floor(width)) }, () => null)
    const span = to - from
    if (cells.length === 0 || !(span > 0)) return cells
    const { times, values } = this.#read(metric, { from, to })
    for (let index = 0; index < values.length; index += 1) {
      const value = values[index] as number
      const at = Math.min(
        cells.length - 1,
        Math.max(0, Math.ceil((((times[index] as number) - from) / span) * cells.length) - 1),
      )
      const cell = cells[at]
      cells[at] = cell
        ? { min: Math.min(cell.min, value), max: Math.max(cell.max, value), last: value }
        : { min: value, max: value, last: value }
    }
    return cells
  }

  /** Views into scratch room, which hold until the next call. */
  #read(metric: string, between: { from: number; to: number }): Scratch {
    this.#scratch ??= createScratch(this.capacity)
    const count = this.read(metric, between, this.#scratch)
    return { times: this.#scratch.times.subarray(0, count), values: this.#scratch.values.subarray(0, count) }
  }

  #sampleAt(index: number): { at: number; values: Map<string, Reading<number>> } {
    const place = this.#place(index)
    const at = this.#times[place] as number
    const values = new Map<string, Reading<number>>()
    for (const [metric, column] of this.#columns) {
      const value = column[place] as number
      if (!Number.isNaN(value)) values.set(metric, known(value, at))
    }
    return { at, values }
  }

  #column(metric: string): Float64Array {
    let column = this.#columns.get(metric)
    if (!column) {
      column = new Float64Array(this.capacity).fill(Number.NaN)
      this.#columns.set(metric, column)
    }
    return column
  }

  /** A metric of something that is gone is forgotten with its last value, so that restarts and renames do not pile up. */
  #dropEmptyColumns(): void {
    if (this.#count % 60 !== 0) return
    for (const [metric, number] of this.#lastKnown) {
      if (this.#count - number <= this.capacity) continue
      this.#columns.delete(metric)
      this.#lastKnown.delete(metric)
    }
  }

  #place(index: number): number {
    return (this.#count - this.length + index) % this.capacity
  }

  #timeOf(index: number): number | undefined {
    return index < 0 || index >= this.length ? undefined : this.#times[this.#place(index)]
  }

  /** Index of the first sample later than `at`. */
  #firstAfter(at: number): number {
    let [low, high] = [0, this.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#times[this.#place(middle)] as number) > at) high = middle
      else low = middle + 1
    }
    return low
  }
}

/** Room for as many samples as a history holds, used again and again. */
export interface Scratch {
  times: Float64Array
  values: Float64Array
}

export function createScratch(capacity: number): Scratch {
  return { times: new Float64Array(capacity), values: new Float64Array(capacity) }
}

interface Sampled {
  times: number[]
  values: number[]
}

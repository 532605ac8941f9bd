import { LIVE_CELL_ZOOM, type LiveCell } from '@radtune/core/contract'
import { copyOf, EntryList } from './entry-list.ts'

const NONE = -1
const FIRST_CAPACITY = 64
const SIDE = 2 ** LIVE_CELL_ZOOM
/** Northern edge of each row, north to south: a search in them is cheaper than the formula of Web Mercator for each reading. */
const ROW_EDGES = Float64Array.from({ length: SIDE }, (_, row) => {
  const fromEquator = Math.PI * (1 - (2 * row) / SIDE)
  return (Math.atan(Math.sinh(fromEquator)) * 180) / Math.PI
})

/**
 * Which sensors are in which square of the map, and, from `tell` on, which squares have changed since they were told. A sensor that stays
 * where it is costs nothing but a mark; what a square comes to is worked out when it is told, over the sensors that are in it then.
 */
export class CellIndex {
  readonly #doseOf: (entry: number) => number
  /** By square: one of its sensors, from which the others follow. */
  readonly #first = new Int32Array(SIDE * SIDE).fill(NONE)
  readonly #changed = new EntryList()
  #isTold = false
  /** By entry: its square, and its neighbours there. */
  #square = new Int32Array(0)
  #next = new Int32Array(0)
  #previous = new Int32Array(0)

  constructor(doseOf: (entry: number) => number) {
    this.#doseOf = doseOf
  }

  /** Squares that have changed and are not told yet. */
  get changedCount(): number {
    return this.#changed.size
  }

  /** From now on somebody wants to know: of all squares first, then of each that changes. */
  tell(): void {
    if (this.#isTold) return
    this.#isTold = true
    for (let square = 0; square < this.#first.length; square += 1)
      if (this.#first[square] !== NONE) this.#mark(square)
  }

  /** A sensor is at a place, be it new or moved. */
  place(entry: number, latitude: number, longitude: number): void {
    if (entry >= this.#square.length) this.#grow(entry)
    const square = squareOf(latitude, longitude)
    if (this.#square[entry] !== square) {
      this.remove(entry)
      const second = this.#first[square] as number
      this.#square[entry] = square
      this.#previous[entry] = NONE
      this.#next[entry] = second
      if (second !== NONE) this.#previous[second] = entry
      this.#first[square] = entry
    }
    this.#mark(square)
  }

  /** A sensor has another dose rate where it is. */
  touch(entry: number): void {
    if (this.#isTold) this.#mark(this.#square[entry] as number)
  }

  /** A sensor is no longer held. */
  remove(entry: number): void {
    const square = this.#square[entry] ?? NONE
    if (square === NONE) return
    const [previous, next] = [this.#previous[entry] as number, this.#next[entry] as number]
    if (previous === NONE) this.#first[square] = next
    else this.#next[previous] = next
    if (next !== NONE) this.#previous[next] = previous
    this.#square[entry] = NONE
    this.#mark(square)
  }

  /** All squares with a sensor. */
  all(): LiveCell[] {
    const cells: LiveCell[] = []
    for (let square = 0; square < this.#first.length; square += 1)
      if (this.#first[square] !== NONE) cells.push(this.#read(square))
    return cells
  }

  /** Changed squares as JSON text, the one that waited longest first, as many as fit; they count as told. */
  takeChanged(maxBytes: number): { texts: string[]; bytes: number } {
    const texts: string[] = []
    let bytes = 0
    while (this.#changed.size > 0) {
      const square = this.#changed.oldest
      const text = JSON.stringify(this.#read(square))
      if (bytes + text.length + 1 > maxBytes) break
      bytes += text.length + 1
      texts.push(text)
      this.#changed.remove(square)
    }
    return { texts, bytes }
  }

  #mark(square: number): void {
    if (this.#isTold && !this.#changed.has(square)) this.#changed.renew(square)
  }

  #read(square: number): LiveCell {
    let [count, sum, most] = [0, 0, Number.NEGATIVE_INFINITY]
    for (let entry = this.#first[square] as number; entry !== NONE; entry = this.#next[entry] as number) {
      const dose = this.#doseOf(entry)
      count += 1
      sum += dose
      if (dose > most) most = dose
    }
    const [column, row] = [square % SIDE, Math.floor(square / SIDE)]
    return count === 0 ? [column, row, 0, 0, 0] : [column, row, count, rounded(sum / count), most]
  }

  #grow(entry: number): void {
    const longer = () => new Int32Array(Math.max(FIRST_CAPACITY, entry + 1, 2 * this.#square.length))
    this.#square = copyOf(this.#square, longer().fill(NONE))
    this.#next = copyOf(this.#next, longer())
    this.#previous = copyOf(this.#previous, longer())
  }
}

function squareOf(latitude: number, longitude: number): number {
  const column = Math.floor(((longitude + 180) / 360) * SIDE)
  return rowOf(latitude) * SIDE + Math.max(0, Math.min(SIDE - 1, column))
}

/** The last row whose northern edge is not south of a latitude; beyond the ends of the map the first or the last. */
function rowOf(latitude: number): number {
  let [row, beyond] = [0, SIDE]
  while (beyond - row > 1) {
    const middle = (row + beyond) >>> 1
    if ((ROW_EDGES[middle] as number) >= latitude) row = middle
    else beyond = middle
  }
  return row
}

function rounded(dose: number): number {
  return Number(dose.toPrecision(4))
}

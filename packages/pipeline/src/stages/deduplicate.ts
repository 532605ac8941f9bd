import type { Valid } from './judgement.ts'

/** A 64-bit key in two unsigned halves. */
export interface ReadingKey {
  high: number
  low: number
}

/**
 * Writes the key of a reading into `into`: a hash of latitude and longitude (5 decimals), CPM (2 decimals) and captured
 * time. Two different readings of one window of 200,000 meet by chance once in about 10^9 windows.
 */
export function hashReading(
  reading: Pick<Valid, 'lat5' | 'lon5' | 'cpm100' | 'instantUs'>,
  into: ReadingKey,
): void {
  const { lat5, lon5, cpm100, instantUs } = reading
  let a = 0x9e3779b9
  let b = 0x85ebca6b
  for (let at = 0; at < 6; at += 1) {
    const word = wordOf(at, lat5, lon5, cpm100, instantUs)
    a = Math.imul(rotate(a ^ Math.imul(word, 0xcc9e2d51), 15), 0x1b873593) + 0x165667b1
    b = Math.imul(rotate((b + Math.imul(word, 0xc2b2ae3d)) ^ a, 13), 0x9e3779b1) + 0x27d4eb2f
  }
  a = avalanche(a + b)
  b = avalanche(b + a)
  into.high = a >>> 0
  into.low = b >>> 0
}

const TWO_32 = 2 ** 32

function wordOf(at: number, lat5: number, lon5: number, cpm100: number, instantUs: number): number {
  switch (at) {
    case 0:
      return lat5 | 0
    case 1:
      return lon5 | 0
    case 2:
      return cpm100 | 0
    case 3:
      return Math.floor(cpm100 / TWO_32) | 0
    case 4:
      return instantUs | 0
    default:
      return Math.floor(instantUs / TWO_32) | 0
  }
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

/** The finaliser of MurmurHash3: every bit of the input changes half of the output. */
function avalanche(word: number): number {
  let h = word ^ (word >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return h ^ (h >>> 16)
}

const FIRST_CAPACITY = 1024

/**
 * Remembers the keys of the previous W input offsets of one partition, in about 13 bytes each: a ring with one place per
 * offset, and an open-addressing table that finds the ring place of a key. The ring begins small and doubles up to W.
 */
export class DuplicateWindow {
  readonly #limit: number
  #capacity: number
  /** Keys by ring place; (0, 0) is an empty place. */
  #high: Uint32Array
  #low: Uint32Array
  /** Ring place + 1 of each key, 0 for none; linear probing from the hash. */
  #table: Uint32Array
  #mask: number
  /** Ring place of the last offset, and that offset; −1 before the first. */
  #place = -1
  #last = -1
  /** Offsets seen since the window began, skipped ones included, up to the capacity. */
  #span = 0

  constructor(windowOffsets: number) {
    this.#limit = windowOffsets
    this.#capacity = Math.min(windowOffsets, FIRST_CAPACITY)
    this.#high = new Uint32Array(this.#capacity)
    this.#low = new Uint32Array(this.#capacity)
    this.#table = new Uint32Array(tableSize(this.#capacity))
    this.#mask = this.#table.length - 1
  }

  /**
   * Whether the key occurred within the previous W offsets; remembers it at this one either way. Offsets grow from call to
   * call and may skip some, which count as offsets without a key. An offset that does not grow begins a new window.
   */
  seen(offset: number, high: number, low: number): boolean {
    if (this.#limit === 0) return false
    if (offset <= this.#last) this.clear()
    this.#moveTo(offset)
    const keyLow = high === 0 && low === 0 ? 1 : low
    const place = this.#place
    // The place of offset − W is the place of this offset, and it still counts: look first, then overwrite.
    const found = this.#table[this.#find(high, keyLow)] as number
    if (found - 1 === place) return true
    this.#vacate(place)
    this.#table[this.#find(high, keyLow)] = place + 1
    if (found !== 0) {
      this.#high[found - 1] = 0
      this.#low[found - 1] = 0
    }
    this.#high[place] = high
    this.#low[place] = keyLow
    return found !== 0
  }

  /** Forgets everything, as at the start of a partition. */
  clear(): void {
    this.#high.fill(0)
    this.#low.fill(0)
    this.#table.fill(0)
    this.#place = -1
    this.#last = -1
    this.#span = 0
  }

  /** Bytes that the window holds now. */
  get bytes(): number {
    return this.#high.byteLength + this.#low.byteLength + this.#table.byteLength
  }

  /** Makes `offset` the newest one: expires the keys of offsets before offset − W, and grows before any other would go. */
  #moveTo(offset: number): void {
    const skipped = this.#last === -1 ? 0 : offset - this.#last - 1
    while (this.#capacity < this.#limit && this.#span + skipped + 1 > this.#capacity) this.#grow()
    if (skipped >= this.#capacity) {
      this.clear()
      this.#last = offset
      this.#place = 0
      this.#span = 1
      return
    }
    for (let count = 0; count < skipped; count += 1) {
      this.#place = this.#next(this.#place)
      this.#vacate(this.#place)
    }
    this.#place = this.#next(this.#place)
    this.#last = offset
    this.#span = Math.min(this.#capacity, this.#span + skipped + 1)
  }

  #next(place: number): number {
    return place + 1 === this.#capacity ? 0 : place + 1
  }

  #vacate(place: number): void {
    const high = this.#high[place] as number
    const low = this.#low[place] as number
    if (high === 0 && low === 0) return
    this.#remove(this.#find(high, low))
    this.#high[place] = 0
    this.#low[place] = 0
  }

  /** The table slot of a key, or the free one where it would go. */
  #find(high: number, low: number): number {
    let slot = low & this.#mask
    for (;;) {
      const entry = this.#table[slot] as number
      if (entry === 0) return slot
      if (this.#low[entry - 1] === low && this.#high[entry - 1] === high) return slot
      slot = (slot + 1) & this.#mask
    }
  }

  /** Frees a slot and moves later entries of its run back, so that no search ends too early. */
  #remove(slot: number): void {
    let hole = slot
    let at = slot
    for (;;) {
      at = (at + 1) & this.#mask
      const entry = this.#table[at] as number
      if (entry === 0) break
      const home = (this.#low[entry - 1] as number) & this.#mask
      if (((at - home) & this.#mask) >= ((at - hole) & this.#mask)) {
        this.#table[hole] = entry
        hole = at
      }
    }
    this.#table[hole] = 0
  }

  /** Doubles the ring, oldest offset first, and builds the table again. */
  #grow(): void {
    const { length } = this.#high
    const capacity = Math.min(this.#limit, length * 2)
    const high = new Uint32Array(capacity)
    const low = new Uint32Array(capacity)
    const oldest = this.#span < length ? 0 : this.#next(this.#place)
    high.set(this.#high.subarray(oldest))
    high.set(this.#high.subarray(0, oldest), length - oldest)
    low.set(this.#low.subarray(oldest))
    low.set(this.#low.subarray(0, oldest), length - oldest)
    this.#place = this.#span - 1
    this.#high = high
    this.#low = low
    this.#capacity = capacity
    this.#table = new Uint32Array(tableSize(capacity))
    this.#mask = this.#table.length - 1
    for (let place = 0; place < this.#span; place += 1) {
      const keyHigh = high[place] as number
      const keyLow = low[place] as number
      if (keyHigh !== 0 || keyLow !== 0) this.#table[this.#find(keyHigh, keyLow)] = place + 1
    }
  }
}

/** The smallest power of two that leaves a quarter free, so that searches stay short. */
function tableSize(capacity: number): number {
  let size = 16
  while (size < capacity * 1.3) size *= 2
  return size
}

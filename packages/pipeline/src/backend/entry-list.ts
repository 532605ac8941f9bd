/** Neither in front of nor behind anything. */
const NONE = -1
const FIRST_CAPACITY = 64

/**
 * Entries, which are small whole numbers, in the order in which they were last moved to the newest end. Doubly linked by two
 * columns, so that moving, removing and taking the oldest cost the same however many there are, and leave no garbage.
 */
export class EntryList {
  #size = 0
  #oldest = NONE
  #newest = NONE
  #older = new Int32Array(FIRST_CAPACITY)
  #newer = new Int32Array(FIRST_CAPACITY)
  /** 1 for what is in the list. */
  #holds = new Uint8Array(FIRST_CAPACITY)

  get size(): number {
    return this.#size
  }

  /** −1 when the list is empty. */
  get oldest(): number {
    return this.#oldest
  }

  /** −1 when the list is empty. */
  get newest(): number {
    return this.#newest
  }

  has(entry: number): boolean {
    return this.#holds[entry] === 1
  }

  /** The next older entry, −1 after the oldest. */
  olderThan(entry: number): number {
    return this.#older[entry] ?? NONE
  }

  /** Makes an entry the newest, whether it was in the list or not. */
  renew(entry: number): void {
    if (entry === this.#newest) return
    if (entry >= this.#holds.length) this.#grow(entry)
    if (this.has(entry)) this.remove(entry)
    this.#older[entry] = this.#newest
    this.#newer[entry] = NONE
    if (this.#newest === NONE) this.#oldest = entry
    else this.#newer[this.#newest] = entry
    this.#newest = entry
    this.#holds[entry] = 1
    this.#size += 1
  }

  /** Takes an entry out that is in the list. */
  remove(entry: number): void {
    const older = this.#older[entry] as number
    const newer = this.#newer[entry] as number
    if (older === NONE) this.#oldest = newer
    else this.#newer[older] = newer
    if (newer === NONE) this.#newest = older
    else this.#older[newer] = older
    this.#holds[entry] = 0
    this.#size -= 1
  }

  clear(): void {
    while (this.#oldest !== NONE) this.remove(this.#oldest)
  }

  #grow(entry: number): void {
    const capacity = Math.max(entry + 1, 2 * this.#holds.length)
    this.#older = copyOf(this.#older, new Int32Array(capacity))
    this.#newer = copyOf(this.#newer, new Int32Array(capacity))
    this.#holds = copyOf(this.#holds, new Uint8Array(capacity))
  }
}

/** A longer column with what was in the shorter one. */
export function copyOf<Column extends Int32Array | Float64Array | Uint8Array>(
  shorter: Column,
  longer: Column,
): Column {
  longer.set(shorter)
  return longer
}

/** The share of time in which a stack was available, from what is observed of it. Times are monotonic milliseconds. */
export class Availability {
  #availableMs = 0
  #overMs = 0
  #available: boolean
  #at: number

  constructor(available: boolean, at: number) {
    this.#available = available
    this.#at = at
  }

  /** To be called at every change at least: until the next call it counts as it was. */
  observe(available: boolean, at: number): { share: number; overMs: number } {
    const elapsedMs = Math.max(0, at - this.#at)
    this.#overMs += elapsedMs
    if (this.#available) this.#availableMs += elapsedMs
    this.#available = available
    this.#at = at
    return {
      share: this.#overMs === 0 ? Number(available) : this.#availableMs / this.#overMs,
      overMs: this.#overMs,
    }
  }
}

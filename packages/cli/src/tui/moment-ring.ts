import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Moment } from '../services/monitor-stack.ts'

/** A moment without the evaluator, which is one for all of them. */
type Told = Pick<Moment, 'snapshot' | 'evaluation'>

/** The last moments, oldest first, compressed: each is some 100 KB as objects and a twentieth of that so. */
export class MomentRing {
  readonly #capacity: number
  readonly #moments: Uint8Array[] = []
  #dropped = 0
  #evaluator: Moment['evaluator'] | undefined
  #newest: Moment | undefined
  /** The one that was read last: it is drawn again and again while it is held. */
  #read: { number: number; moment: Moment } | undefined

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** Numbers of the oldest and the newest moment, counted from the first ever; undefined while there is none. */
  get bounds(): { oldest: number; newest: number } | undefined {
    if (this.#moments.length === 0) return undefined
    return { oldest: this.#dropped, newest: this.#dropped + this.#moments.length - 1 }
  }

  add(moment: Moment): void {
    const { snapshot, evaluation, evaluator } = moment
    const told: Told = { snapshot, evaluation }
    // Copied: what zlib answers is the beginning of a buffer of its own size.
    this.#moments.push(new Uint8Array(deflateRawSync(JSON.stringify(told), { level: 6 })))
    this.#evaluator = evaluator
    this.#newest = moment
    if (this.#moments.length <= this.#capacity) return
    this.#moments.shift()
    this.#dropped += 1
  }

  /** The moment of a number, or the one nearest to it; undefined while there is none. */
  at(number: number): Moment | undefined {
    const { bounds } = this
    if (!bounds || !this.#evaluator) return undefined
    const wanted = Math.min(bounds.newest, Math.max(bounds.oldest, number))
    if (wanted === bounds.newest) return this.#newest
    if (this.#read?.number !== wanted) {
      const bytes = this.#moments[wanted - this.#dropped] as Uint8Array
      const told = JSON.parse(inflateRawSync(bytes).toString()) as Told
      this.#read = { number: wanted, moment: { ...told, evaluator: this.#evaluator } }
    }
    return this.#read.moment
  }
}

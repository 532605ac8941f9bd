import type { OutgoingFrame } from './live-clients.ts'

/** Where a client that comes back was. */
export interface ResumePoint {
  session: string
  seq: number
}

export interface ResumeLimits {
  frames: number
  bytes: number
}

/** The newest frames, for clients that lost their connection: bounded by number and by bytes. */
export class ResumeRing {
  readonly #limits: ResumeLimits
  #frames: OutgoingFrame[] = []
  #bytes = 0
  /** Every frame after this one is held. */
  #after: number

  constructor(limits: ResumeLimits, after: number) {
    this.#limits = limits
    this.#after = after
  }

  add(frame: OutgoingFrame): void {
    this.#frames.push(frame)
    this.#bytes += bytesOf(frame)
    while (this.#frames.length > this.#limits.frames || this.#bytes > this.#limits.bytes) {
      const oldest = this.#frames.shift() as OutgoingFrame
      this.#bytes -= bytesOf(oldest)
      this.#after = oldest.seq
    }
  }

  /** The frames after one, none when it is the newest; undefined when some of them are not held, or it was never sent. */
  since(seq: number): readonly OutgoingFrame[] | undefined {
    const newest = this.#frames.at(-1)?.seq ?? this.#after
    if (!(Number.isInteger(seq) && seq >= this.#after && seq <= newest)) return undefined
    return this.#frames.filter((frame) => frame.seq > seq)
  }

  /** Forgets all: frames do not tell what happened up to `seq`. */
  restart(seq: number): void {
    this.#frames = []
    this.#bytes = 0
    this.#after = seq
  }
}

function bytesOf({ points, alerts, cells }: OutgoingFrame): number {
  return points.length + alerts.length + (cells?.length ?? 0)
}

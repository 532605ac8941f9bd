import type { LivePoint } from '@radtune/core/contract'
import type { CellIndex } from './cell-index.ts'
import { EntryList } from './entry-list.ts'

/** One frame's readings, each list as JSON text of an array. */
export interface FramePart {
  points: string
  alerts: string
  /** Absent as long as every point has had room. */
  cells: string | undefined
  pointCount: number
  alertCount: number
}

export interface FrameQueueLimits {
  /** Bytes of one frame's points and alerts together. */
  frameBytes: number
  /** Sensors that wait for a later frame; past that the one that waited longest is left out. */
  waitingSensors: number
}

/** Where the latest reading of a sensor stands, and which squares of the map have changed. */
export interface LatestReadings {
  readonly size: number
  readonly cells: Pick<CellIndex, 'changedCount' | 'tell' | 'takeChanged'>
  point(entry: number): LivePoint
}

/**
 * Readings on their way to the page. Of a sensor only its entry waits, and what it says when it is taken is sent; every critical
 * reading waits by itself and is handed out with the next `take`, in as many frames as it needs.
 */
export class FrameQueue {
  readonly #latest: LatestReadings
  readonly #limits: FrameQueueLimits
  /** By the time of the last change. */
  readonly #waiting = new EntryList()
  #alerts: LivePoint[] = []
  /** Readings replaced by a newer one of their sensor, or left out, before they were sent. */
  coalesced = 0

  constructor(latest: LatestReadings, limits: FrameQueueLimits) {
    this.#latest = latest
    this.#limits = limits
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0 && this.#alerts.length === 0 && !this.#hasCells
  }

  /** Critical readings that the next frames bring. */
  get waitingAlerts(): number {
    return this.#alerts.length
  }

  get #hasCells(): boolean {
    return this.#latest.cells.changedCount > 0
  }

  /**
   * A reading came in of the sensor with this entry, and `alert` is the reading if it is critical. An entry that was given to another
   * sensor takes the former one's turn over.
   */
  add(entry: number, alert?: LivePoint): void {
    if (alert) this.#alerts.push(alert)
    if (this.#waiting.has(entry)) this.coalesced += 1
    this.#waiting.renew(entry)
  }

  /** Forgets what waits, for there is nobody to send it to, and answers whether there was something. Changed squares go on waiting. */
  clear(): boolean {
    const waited = this.#waiting.size > 0 || this.#alerts.length > 0
    this.#waiting.clear()
    this.#alerts = []
    return waited
  }

  /**
   * The frames of one tick: all critical readings, newest first; in the last frame as many points as fit, and beside them, once not all
   * fitted, squares that changed.
   */
  take(): FramePart[] {
    const parts: FramePart[] = []
    const alerts = this.#alerts.reverse().map((alert) => JSON.stringify(alert))
    this.#alerts = []
    let from = 0
    do {
      const taken = fit(alerts, from, this.#limits.frameBytes * ALERT_SHARE)
      from += taken.texts.length
      const isLast = from >= alerts.length
      const left = isLast ? this.#limits.frameBytes - taken.bytes : 0
      const cells = isLast && this.#hasCells ? this.#latest.cells.takeChanged(left * CELL_SHARE) : undefined
      const points = isLast ? this.#takePoints(left - (cells?.bytes ?? 0)) : []
      parts.push({
        points: `[${points.join(',')}]`,
        alerts: `[${taken.texts.join(',')}]`,
        cells: cells && `[${cells.texts.join(',')}]`,
        pointCount: points.length,
        alertCount: taken.texts.length,
      })
    } while (from < alerts.length)
    return parts
  }

  /** Newest first. */
  #takePoints(bytes: number): string[] {
    const waiting = this.#waiting
    const texts: string[] = []
    let left = bytes
    while (waiting.size > 0) {
      const text = JSON.stringify(this.#latest.point(waiting.newest))
      left -= Buffer.byteLength(text) + 1
      if (left < 0) break
      texts.push(text)
      waiting.remove(waiting.newest)
    }
    // From then on for good: squares that were told once must stay true.
    if (waiting.size > 0 || this.#latest.size > this.#limits.waitingSensors) this.#latest.cells.tell()
    while (waiting.size > this.#limits.waitingSensors) {
      waiting.remove(waiting.oldest)
      this.coalesced += 1
    }
    return texts
  }
}

/** Critical readings leave a quarter of each frame to the others. */
const ALERT_SHARE = 0.75
/** Squares take at most half of what critical readings leave. */
const CELL_SHARE = 0.5

/** As many texts as fit, but at least one. */
function fit(texts: readonly string[], from: number, maxBytes: number): { texts: string[]; bytes: number } {
  let bytes = 0
  let to = from
  while (to < texts.length) {
    const size = Buffer.byteLength(texts[to] ?? '') + 1
    if (to > from && bytes + size > maxBytes) break
    bytes += size
    to += 1
  }
  return { texts: texts.slice(from, to), bytes }
}

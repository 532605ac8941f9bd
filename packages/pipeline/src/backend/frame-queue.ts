import type { LivePoint } from '@radtune/core/contract'
import { EntryList } from './entry-list.ts'

/** One frame's readings, each list as JSON text of an array. */
export interface FramePart {
  points: string
  alerts: string
  pointCount: number
  alertCount: number
}

export interface FrameQueueLimits {
  /** Bytes of one frame's points and alerts together. */
  frameBytes: number
  /** Sensors that wait for a later frame; past that the one that waited longest is left out. */
  waitingSensors: number
}

/** Where the latest reading of a sensor stands. */
export interface LatestReadings {
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
    return this.#waiting.size === 0 && this.#alerts.length === 0
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

  /** Forgets what waits: there is nobody to send it to. */
  clear(): void {
    this.#waiting.clear()
    this.#alerts = []
  }

  /** The frames of one tick: all critical readings, newest first, and as many points as fit into the last frame. */
  take(): FramePart[] {
    const parts: FramePart[] = []
    const alerts = this.#alerts.reverse().map((alert) => JSON.stringify(alert))
    this.#alerts = []
    let from = 0
    do {
      const taken = fit(alerts, from, this.#limits.frameBytes * ALERT_SHARE)
      from += taken.texts.length
      const points = from < alerts.length ? [] : this.#takePoints(this.#limits.frameBytes - taken.bytes)
      parts.push({
        points: `[${points.join(',')}]`,
        alerts: `[${taken.texts.join(',')}]`,
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
    while (waiting.size > this.#limits.waitingSensors) {
      waiting.remove(waiting.oldest)
      this.coalesced += 1
    }
    return texts
  }
}

/** Critical readings leave a quarter of each frame to the others. */
const ALERT_SHARE = 0.75

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

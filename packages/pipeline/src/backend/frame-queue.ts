import type { LivePoint } from '@radtune/core/contract'

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

/**
 * Readings on their way to the page. Per sensor only the latest waits; every critical reading waits by itself and is
 * handed out with the next `take`, in as many frames as it needs.
 */
export class FrameQueue {
  readonly #limits: FrameQueueLimits
  /** By the time of the last change, newest last. */
  readonly #points = new Map<string, LivePoint>()
  #alerts: LivePoint[] = []
  /** Readings replaced by a newer one of their sensor, or left out, before they were sent. */
  coalesced = 0

  constructor(limits: FrameQueueLimits) {
    this.#limits = limits
  }

  get isEmpty(): boolean {
    return this.#points.size === 0 && this.#alerts.length === 0
  }

  /** `latest` is the sensor's latest reading; `point` the one that just came in. */
  add(point: LivePoint, latest: LivePoint): void {
    if (point.critical) this.#alerts.push(point)
    if (this.#points.delete(point.sensor)) this.coalesced += 1
    this.#points.set(point.sensor, latest)
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

  #takePoints(bytes: number): string[] {
    const newestFirst = [...this.#points.values()].reverse()
    const texts: string[] = []
    let left = bytes
    for (const point of newestFirst) {
      const text = JSON.stringify(point)
      left -= Buffer.byteLength(text) + 1
      if (left < 0) break
      texts.push(text)
      this.#points.delete(point.sensor)
    }
    for (const sensor of this.#points.keys()) {
      if (this.#points.size <= this.#limits.waitingSensors) break
      this.#points.delete(sensor)
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

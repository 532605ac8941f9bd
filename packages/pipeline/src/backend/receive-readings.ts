import type { LivePoint } from '@radtune/core/contract'
import { decodeReading, type OutputRecord } from './decode-reading.ts'
import { FrameQueue, type FrameQueueLimits } from './frame-queue.ts'
import { IncomingReading } from './incoming-reading.ts'
import { createLatencyWindow } from './latency-window.ts'
import { LiveState, type LiveStateLimits } from './live-state.ts'

/** Readings as they come in: what is known of them, what is to be sent of it, and how fast and how late they come. */
export interface ReceivedReadings {
  state: LiveState
  queue: FrameQueue
  latency: ReturnType<typeof createLatencyWindow>
  receive(batch: { records: Iterable<OutputRecord> }): void
  /** Takes in what was written before the start, for the page alone: it counts as nothing and is not late. To be ended by `remembered`. */
  remember(batch: { records: Iterable<OutputRecord & { timestampMs: number }> }): void
  remembered(): void
  undecodable(): number
  /** Records per second, over the last second. */
  rate(): number
  stop(): void
}

const SECOND_MS = 1000

export function receiveReadings(
  limits: { state: LiveStateLimits; queue: FrameQueueLimits },
  now: () => number,
): ReceivedReadings {
  const state = new LiveState(limits.state)
  const queue = new FrameQueue(state.sensors, limits.queue)
  const latency = createLatencyWindow()
  const reading = new IncomingReading()
  let past: { at: number; alert: LivePoint }[] = []
  let undecodable = 0
  let rate = 0
  let second = { startedAt: now(), count: 0 }

  const turning = setInterval(() => {
    const at = now()
    const elapsedMs = at - second.startedAt
    if (elapsedMs <= 0) return
    rate = Math.round((second.count * SECOND_MS) / elapsedMs)
    second = { startedAt: at, count: 0 }
    latency.turn()
  }, SECOND_MS)

  return {
    state,
    queue,
    latency,
    receive({ records }) {
      const receivedAt = now()
      for (const record of records) {
        if (!decodeReading(record, receivedAt, reading)) {
          undecodable += 1
          continue
        }
        if (!Number.isNaN(reading.latencyMs)) latency.record(reading.latencyMs)
        const entry = state.add(reading)
        queue.add(entry, reading.critical ? state.newestAlert : undefined)
        second.count += 1
      }
    },
    remember({ records }) {
      for (const record of records) {
        if (!decodeReading(record, now(), reading)) continue
        reading.latencyMs = Number.NaN
        state.remember(reading)
        if (reading.critical) past.push({ at: record.timestampMs, alert: reading.toPoint() })
      }
    },
    remembered() {
      const alerts = past.toSorted((a, b) => a.at - b.at).map(({ alert }) => alert)
      past = []
      state.rememberAlerts(alerts)
    },
    undecodable: () => undecodable,
    rate: () => rate,
    stop: () => clearInterval(turning),
  }
}

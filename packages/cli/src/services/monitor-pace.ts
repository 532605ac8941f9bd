import { formatDuration } from '@radtune/core/units'

/** How often a stack is asked, or how fast a recording is told; may be changed while it goes on. */
export interface MonitorPace {
  readonly intervalMs: number
  /** Of a replay; 0 is as fast as possible. */
  readonly speed: number
  /** One step faster (1) or slower (−1). Answers what holds from now on, in words. */
  change(by: 1 | -1): string
}

const INTERVALS_MS = [10_000, 5_000, 2_000, 1_000, 500]
const SLOWEST = 1 / 8
const FASTEST = 64

export function createMonitorPace({
  intervalMs,
  speed,
  replayed,
}: {
  intervalMs: number
  speed: number
  replayed: boolean
}): MonitorPace {
  const pace = { intervalMs, speed }
  return {
    get intervalMs() {
      return pace.intervalMs
    },
    get speed() {
      return pace.speed
    },
    change(by) {
      if (replayed) {
        pace.speed = Math.min(FASTEST, Math.max(SLOWEST, (pace.speed || FASTEST) * 2 ** by))
        return `replayed ${pace.speed} times as fast`
      }
      const faster = INTERVALS_MS.find((each) => each < pace.intervalMs)
      const slower = INTERVALS_MS.findLast((each) => each > pace.intervalMs)
      pace.intervalMs = (by > 0 ? faster : slower) ?? pace.intervalMs
      return `a sample every ${formatDuration(pace.intervalMs)}`
    },
  }
}

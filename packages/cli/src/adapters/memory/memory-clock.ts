import type { Clock } from '../../ports/clock.ts'

interface Timer {
  due: number
  ring: () => void
}

/**
 * A clock that jumps: whenever nothing else is left to do, it goes on to the next moment that somebody sleeps until. A
 * launch that takes minutes is tested in milliseconds.
 */
export function createMemoryClock(startMs = Date.UTC(2026, 10, 22, 14, 0, 0)): Clock {
  let now = startMs
  let timers: Timer[] = []
  let scheduled = false

  const jump = () => {
    scheduled = false
    const next = timers.reduce<Timer | undefined>(
      (first, timer) => (!first || timer.due < first.due ? timer : first),
      undefined,
    )
    if (!next) return
    timers = timers.filter((timer) => timer !== next)
    now = Math.max(now, next.due)
    next.ring()
    schedule()
  }
  const schedule = () => {
    if (scheduled || timers.length === 0) return
    scheduled = true
    setImmediate(jump)
  }

  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const timer: Timer = {
          due: now + ms,
          ring() {
            signal?.removeEventListener('abort', abort)
            resolve()
          },
        }
        const abort = () => {
          timers = timers.filter((other) => other !== timer)
          reject(signal?.reason)
        }
        signal?.addEventListener('abort', abort, { once: true })
        timers.push(timer)
        schedule()
      }),
  }
}

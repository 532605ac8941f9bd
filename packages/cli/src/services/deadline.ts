import type { Clock } from '../ports/clock.ts'

/** A time limit that can be held, and that ends with the signal it was given as well. */
export interface Deadline {
  /** Aborted when the time is over or the outer signal is. */
  readonly signal: AbortSignal
  /** Whether the time ran out, as against the outer signal. */
  expired(): boolean
  pause(): void
  /** Starts the time anew after a pause; without one it changes nothing. */
  resume(): void
  /** Starts the time anew. */
  restart(): void
  /** Forgets it; nothing is aborted any more. */
  end(): void
}

interface DeadlineOptions {
  timeoutMs: number
  signal: AbortSignal
  /** Called when the time is over; what it waits for still finds everything as it was. */
  beforeAbort?: () => Promise<void>
}

/** Starts a time limit of `timeoutMs` on a clock. */
export function startDeadline(
  clock: Clock,
  { timeoutMs, signal: outer, beforeAbort = async () => undefined }: DeadlineOptions,
): Deadline {
  const own = new AbortController()
  let timer: AbortController | undefined
  let expired = false
  const stop = () => {
    timer?.abort()
    timer = undefined
  }
  const start = () => {
    stop()
    const running = new AbortController()
    timer = running
    clock.sleep(timeoutMs, running.signal).then(
      async () => {
        if (timer !== running) return
        await beforeAbort().catch(() => undefined)
        // What was waited for may have come meanwhile.
        if (timer !== running) return
        expired = true
        own.abort(new Error(`not done within ${timeoutMs} ms`))
      },
      () => undefined,
    )
  }
  start()
  return {
    signal: AbortSignal.any([own.signal, outer]),
    expired: () => expired && !outer.aborted,
    pause: stop,
    resume() {
      if (!timer && !expired) start()
    },
    restart: start,
    end: stop,
  }
}

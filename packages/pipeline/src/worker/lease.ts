/**
 * A slot's leave to write: the group has confirmed its membership so lately that nobody else can own its partitions. A process
 * that was paused wakes up with its lease over. All times are monotonic milliseconds.
 */
export interface Lease {
  /** The group has answered a request of this member that was sent at that time. */
  confirm(sentAtMs: number): void
  isHeld(): boolean
  /** Resolves while it is held, or once it is confirmed again. */
  untilHeld(): Promise<void>
}

/**
 * The group gives partitions away one session time-out after it has heard of a member for the last time, which was no earlier
 * than the member's request was sent. The rest is for clocks that do not run alike and for bytes under way.
 */
const SHARE_OF_SESSION = 0.8

export function createLease({
  sessionTimeoutMs,
  nowMs = () => performance.now(),
}: {
  sessionTimeoutMs: number
  nowMs?: () => number
}): Lease {
  const lengthMs = sessionTimeoutMs * SHARE_OF_SESSION
  let heldUntil = Number.NEGATIVE_INFINITY
  let waiting: PromiseWithResolvers<void> | undefined
  const isHeld = () => nowMs() < heldUntil
  return {
    confirm(sentAtMs) {
      heldUntil = Math.max(heldUntil, sentAtMs + lengthMs)
      if (!isHeld()) return
      waiting?.resolve()
      waiting = undefined
    },
    isHeld,
    untilHeld() {
      if (isHeld()) return Promise.resolve()
      waiting ??= Promise.withResolvers<void>()
      return waiting.promise
    },
  }
}

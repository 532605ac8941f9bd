import { type Reading, unknown } from '@radtune/core/metrics'
import { formatDuration } from '@radtune/core/units'
import type { SnapshotSource } from '../ports/snapshot-source.ts'

/** A source with what it said last. */
export interface AskedSource<Value> {
  /** Asks, unless it is still thinking; resolves when it has answered, which may be never. Never rejects. */
  ask(): Promise<void>
  /** What it said last; unknown when it fails, or has been thinking for longer than its limit. */
  read(): Reading<Value>
}

/** A question that is not answered for this many limits is given up, and asked again; each time twice as late. */
const GIVE_UP_LIMITS = 2
const MOST_PATIENCE_MS = 300_000

/** Never has more than one question under way but for those that were given up, which become rarer and rarer. */
export function createAskedSource<Value>(
  source: SnapshotSource<Value>,
  now: () => number,
): AskedSource<Value> {
  let latest: Reading<Value> = unknown(`${source.name} was not asked yet`)
  let answeredAt: number | undefined
  let question: { since: number; answered: Promise<void> } | undefined
  let patienceMs = source.limitMs * GIVE_UP_LIMITS

  function start(): Promise<void> {
    const since = now()
    const answered = source
      .ask()
      .catch(
        (error: unknown): Reading<Value> =>
          unknown(`${source.name}: ${error instanceof Error ? error.message : String(error)}`),
      )
      .then((reading) => {
        // The answer to a question that was given up is too old to be of use.
        if (question?.answered !== answered) return
        question = undefined
        latest = reading
        answeredAt = now()
        patienceMs = source.limitMs * GIVE_UP_LIMITS
      })
    question = { since, answered }
    return answered
  }

  return {
    ask() {
      if (!question) return start()
      if (now() - question.since < patienceMs) return question.answered
      patienceMs = Math.min(MOST_PATIENCE_MS, patienceMs * 2)
      return start()
    },
    read() {
      if (!question) return latest
      const silentMs = now() - (answeredAt ?? question.since)
      if (answeredAt !== undefined && silentMs <= source.limitMs) return latest
      return unknown(`${source.name} has not answered for ${formatDuration(Math.max(0, silentMs))}`)
    },
  }
}

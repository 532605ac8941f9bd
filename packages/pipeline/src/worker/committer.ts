import { copyCounters, encodeCounters } from '@radtune/core/contract'
import type { Accumulator, CommitOffset } from '../kafka/index.ts'
import type { OwnedPartition } from './take-over-partition.ts'

/** Commits what is processed, at intervals and when asked. */
export interface Committer {
  /** Changes the interval; the first call begins. */
  every(intervalMs: number): void
  /** Commits now. Never rejects: what failed is told, and stays due. */
  commit(): Promise<void>
  /** Resolves when records may be processed. */
  untilOpen(): Promise<void> | undefined
  /** Resolves when outputs may be sent. */
  untilEnded(): Promise<void> | undefined
  /** Ends the interval, and waits for a commit that is under way. */
  stop(): Promise<void>
  /** Monotonic milliseconds of the last successful commit. */
  readonly lastAt: number | undefined
}

export interface CommitterOptions {
  owned: ReadonlyMap<number, OwnedPartition>
  accumulator: Accumulator
  commit(offsets: readonly CommitOffset[]): Promise<void>
  /** Outputs and offsets are one: every output of a record before the offsets was sent, and none of a record after them. */
  atomic: boolean
  onFailure(error: Error): void
}

/** Offsets go with their counters, only after the outputs of all earlier records are acknowledged. */
export function createCommitter({
  owned,
  accumulator,
  commit,
  atomic,
  onFailure,
}: CommitterOptions): Committer {
  let committing: Promise<void> | undefined
  let closed: Promise<void> | undefined
  let ending: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let lastAt: number | undefined

  const due = () =>
    [...owned.values()]
      .filter(({ next, committed }) => next > committed)
      .map((partition) => ({ partition, offset: partition.next, counters: copyCounters(partition.counters) }))

  async function commitDue(moved: ReturnType<typeof due>): Promise<void> {
    const still = moved.filter(({ partition }) => owned.get(partition.partition) === partition)
    if (still.length === 0) return
    await commit(
      still.map(({ partition, offset, counters }) => ({
        partition: partition.partition,
        offset,
        metadata: encodeCounters(counters),
      })),
    )
    for (const { partition, offset } of still) partition.committed = Math.max(partition.committed, offset)
    lastAt = performance.now()
  }

  async function commitAcknowledged(): Promise<void> {
    const moved = due()
    if (moved.length === 0) return
    await accumulator.settled()
    await commitDue(moved)
  }

  /** Processing pauses until everything before it is acknowledged; then it goes on, and only its outputs wait for the commit. */
  async function commitAtomically(): Promise<void> {
    if (due().length === 0) return
    const { promise, resolve: open } = Promise.withResolvers<void>()
    closed = promise
    try {
      accumulator.flush()
      await accumulator.settled()
      ending = commitDue(due())
    } finally {
      closed = undefined
      open()
    }
    await ending.finally(() => {
      ending = undefined
    })
  }

  function commitNow(): Promise<void> {
    committing ??= (atomic ? commitAtomically() : commitAcknowledged()).catch(onFailure).finally(() => {
      committing = undefined
    })
    return committing
  }

  return {
    get lastAt() {
      return lastAt
    },
    every(intervalMs) {
      clearInterval(timer)
      timer = setInterval(() => void commitNow(), intervalMs)
    },
    commit: commitNow,
    untilOpen: () => closed,
    untilEnded: () => ending,
    async stop() {
      clearInterval(timer)
      await committing
    },
  }
}

import { type PartitionProgress, sumRecords } from '@radtune/core/contract'

/** Holds publishing back while too many records wait to be processed. */
export interface BacklogGate {
  /** Undefined while the way is free, else a promise for when it is. */
  wait(): Promise<void> | undefined
  /** Closes at so many records in flight from the next look on. */
  setMost(records: number): void
  /** Opens for good. */
  close(): void
}

const LOOK_EVERY_MS = 500
/** Opens again only well below the limit, so that it does not flutter. */
const REOPEN_SHARE = 0.8

/**
 * A gate that closes at `most` records in flight: a source without a pace would otherwise outrun the workers until retention
 * deletes input that nobody has read. While the backlog cannot be read the gate stays as it is: Kafka's own back-pressure holds.
 */
export function createBacklogGate(options: {
  most: number
  progress: () => Promise<PartitionProgress[]>
  onProblem: (error: unknown) => void
}): BacklogGate {
  const { progress, onProblem } = options
  let { most } = options
  let waiting: PromiseWithResolvers<void> | undefined
  let looking = false
  const open = () => {
    waiting?.resolve()
    waiting = undefined
  }

  async function look(): Promise<void> {
    if (looking) return
    looking = true
    try {
      const { inFlight } = sumRecords(await progress()).sums
      if (inFlight >= most) waiting ??= Promise.withResolvers()
      else if (inFlight < most * REOPEN_SHARE) open()
    } catch (error) {
      onProblem(error)
    } finally {
      looking = false
    }
  }

  const timer = setInterval(() => void look(), LOOK_EVERY_MS)
  return {
    wait: () => waiting?.promise,
    setMost(records) {
      most = records
    },
    close() {
      clearInterval(timer)
      open()
    },
  }
}

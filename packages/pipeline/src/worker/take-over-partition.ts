import {
  emptyCounters,
  HEADERS,
  OUTPUT_TOPICS,
  type OutputTopic,
  type PartitionCounters,
  type PartitionProgress,
} from '@radtune/core/contract'
import type { TailRecord } from '../kafka/index.ts'
import { DuplicateWindow, type PartitionState, type RecordRules, type StageTimes } from '../stages/index.ts'

/** What a slot knows of a partition that it owns. */
export interface OwnedPartition {
  readonly partition: number
  /** The next offset expected. */
  next: number
  /** Offsets below are only read again to refill the duplicate window. */
  readonly committedAtStart: number
  /** Position and counters of the last successful commit. */
  committed: number
  counters: PartitionCounters
  /** Duplicate window and rules, for the stages; replaced whole when the rules change, so that a record meets one set of them. */
  state: PartitionState
  /** Highest input offset that each output already holds: what an earlier owner wrote but had not committed. */
  readonly written: Readonly<Record<OutputTopic, number>>
  /** The partition's end at the last fetch. */
  end: number
  /** A seek back to `next` was asked for; a later batch that starts beyond it then shows a true gap. */
  soughtBack: boolean
}

/**
 * Takes over a partition: counters and position from the committed offset, the written marks from the output tails, and
 * the start of the re-reading that fills the duplicate window, which is a function of the input alone.
 */
export function takeOverPartition(
  progress: PartitionProgress,
  tails: ReadonlyMap<string, readonly TailRecord[]>,
  { duplicateWindow, rules, stages }: { duplicateWindow: number; rules: RecordRules; stages: StageTimes },
): OwnedPartition {
  const { partition, low, end } = progress
  const committed = Math.max(progress.committed ?? low, 0)
  const counters = progress.counters ?? emptyCounters(committed)
  return {
    partition,
    next: Math.max(low, counters.first, committed - duplicateWindow),
    committedAtStart: committed,
    committed,
    counters,
    state: { window: new DuplicateWindow(duplicateWindow), rules, stages },
    written: Object.fromEntries(
      OUTPUT_TOPICS.map((topic) => [
        topic,
        highestSource(partition, tails.get(`${topic}/${partition}`) ?? []),
      ]),
    ) as Record<OutputTopic, number>,
    end,
    soughtBack: false,
  }
}

function highestSource(partition: number, tail: readonly TailRecord[]): number {
  let highest = -1
  for (const { headers } of tail) {
    const [from, offset] = (headers.get(HEADERS.source) ?? '').split(':')
    if (Number(from) === partition && offset !== undefined) highest = Math.max(highest, Number(offset))
  }
  return highest
}

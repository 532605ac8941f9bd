import { emptyCounters, type PartitionCounters, TOPICS } from '../contract/index.ts'
import { finite } from './rate.ts'
import { known, mapReading, type Reading, unknown } from './reading.ts'
import type { Snapshot } from './snapshot.ts'

/** One input partition: where it ends, how far it is processed, and what is between the two. */
export interface PartitionPosition {
  partition: number
  end: Reading<number>
  /** The committed offset, or where reading begins when nothing is committed yet. */
  position: Reading<number>
  lag: Reading<number>
  counters: Reading<PartitionCounters>
  owner: string | undefined
}

/** Snapshots do not change, and are asked for their partitions many times. */
const positions = new WeakMap<Snapshot, Reading<PartitionPosition[]>>()

/** The input partitions by number, of what Kafka told of ends, commits and owners. */
export function partitionsOf(snapshot: Snapshot): Reading<PartitionPosition[]> {
  const found = positions.get(snapshot) ?? positionsIn(snapshot)
  positions.set(snapshot, found)
  return found
}

function positionsIn({ kafka: { topics, commits, group } }: Snapshot): Reading<PartitionPosition[]> {
  if (!topics.known) return topics
  const input = topics.value.find(({ topic }) => topic === TOPICS.input)
  if (!input) return unknown(`there is no topic ${TOPICS.input}`)
  const committed = new Map(commits.known ? commits.value.map((commit) => [commit.partition, commit]) : [])
  const owners = new Map(
    group.known ? group.value.owners.map(({ partition, owner }) => [partition, owner]) : [],
  )
  const partitions = input.partitions.map(({ partition, low, end }): PartitionPosition => {
    const commit = committed.get(partition)
    const position: Reading<number> = commits.known
      ? finite(commit?.committed ?? commit?.counters?.first ?? low, commits.at)
      : commits
    return {
      partition,
      end: finite(end, topics.at),
      position,
      lag: lagOf(end, position),
      counters: mapReading(commits, () => commit?.counters ?? emptyCounters(low)),
      owner: owners.get(partition),
    }
  })
  return known(
    partitions.sort((a, b) => a.partition - b.partition),
    topics.at,
  )
}

/** Commits are read before ends, so a commit past the end is of a topic that was made anew since. */
function lagOf(end: number, position: Reading<number>): Reading<number> {
  if (!position.known) return position
  if (position.value > end) return unknown('the topic was made anew')
  return finite(end - position.value, position.at)
}

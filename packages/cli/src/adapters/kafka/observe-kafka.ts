import { decodeCounters, GROUPS, type PartitionProgress, TOPICS } from '@radtune/core/contract'
import {
  type Commit,
  type Group,
  type KafkaSnapshot,
  type Reading,
  type TopicOffsets,
  unknown,
} from '@radtune/core/metrics'
import type { Cluster, ClusterBroker } from './cluster.ts'
import { readLogSizes } from './log-sizes.ts'

/** Asks the broker of a connection what there is to know of topics and of the worker group. */
export interface KafkaObserver {
  /** One entry per input partition. Throws what fails. */
  progress(): Promise<PartitionProgress[]>
  /** Throws when not even the input topic can be read: then the connection is of no use. What else fails is a Reading with the why. */
  observe(): Promise<KafkaSnapshot>
}

type Answer<Value> = Extract<Reading<Value>, { known: true }>

/** Where logs begin changes by retention alone; asking for sizes makes the broker look at all its segments. */
const SELDOM_MS = 10_000

/** Three small requests each time, and two more now and then. */
export function createKafkaObserver(
  cluster: Cluster,
  { now = Date.now }: { now?: () => number } = {},
): KafkaObserver {
  let topics: string[] = []
  let coordinator: Promise<ClusterBroker> | undefined
  let lows: { offsets: Offsets; askedAt: number } | undefined
  let sizes: { reading: Reading<Record<string, number>>; askedAt: number } | undefined

  /**
   * The answer as of the middle between question and answer: a busy broker, and a busy process here, keep either waiting, and nobody
   * tells when in between it looked. A rate of what it told is off by half of that wait at most.
   */
  async function timed<Value>(ask: () => Promise<Value>): Promise<Answer<Value>> {
    const askedAt = now()
    const value = await ask()
    return { known: true, value, at: Math.round((askedAt + now()) / 2) }
  }

  async function read<Value>(question: Promise<Reading<Value>>): Promise<Reading<Value>> {
    try {
      return await question
    } catch (error) {
      return unknown(`Kafka: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  /** Makes sure that the partitions of all topics that there are are known. */
  async function findTopics(): Promise<void> {
    const wanted = Object.values(TOPICS)
    if (topics.length < wanted.length) {
      const { topicMetadata } = await cluster.metadata()
      topics = wanted.filter((topic) => topicMetadata.some((found) => found.topic === topic))
      if (!topics.includes(TOPICS.input)) throw new Error(`there is no topic ${TOPICS.input}`)
      await cluster.addMultipleTargetTopics(topics)
    }
    await cluster.refreshMetadataIfNecessary()
  }

  async function fromCoordinator<Value>(question: (of: ClusterBroker) => Promise<Value>): Promise<Value> {
    coordinator ??= cluster.findGroupCoordinator({ groupId: GROUPS.worker })
    try {
      return await question(await coordinator)
    } catch (error) {
      // It may be another one by now.
      coordinator = undefined
      throw error
    }
  }

  const readCommits = () =>
    fromCoordinator((of) =>
      timed(() => commitsOf(of, cluster.findTopicPartitionMetadata(TOPICS.input).map(partitionOf))),
    )
  const readGroup = () => fromCoordinator((of) => timed(() => groupOf(of)))

  async function readOffsets(): Promise<Answer<TopicOffsets[]>> {
    const of = (fromBeginning: boolean) =>
      cluster.fetchTopicsOffset(
        topics.map((topic) => ({
          topic,
          partitions: cluster.findTopicPartitionMetadata(topic).map(partitionOf),
          fromBeginning,
        })),
      )
    if (!lows || now() - lows.askedAt >= SELDOM_MS) lows = { askedAt: now(), offsets: await of(true) }
    const ends = await timed(() => of(false))
    return { ...ends, value: joinOffsets(lows.offsets, ends.value) }
  }

  async function readSizes(): Promise<Reading<Record<string, number>>> {
    if (sizes && now() - sizes.askedAt < SELDOM_MS) return sizes.reading
    const askedAt = now()
    const reading = await read(fromCoordinator((of) => timed(() => readLogSizes(of))))
    sizes = { reading, askedAt }
    return reading
  }

  return {
    async progress() {
      await findTopics()
      // The ends can only grow after the commits were read, so nothing is ever in flight by a negative number.
      const commits = await readCommits()
      const offsets = await readOffsets()
      return progressOf(commits.value, offsets.value)
    },
    async observe() {
      await findTopics()
      const [commits, group] = await Promise.all([read(readCommits()), read(readGroup())])
      return { topics: await readOffsets(), commits, group, sizes: await readSizes() }
    },
  }
}

function partitionOf({ partitionId }: { partitionId: number }): { partition: number } {
  return { partition: partitionId }
}

type Offsets = Awaited<ReturnType<Cluster['fetchTopicsOffset']>>

function joinOffsets(lows: Offsets, ends: Offsets): TopicOffsets[] {
  const low = (topic: string, partition: number) =>
    lows.find((one) => one.topic === topic)?.partitions.find((one) => one.partition === partition)?.offset
  return ends.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions
      .map(({ partition, offset }) => ({
        partition,
        low: Number(low(topic, partition) ?? 0),
        end: Number(offset),
      }))
      .sort((a, b) => a.partition - b.partition),
  }))
}

async function commitsOf(coordinator: ClusterBroker, partitions: { partition: number }[]): Promise<Commit[]> {
  const topics = [{ topic: TOPICS.input, partitions }]
  const { responses } = await coordinator.offsetFetch({ groupId: GROUPS.worker, topics })
  return (responses[0]?.partitions ?? [])
    .map(({ partition, offset, metadata }) => ({
      partition,
      committed: Number(offset) < 0 ? null : Number(offset),
      counters: decodeCounters(metadata) ?? null,
    }))
    .sort((a, b) => a.partition - b.partition)
}

async function groupOf(coordinator: ClusterBroker): Promise<Group> {
  const { AssignerProtocol } = await import('kafkajs')
  const { groups } = await coordinator.describeGroups({ groupIds: [GROUPS.worker] })
  const [group] = groups
  const owners = (group?.members ?? []).flatMap(({ clientId, memberAssignment }) => {
    // Empty while the group forms anew.
    if (memberAssignment.length === 0) return []
    const assigned =
      AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment[TOPICS.input] ?? []
    return assigned.map((partition) => ({ partition, owner: clientId }))
  })
  return { state: group?.state ?? 'unknown', owners: owners.sort((a, b) => a.partition - b.partition) }
}

function progressOf(commits: readonly Commit[], offsets: readonly TopicOffsets[]): PartitionProgress[] {
  const committed = new Map(commits.map((commit) => [commit.partition, commit]))
  const input = offsets.find(({ topic }) => topic === TOPICS.input)
  return (input?.partitions ?? []).map(({ partition, low, end }) => ({
    partition,
    low,
    end,
    committed: committed.get(partition)?.committed ?? undefined,
    counters: committed.get(partition)?.counters ?? undefined,
  }))
}

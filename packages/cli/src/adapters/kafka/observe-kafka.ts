import { decodeCounters, GROUPS, TOPICS } from '@radtune/core/contract'
import {
  type Commit,
  type Group,
  type KafkaSnapshot,
  known,
  type Reading,
  type TopicOffsets,
  unknown,
} from '@radtune/core/metrics'
import type { Admin } from 'kafkajs'

/**
 * Asks what there is to know of topics and of the worker group. Throws when not even the input topic can be read: then the
 * connection is of no use. What else fails is a Reading with the why.
 */
export async function observeKafka(admin: Admin): Promise<KafkaSnapshot> {
  // The ends can only grow after the commits were read, so no lag is ever negative.
  const [commits, group] = await Promise.all([read(readCommits(admin)), read(readGroup(admin))])
  const topics = known(await readTopics(admin), Date.now())
  return { topics, commits, group, sizes: unknown('the Kafka client cannot ask for the size of logs') }
}

async function read<Value>(question: Promise<Value>): Promise<Reading<Value>> {
  try {
    return known(await question, Date.now())
  } catch (error) {
    return unknown(`Kafka: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function readTopics(admin: Admin): Promise<TopicOffsets[]> {
  const topics = await Promise.all(
    Object.values(TOPICS).map(async (topic): Promise<TopicOffsets | undefined> => {
      try {
        const partitions = await admin.fetchTopicOffsets(topic)
        return {
          topic,
          partitions: partitions
            .map(({ partition, low, high }) => ({ partition, low: Number(low), end: Number(high) }))
            .sort((a, b) => a.partition - b.partition),
        }
      } catch (error) {
        if (topic === TOPICS.input) throw error
        return undefined
      }
    }),
  )
  return topics.filter((topic) => topic !== undefined)
}

async function readCommits(admin: Admin): Promise<Commit[]> {
  const [input] = await admin.fetchOffsets({ groupId: GROUPS.worker, topics: [TOPICS.input] })
  return (input?.partitions ?? [])
    .map(({ partition, offset, metadata }) => ({
      partition,
      committed: Number(offset) < 0 ? null : Number(offset),
      counters: decodeCounters(metadata) ?? null,
    }))
    .sort((a, b) => a.partition - b.partition)
}

async function readGroup(admin: Admin): Promise<Group> {
  const { AssignerProtocol } = await import('kafkajs')
  const { groups } = await admin.describeGroups([GROUPS.worker])
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

import { TOPICS } from '@radtune/core/contract'
import { RadtuneError } from '@radtune/core/errors'
import type { Kafka } from 'kafkajs'
import type { SettingsTopic, SettingsTopicContent } from '../../ports/settings-topic.ts'
import { type Cluster, openCluster } from './cluster.ts'
import { createClient, TIMEOUT_MS, within } from './kafka-client.ts'

/**
 * Reads and writes the settings topic of a broker. Throws RT-SET-005 when the broker does not answer within `timeoutMs` or has
 * no such topic. Reading joins no group: a group would make each reader wait for the broker's rebalance delay.
 */
export function createKafkaSettings({
  bootstrap,
  timeoutMs = TIMEOUT_MS,
}: {
  /** host:port */
  bootstrap: string
  timeoutMs?: number
}): SettingsTopic {
  let client: Promise<Kafka> | undefined

  async function ask<Answer>(doing: string, question: (kafka: Kafka) => Promise<Answer>): Promise<Answer> {
    client ??= createClient(bootstrap, timeoutMs)
    try {
      return await within(timeoutMs, bootstrap, client.then(question))
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new RadtuneError('RT-SET-005', {
        what: `${TOPICS.settings} cannot be ${doing}`,
        why,
        cause: error,
      })
    }
  }

  return {
    read: () => ask('read', readContent),
    write: (records) =>
      ask('written', async (kafka) => {
        const producer = kafka.producer({ allowAutoTopicCreation: false })
        await producer.connect()
        try {
          const messages = records.map(({ key, value }) => ({ key, value, partition: 0 }))
          const [answer] = await producer.send({ topic: TOPICS.settings, acks: -1, messages })
          return Number(answer?.baseOffset) + records.length - 1
        } finally {
          await producer.disconnect()
        }
      }),
    async close() {
      client = undefined
    },
  }
}

const MAX_BYTES = 1024 * 1024
const MAX_WAIT_MS = 200

async function readContent(kafka: Kafka): Promise<SettingsTopicContent> {
  const cluster = openCluster(kafka)
  await cluster.connect()
  try {
    await cluster.addTargetTopic(TOPICS.settings)
    const values = new Map<string, { value: string; offset: number }>()
    const end = await offsetOf(cluster, false)
    for (let next = await offsetOf(cluster, true); next < end; ) {
      const messages = await fetchFrom(cluster, next)
      // Compaction leaves holes: no record below the end means that there is none up to it.
      if (messages.length === 0) break
      for (const { offset, key, value } of messages) {
        if (offset < next) continue
        next = offset + 1
        if (value === null) values.delete(key)
        else values.set(key, { value, offset })
      }
    }
    return { values, end }
  } finally {
    await cluster.disconnect()
  }
}

async function fetchFrom(
  cluster: Cluster,
  offset: number,
): Promise<{ offset: number; key: string; value: string | null }[]> {
  const [nodeId] = Object.keys(cluster.findLeaderForPartitions(TOPICS.settings, [0]))
  const broker = await cluster.findBroker({ nodeId: nodeId ?? '' })
  const partitions = [{ partition: 0, fetchOffset: String(offset), maxBytes: MAX_BYTES }]
  const { responses } = await broker.fetch({
    maxWaitTime: MAX_WAIT_MS,
    minBytes: 1,
    maxBytes: MAX_BYTES,
    isolationLevel: 0,
    topics: [{ topic: TOPICS.settings, partitions }],
  })
  return (responses[0]?.partitions[0]?.messages ?? []).map((message) => ({
    offset: Number(message.offset),
    key: message.key?.toString() ?? '',
    value: message.value?.toString() ?? null,
  }))
}

async function offsetOf(cluster: Cluster, fromBeginning: boolean): Promise<number> {
  const [answer] = await cluster.fetchTopicsOffset([
    { topic: TOPICS.settings, partitions: [{ partition: 0 }], fromBeginning },
  ])
  return Number(answer?.partitions[0]?.offset ?? 0)
}

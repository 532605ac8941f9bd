import { setTimeout as delay } from 'node:timers/promises'
import { decodeCounters, GROUPS, type PartitionProgress, TOPICS } from '@radtune/core/contract'
import { unknown } from '@radtune/core/metrics'
import type { Admin } from 'kafkajs'
import type { Broker } from '../../ports/broker.ts'
import { createClient, TIMEOUT_MS, within } from './kafka-client.ts'
import { observeKafka } from './observe-kafka.ts'

const DISCONNECT_MS = 1_000

/**
 * Asks a broker by Kafka's protocol. Connects at the first question and again after a failure. A question that is not
 * answered within `timeoutMs` rejects.
 */
export function createKafkaBroker({
  bootstrap,
  timeoutMs = TIMEOUT_MS,
}: {
  /** host:port */
  bootstrap: string
  timeoutMs?: number
}): Broker {
  let connecting: Promise<Admin> | undefined

  async function disconnect(): Promise<void> {
    const admin = connecting
    connecting = undefined
    // kafkajs waits for answers that may never come, as from a broker that ended in the middle of one.
    const disconnected = admin?.then((connected) => connected.disconnect()).catch(() => undefined)
    await Promise.race([disconnected, delay(DISCONNECT_MS, undefined, { ref: false })])
  }

  async function ask<Answer>(question: (admin: Admin) => Promise<Answer>): Promise<Answer> {
    connecting ??= connect(bootstrap, timeoutMs)
    try {
      return await within(timeoutMs, bootstrap, connecting.then(question))
    } catch (error) {
      void disconnect()
      throw error
    }
  }

  return {
    progress: () => ask(readProgress),
    async observe() {
      try {
        return await ask(observeKafka)
      } catch (error) {
        const why = unknown(
          `Kafka does not answer: ${error instanceof Error ? error.message : String(error)}`,
        )
        return { topics: why, commits: why, group: why, sizes: why }
      }
    },
    close: disconnect,
  }
}

async function readProgress(admin: Admin): Promise<PartitionProgress[]> {
  // Committed offsets first: the ends can only grow after that, so nothing is ever in flight by a negative number.
  const [committed] = await admin.fetchOffsets({ groupId: GROUPS.worker, topics: [TOPICS.input] })
  const ends = await admin.fetchTopicOffsets(TOPICS.input)
  const commits = new Map(committed?.partitions.map((entry) => [entry.partition, entry]) ?? [])
  return ends
    .map(({ partition, low, high }): PartitionProgress => {
      const commit = commits.get(partition)
      const offset = Number(commit?.offset ?? -1)
      return {
        partition,
        low: Number(low),
        end: Number(high),
        committed: offset < 0 ? undefined : offset,
        counters: decodeCounters(commit?.metadata),
      }
    })
    .sort((a, b) => a.partition - b.partition)
}

async function connect(bootstrap: string, timeoutMs: number): Promise<Admin> {
  const admin = (await createClient(bootstrap, timeoutMs)).admin()
  await admin.connect()
  return admin
}

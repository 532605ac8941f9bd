import { setTimeout as delay } from 'node:timers/promises'
import { decodeCounters, GROUPS, type PartitionProgress, TOPICS } from '@radtune/core/contract'
import type { Admin } from 'kafkajs'
import type { Broker } from '../../ports/broker.ts'
import { createClient, TIMEOUT_MS, within } from './kafka-client.ts'

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

  return {
    async progress() {
      connecting ??= connect(bootstrap, timeoutMs)
      try {
        return await within(timeoutMs, bootstrap, connecting.then(readProgress))
      } catch (error) {
        void disconnect()
        throw error
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

import { setTimeout as delay } from 'node:timers/promises'
import { unknown } from '@radtune/core/metrics'
import type { Broker } from '../../ports/broker.ts'
import { type Cluster, openCluster } from './cluster.ts'
import { describeKafka } from './describe-kafka.ts'
import { createClient, TIMEOUT_MS, within } from './kafka-client.ts'
import { createKafkaObserver, type KafkaObserver } from './observe-kafka.ts'
import { readLog } from './read-log.ts'

const DISCONNECT_MS = 1_000

interface Connection {
  cluster: Cluster
  observer: KafkaObserver
}

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
  let connecting: Promise<Connection> | undefined

  async function disconnect(): Promise<void> {
    const connection = connecting
    connecting = undefined
    // kafkajs waits for answers that may never come, as from a broker that ended in the middle of one.
    const disconnected = connection?.then(({ cluster }) => cluster.disconnect()).catch(() => undefined)
    await Promise.race([disconnected, delay(DISCONNECT_MS, undefined, { ref: false })])
  }

  async function ask<Answer>(question: (of: Connection) => Promise<Answer>): Promise<Answer> {
    connecting ??= connect(bootstrap, timeoutMs)
    try {
      return await within(timeoutMs, bootstrap, connecting.then(question))
    } catch (error) {
      void disconnect()
      throw error
    }
  }

  return {
    progress: () => ask(({ observer }) => observer.progress()),
    async observe() {
      try {
        return await ask(({ observer }) => observer.observe())
      } catch (error) {
        const why = unknown(
          `Kafka does not answer: ${error instanceof Error ? error.message : String(error)}`,
        )
        return { topics: why, commits: why, group: why, sizes: why }
      }
    },
    readLog: (place) => ask(({ cluster }) => readLog(cluster, place)),
    describe: () => within(timeoutMs, bootstrap, createClient(bootstrap, timeoutMs).then(describeKafka)),
    close: disconnect,
  }
}

async function connect(bootstrap: string, timeoutMs: number): Promise<Connection> {
  const cluster = openCluster(await createClient(bootstrap, timeoutMs))
  await cluster.connect()
  return { cluster, observer: createKafkaObserver(cluster) }
}

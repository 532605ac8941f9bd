import { type BrokerLink, createBrokerLink } from './broker-link.ts'
import type { ClientOptions } from './driver.ts'
import type { TransactionIdentity } from './kafkajs-cluster.ts'

/** Where the broker keeps its transactions; it makes the topic for the first one. */
const STATE_TOPIC = '__transaction_state'

/**
 * After so long the broker aborts an open transaction by itself. A new owner does that at once: this is for partitions that
 * nobody takes over.
 */
const TRANSACTION_TIMEOUT_MS = 60_000

/**
 * Aborts what an earlier owner of these input partitions may have left open; it can write no more. For those who write without
 * transactions themselves. Nothing is asked of a broker that never had a transaction.
 */
export async function fencePartitions(
  client: ClientOptions,
  topic: string,
  partitions: readonly number[],
): Promise<void> {
  const link = createBrokerLink(client)
  try {
    const { topicMetadata } = await link.persist(async () => (await link.cluster()).metadata())
    if (!topicMetadata.some((found) => found.topic === STATE_TOPIC)) return
    await Promise.all(partitions.map((partition) => fencePartition(link, { topic, partition })))
  } finally {
    await link.close()
  }
}

/** Makes the caller the only one who may write in transactions of this input partition. */
export async function fencePartition(
  link: BrokerLink,
  { topic, partition }: { topic: string; partition: number },
): Promise<TransactionIdentity> {
  const transactionalId = `radtune-${topic}-${partition}`
  const { producerId, producerEpoch } = await link.persist(async () => {
    const coordinator = await link.coordinatorOf('transaction', transactionalId)
    return await coordinator.initProducerId({ transactionalId, transactionTimeout: TRANSACTION_TIMEOUT_MS })
  })
  return { transactionalId, producerId, producerEpoch }
}

import { createBatchWriter } from './batch-writer.ts'
import { type BrokerLink, createBrokerLink } from './broker-link.ts'
import type {
  BatchProducer,
  ClientOptions,
  CommitOffset,
  OutputBatch,
  TransactionalProducer,
  TransactionOptions,
} from './driver.ts'
import { fencePartition } from './fence-partitions.ts'
import type { TransactionIdentity } from './kafkajs-cluster.ts'

/**
 * A producer whose records and offsets become visible together, partition by partition: each partition of the input has a
 * transactional id, whoever owns it writes under a newer epoch of that id, and the broker takes nothing from the one before.
 * That stands in for the generation of the group, so offsets are committed without one. An outage of any length only delays it,
 * unless the broker has aborted the transaction meanwhile.
 */
export function createTransactionalProducer(
  client: ClientOptions,
  { topic, groupId, mayWrite }: TransactionOptions,
): TransactionalProducer {
  const link = createBrokerLink(client, mayWrite)
  const transactions = new Map<number, PartitionTransactions>()

  function of(partition: number): PartitionTransactions {
    const found = transactions.get(partition)
    if (!found) throw new Error(`partition ${partition} was not taken over`)
    return found
  }

  return {
    async connect() {
      await link.persist(link.cluster)
    },
    async fence(partitions) {
      await Promise.all(
        partitions.map(async (partition) => {
          const identity = await fencePartition(link, { topic, partition })
          transactions.set(
            partition,
            createPartitionTransactions(link, { identity, partition, topic, groupId }),
          )
        }),
      )
    },
    async send(batches, compression) {
      const byPartition = [...Map.groupBy(batches, ({ partition }) => partition)]
      await Promise.all(byPartition.map(([partition, own]) => of(partition).send(own, compression)))
    },
    async commit(offsets) {
      await Promise.all(offsets.map((offset) => of(offset.partition).commit(offset)))
    },
    close: link.close,
  }
}

/** The transactions of one input partition, one after the other: each begins with the first record that is sent. */
interface PartitionTransactions {
  send: BatchProducer['send']
  commit(offset: CommitOffset): Promise<void>
}

function createPartitionTransactions(
  link: BrokerLink,
  {
    identity,
    partition,
    topic,
    groupId,
  }: { identity: TransactionIdentity; partition: number } & Pick<TransactionOptions, 'topic' | 'groupId'>,
): PartitionTransactions {
  const { transactionalId } = identity
  const write = createBatchWriter(link, identity)
  const coordinator = () => link.coordinatorOf('transaction', transactionalId)
  /** Output topics that the running transaction includes, that have got records in it, and that had some in the one before. */
  const added = new Set<string>()
  let written = new Set<string>()
  let expected = new Set<string>()
  let offsetsAdded = false

  /** What had records in the last transaction is likely to have some again: one request for all, at most for an empty marker. */
  async function addOutputs(batches: readonly OutputBatch[]): Promise<void> {
    for (const batch of batches) written.add(batch.topic)
    if (batches.every((batch) => added.has(batch.topic))) return
    const fresh = [...new Set([...written, ...expected])].filter((output) => !added.has(output))
    const topics = fresh.map((output) => ({ topic: output, partitions: [partition] }))
    await link.persist(async () => (await coordinator()).addPartitionsToTxn({ ...identity, topics }))
    for (const output of fresh) added.add(output)
  }

  async function addOffsets(): Promise<void> {
    if (offsetsAdded) return
    await link.persist(async () => (await coordinator()).addOffsetsToTxn({ ...identity, groupId }))
    offsetsAdded = true
  }

  return {
    async send(batches, compression) {
      await addOutputs(batches)
      // The coordinator has time for it while the records are stored; the commit has not.
      await Promise.all([write(batches, compression), addOffsets()])
    },
    async commit({ offset, metadata }) {
      await addOffsets()
      const topics = [{ topic, partitions: [{ partition, offset: String(offset), metadata }] }]
      await link.persist(async () =>
        (await link.coordinatorOf('group', groupId)).txnOffsetCommit({ ...identity, groupId, topics }),
      )
      await link.persist(async () => (await coordinator()).endTxn({ ...identity, transactionResult: true }))
      added.clear()
      expected = written
      written = new Set()
      offsetsAdded = false
    },
  }
}

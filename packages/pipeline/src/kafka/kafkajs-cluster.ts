import kafkajs, { type Kafka, type KafkaMessage } from 'kafkajs'

/** The inside of a kafkajs client: what its public faces cannot do, reading without a group and writing bytes of one's own. */
export interface Cluster {
  connect(): Promise<void>
  disconnect(): Promise<void>
  refreshMetadata(): Promise<void>
  addTargetTopic(topic: string): Promise<void>
  fetchTopicsOffset(
    topics: { topic: string; partitions: { partition: number }[]; fromBeginning: boolean }[],
  ): Promise<{ topic: string; partitions: { partition: number; offset: string }[] }[]>
  findTopicPartitionMetadata(topic: string): { partitionId: number }[]
  findLeaderForPartitions(topic: string, partitions: number[]): Record<string, number[]>
  findBroker(wanted: { nodeId: string }): Promise<Broker>
  findControllerBroker(): Promise<Broker>
  findGroupCoordinator(wanted: { groupId: string; coordinatorType: CoordinatorType }): Promise<Broker>
  /** Of all topics. */
  metadata(): Promise<{ topicMetadata: { topic: string }[] }>
}

/** Who a transaction is of: of all producers that ever had this id only the one with the latest epoch may write. */
export interface TransactionIdentity {
  transactionalId: string
  producerId: string
  producerEpoch: number
}

export interface Broker {
  fetch(request: {
    maxWaitTime: number
    minBytes: number
    maxBytes: number
    isolationLevel: number
    topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[]
  }): Promise<{
    responses: {
      topicName: string
      partitions: {
        partition: number
        highWatermark: string
        abortedTransactions: { producerId: string; firstOffset: string }[]
        messages: LoggedMessage[]
      }[]
    }[]
  }>
  initProducerId(request: {
    transactionalId?: string
    transactionTimeout: number
  }): Promise<{ producerId: string; producerEpoch: number }>
  addPartitionsToTxn(
    request: TransactionIdentity & { topics: { topic: string; partitions: number[] }[] },
  ): Promise<void>
  addOffsetsToTxn(request: TransactionIdentity & { groupId: string }): Promise<void>
  txnOffsetCommit(
    request: TransactionIdentity & {
      groupId: string
      topics: { topic: string; partitions: { partition: number; offset: string; metadata: string }[] }[]
    },
  ): Promise<void>
  endTxn(request: TransactionIdentity & { transactionResult: boolean }): Promise<void>
  connectionPool: { send<Answer>(request: RawRequest<Answer>): Promise<Answer> }
}

/** A request whose bytes its sender writes and reads itself. */
export interface RawRequest<Answer> {
  request: {
    apiKey: number
    apiVersion: number
    apiName: string
    encode(): Promise<{ buf: Buffer; buffer: Buffer }>
  }
  response: { decode(payload: Buffer): Promise<Answer>; parse(answer: Answer): Promise<Answer> }
  requestTimeout: number
}

/** What lies in the log: a record, or the marker that ends a transaction. */
export type LoggedMessage = KafkaMessage & {
  isControlRecord: boolean
  batchContext: { producerId: string; inTransaction: boolean }
}

/** As Kafka numbers them. */
export const COORDINATOR = { group: 0, transaction: 1 } as const
type CoordinatorType = (typeof COORDINATOR)[keyof typeof COORDINATOR]

/** Up to the first transaction that is open; the answer of a fetch names those that were aborted. */
export const READ_COMMITTED = 1

/** A connection to all brokers that are asked, of its own. It needs no group. */
export function openCluster(kafka: Kafka): Cluster {
  const maker = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  )
  const create = maker && (kafka as unknown as Record<symbol, unknown>)[maker]
  if (typeof create !== 'function') throw new kafkajs.KafkaJSNonRetriableError('kafkajs has changed inside')
  return create({ metadataMaxAge: 300_000, allowAutoTopicCreation: false, isolationLevel: READ_COMMITTED })
}

/** Where the log of partitions begins and ends now, by `topic/partition`, of topics that were added as targets. */
export async function readBounds(
  cluster: Cluster,
  topics: readonly { topic: string; partitions: { partition: number }[] }[],
): Promise<Map<string, { start: number; end: number }>> {
  const offsets = async (fromBeginning: boolean) => {
    const answers = await cluster.fetchTopicsOffset(topics.map((asked) => ({ ...asked, fromBeginning })))
    return answers.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset }) => [`${topic}/${partition}`, Number(offset)] as const),
    )
  }
  const starts = new Map(await offsets(true))
  const ends = await offsets(false)
  return new Map(ends.map(([name, end]) => [name, { start: starts.get(name) ?? 0, end }]))
}

/** The broker that leads a partition of a topic that was added as a target. */
export async function findLeader(cluster: Cluster, topic: string, partition: number): Promise<Broker> {
  const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))
  if (nodeId === undefined) throw new Error(`${topic}/${partition} has no leader`)
  return await cluster.findBroker({ nodeId })
}

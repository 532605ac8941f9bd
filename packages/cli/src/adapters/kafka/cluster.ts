import type { Kafka, KafkaMessage } from 'kafkajs'

/** The inside of a kafkajs client: what its public faces cannot do, or only in many more requests. */
export interface Cluster {
  connect(): Promise<void>
  disconnect(): Promise<void>
  addTargetTopic(topic: string): Promise<void>
  /** Throws when one of them does not exist. */
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>
  refreshMetadataIfNecessary(): Promise<void>
  /** Of all topics that there are. */
  metadata(): Promise<{ topicMetadata: { topic: string }[] }>
  /** Of a target topic, as it was read last. */
  findTopicPartitionMetadata(topic: string): { partitionId: number }[]
  /** One request to each broker that leads. */
  fetchTopicsOffset(
    topics: { topic: string; partitions: { partition: number }[]; fromBeginning: boolean }[],
  ): Promise<{ topic: string; partitions: { partition: number; offset: string }[] }[]>
  findLeaderForPartitions(topic: string, partitions: number[]): Record<string, number[]>
  findBroker(wanted: { nodeId: string }): Promise<ClusterBroker>
  findGroupCoordinator(wanted: { groupId: string }): Promise<ClusterBroker>
}

export interface ClusterBroker {
  fetch(request: object): Promise<{
    responses: {
      partitions: {
        messages: LoggedMessage[]
        abortedTransactions: { producerId: string; firstOffset: string }[] | null
      }[]
    }[]
  }>
  offsetFetch(request: {
    groupId: string
    topics: { topic: string; partitions: { partition: number }[] }[]
  }): Promise<{
    responses: {
      topic: string
      partitions: { partition: number; offset: string; metadata: string | null }[]
    }[]
  }>
  describeGroups(request: { groupIds: string[] }): Promise<{
    groups: { state: string; members: { clientId: string; memberAssignment: Buffer }[] }[]
  }>
  connectionPool: { send<Answer>(request: RawRequest<Answer>): Promise<Answer> }
}

/** What lies in a log: a record, or the marker that ends a transaction. */
export type LoggedMessage = KafkaMessage & {
  isControlRecord: boolean
  batchContext: { producerId: string; inTransaction: boolean }
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
}

/** Up to the end of the log, open transactions included. */
const READ_UNCOMMITTED = 0

/** A connection of its own to the brokers that are asked. It needs no group. */
export function openCluster(kafka: Kafka): Cluster {
  const maker = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  )
  const create = maker && (kafka as unknown as Record<symbol, unknown>)[maker]
  if (typeof create !== 'function') throw new Error('kafkajs has changed inside')
  return create({
    metadataMaxAge: 300_000,
    allowAutoTopicCreation: false,
    isolationLevel: READ_UNCOMMITTED,
  })
}

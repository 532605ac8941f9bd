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
  findLeaderForPartitions(topic: string, partitions: number[]): Record<string, number[]>
  findBroker(wanted: { nodeId: string }): Promise<Broker>
  findControllerBroker(): Promise<Broker>
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
      partitions: { partition: number; highWatermark: string; messages: KafkaMessage[] }[]
    }[]
  }>
  initProducerId(request: {
    transactionTimeout: number
  }): Promise<{ producerId: string; producerEpoch: number }>
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

export const READ_UNCOMMITTED = 0

/** A connection to all brokers that are asked, of its own. It needs no group. */
export function openCluster(kafka: Kafka): Cluster {
  const maker = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  )
  const create = maker && (kafka as unknown as Record<symbol, unknown>)[maker]
  if (typeof create !== 'function') throw new kafkajs.KafkaJSNonRetriableError('kafkajs has changed inside')
  return create({ metadataMaxAge: 300_000, allowAutoTopicCreation: false, isolationLevel: READ_UNCOMMITTED })
}

/** The broker that leads a partition of a topic that was added as a target. */
export async function findLeader(cluster: Cluster, topic: string, partition: number): Promise<Broker> {
  const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))
  if (nodeId === undefined) throw new Error(`${topic}/${partition} has no leader`)
  return await cluster.findBroker({ nodeId })
}

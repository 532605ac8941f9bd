import kafkajs, { type Consumer, type Kafka, type KafkaMessage } from 'kafkajs'
import type {
  CommitOffset,
  ConsumerHandlers,
  GroupConsumer,
  GroupConsumerOptions,
  InputBatch,
  InputRecord,
} from './driver.ts'
import { limitFetches, PARTITIONS_PER_FETCH } from './fetch-limits.ts'

/** kafkajs as a group consumer: offsets are committed by the caller only, with metadata. */
export function createKafkajsConsumer(kafka: Kafka, options: GroupConsumerOptions): GroupConsumer {
  let cluster: object | undefined
  const consumer: Consumer = kafka.consumer({
    groupId: options.groupId,
    // The usual one; making it is where a consumer is handed its cluster, by which its limits are found again.
    partitionAssigners: [
      (config) => {
        cluster = config.cluster
        return kafkajs.PartitionAssigners.roundRobin(config)
      },
    ],
    sessionTimeout: options.sessionTimeoutMs,
    rebalanceTimeout: Math.max(10_000, options.sessionTimeoutMs),
    heartbeatInterval: Math.min(3000, Math.floor(options.sessionTimeoutMs / 3)),
    minBytes: options.fetchMinBytes,
    maxWaitTimeInMs: options.fetchMaxWaitMs,
    maxBytesPerPartition: options.maxPartitionFetchBytes,
    maxBytes: options.maxPartitionFetchBytes * PARTITIONS_PER_FETCH,
    allowAutoTopicCreation: false,
    // Giving up would mean a new member, and the group would wait for the old one until its session ends: retry for ever.
    retry: {
      initialRetryTime: 200,
      maxRetryTime: 2000,
      retries: 1_000_000,
      restartOnFailure: async () => true,
    },
  })
  let memberId: string | undefined

  return {
    async start(handlers: ConsumerHandlers): Promise<void> {
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
        const continued = memberId === payload.memberId
        memberId = payload.memberId
        handlers.onAssigned(payload.memberAssignment[options.topic] ?? [], continued)
      })
      consumer.on(consumer.events.REBALANCING, () => handlers.onRebalancing())
      consumer.on(consumer.events.FETCH, () => handlers.onFetch())
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        memberId = undefined
        if (!payload.restart) handlers.onFailure(payload.error)
      })
      await consumer.connect()
      await consumer.subscribe({ topics: [options.topic], fromBeginning: options.fromBeginning })
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: async ({ batch, resolveOffset, heartbeat, isStale }) => {
          await handlers.onBatch(toInputBatch(batch))
          if (!isStale()) resolveOffset(batch.lastOffset())
          await heartbeat()
        },
      })
    },
    seek(partition, offset) {
      consumer.seek({ topic: options.topic, partition, offset: String(offset) })
    },
    limitFetches(limits) {
      if (cluster) limitFetches(cluster, limits)
    },
    async commit(offsets: readonly CommitOffset[]) {
      await consumer.commitOffsets(
        offsets.map(({ partition, offset, metadata }) => ({
          topic: options.topic,
          partition,
          offset: String(offset),
          metadata,
        })),
      )
    },
    async stop() {
      await consumer.stop()
      await consumer.disconnect()
    },
  }
}

function toInputBatch(batch: {
  topic: string
  partition: number
  highWatermark: string
  messages: KafkaMessage[]
}): InputBatch {
  let bytes = 0
  const records: InputRecord[] = batch.messages.map((message) => {
    bytes += (message.value?.length ?? 0) + (message.key?.length ?? 0)
    return new KafkajsRecord(message)
  })
  return {
    topic: batch.topic,
    partition: batch.partition,
    records,
    bytes,
    endOffset: Number(batch.highWatermark),
  }
}

class KafkajsRecord implements InputRecord {
  readonly offset: number
  readonly timestampMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly #headers: KafkaMessage['headers']

  constructor(message: KafkaMessage) {
    this.offset = Number(message.offset)
    this.timestampMs = Number(message.timestamp)
    this.key = message.key
    this.value = message.value
    this.#headers = message.headers
  }

  header(name: string): Buffer | undefined {
    const value = this.#headers?.[name]
    const first = Array.isArray(value) ? value[0] : value
    return typeof first === 'string' ? Buffer.from(first) : first
  }
}

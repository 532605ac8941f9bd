import type { Consumer, Kafka, KafkaMessage } from 'kafkajs'
import type {
  CommitOffset,
  ConsumerHandlers,
  GroupConsumer,
  GroupConsumerOptions,
  InputBatch,
  InputRecord,
} from './driver.ts'
import { batchesOf } from './fast-fetch.ts'
import { createMembership } from './group-membership.ts'
import { readRecords } from './record-batch.ts'

/** A rebalance is noticed by the answer to a heartbeat, and stops the partitions of all who noticed it before the last one. */
const HEARTBEAT_MS = 500

/** kafkajs as a group consumer: offsets are committed by the caller only, with metadata. */
export function createKafkajsConsumer(kafka: Kafka, options: GroupConsumerOptions): GroupConsumer {
  const heartbeatMs = Math.min(HEARTBEAT_MS, Math.floor(options.sessionTimeoutMs / 3))
  let handlers: ConsumerHandlers | undefined
  const membership = createMembership({
    heartbeatMs,
    hooks: {
      beforeJoin: async (lost) => handlers?.beforeJoin?.(lost),
      onConfirmed: (sentAtMs) => handlers?.onConfirmed?.(sentAtMs),
      onRebalancing: () => handlers?.onRebalancing(),
    },
  })
  const consumer: Consumer = kafka.consumer({
    groupId: options.groupId,
    sessionTimeout: options.sessionTimeoutMs,
    rebalanceTimeout: Math.max(10_000, options.sessionTimeoutMs),
    heartbeatInterval: heartbeatMs,
    partitionAssigners: [membership.assigner],
    minBytes: options.fetchMinBytes,
    maxWaitTimeInMs: options.fetchMaxWaitMs,
    maxBytesPerPartition: options.maxPartitionFetchBytes,
    // Compressed; decoded objects take several times as much, so a few partitions' worth bounds the memory.
    maxBytes: options.maxPartitionFetchBytes * 2,
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
    async start(given: ConsumerHandlers): Promise<void> {
      handlers = given
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
        const continued = memberId === payload.memberId
        memberId = payload.memberId
        given.onAssigned(payload.memberAssignment[options.topic] ?? [], continued)
      })
      consumer.on(consumer.events.REBALANCING, () => given.onRebalancing())
      consumer.on(consumer.events.FETCH, () => given.onFetch())
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        memberId = undefined
        if (!payload.restart) given.onFailure(payload.error)
      })
      await consumer.connect()
      await consumer.subscribe({ topics: [options.topic], fromBeginning: options.fromBeginning })
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: async ({ batch, resolveOffset, heartbeat, isStale }) => {
          await given.onBatch(toInputBatch(batch))
          if (!isStale()) resolveOffset(batch.lastOffset())
          await heartbeat()
        },
      })
    },
    seek(partition, offset) {
      consumer.seek({ topic: options.topic, partition, offset: String(offset) })
    },
    async commit(offsets: readonly CommitOffset[]) {
      const partitions = offsets.map(({ partition, offset, metadata }) => ({
        partition,
        offset: String(offset),
        metadata,
      }))
      await membership.commit({ topics: [{ topic: options.topic, partitions }] })
    },
    async stop() {
      await consumer.stop()
      membership.stop()
      await consumer.disconnect()
    },
  }
}

function toInputBatch(batch: {
  topic: string
  partition: number
  highWatermark: string
  fetchedOffset?: string
  messages: KafkaMessage[]
}): InputBatch {
  const { topic, partition, messages, highWatermark, fetchedOffset = '0' } = batch
  const records: InputRecord[] = []
  let bytes = 0
  const fetched = batchesOf(messages)
  for (const head of fetched ?? []) {
    readRecords(head, Number(fetchedOffset), records)
    bytes += head.bytes.length
  }
  for (const message of fetched ? [] : messages) {
    records.push(new KafkajsRecord(message))
    bytes += (message.value?.length ?? 0) + (message.key?.length ?? 0)
  }
  return { topic, partition, records, bytes, endOffset: Number(highWatermark) }
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

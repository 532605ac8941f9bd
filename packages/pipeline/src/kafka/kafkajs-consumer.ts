import type { Consumer, Kafka, KafkaMessage } from 'kafkajs'
import type {
  CommitOffset,
  ConsumerHandlers,
  GroupConsumer,
  GroupConsumerOptions,
  InputBatch,
  InputRecord,
} from './driver.ts'
import { batchesOf, KafkajsRecord } from './fast-fetch.ts'
import { createMembership, PARTITIONS_PER_FETCH } from './group-membership.ts'
import { type BatchHead, readRecords } from './record-batch.ts'

/** A rebalance is noticed by the answer to a heartbeat, and stops the partitions of all who noticed it before the last one. */
const HEARTBEAT_MS = 500

/** kafkajs as a group consumer: offsets are committed by the caller only, with metadata. */
export function createKafkajsConsumer(kafka: Kafka, options: GroupConsumerOptions): GroupConsumer {
  const heartbeatMs = Math.min(HEARTBEAT_MS, Math.floor(options.sessionTimeoutMs / 3))
  let handlers: ConsumerHandlers | undefined
  const membership = createMembership({
    heartbeatMs,
    limits: options,
    instanceId: options.instanceId,
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
    limitFetches(limits) {
      membership.limitFetches(limits)
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
      membership.stop()
      await consumer.stop()
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
  const endOffset = Number(highWatermark)
  const heads = batchesOf(messages)
  if (heads) return { topic, partition, endOffset, ...ofBatches(heads, Number(fetchedOffset)) }
  const records = messages.map((message) => new KafkajsRecord(message))
  const sizeOf = ({ key, value }: InputRecord) => (key?.length ?? 0) + (value?.length ?? 0)
  return {
    topic,
    partition,
    endOffset,
    records,
    count: records.length,
    firstOffset: records[0]?.offset ?? endOffset,
    lastOffset: records.at(-1)?.offset ?? endOffset,
    bytes: records.reduce((sum, record) => sum + sizeOf(record), 0),
  }
}

function ofBatches(
  heads: readonly BatchHead[],
  fetchedOffset: number,
): Omit<InputBatch, 'topic' | 'partition' | 'endOffset'> {
  return {
    records:
      heads.length === 1 ? readRecords(heads[0] as BatchHead, fetchedOffset) : chain(heads, fetchedOffset),
    count: heads.reduce((sum, { count }) => sum + count, 0),
    firstOffset: Math.max(fetchedOffset, heads[0]?.firstOffset ?? 0),
    lastOffset: heads.at(-1)?.lastOffset ?? fetchedOffset,
    bytes: heads.reduce((sum, { bytes }) => sum + bytes.length, 0),
  }
}

function* chain(heads: readonly BatchHead[], fetchedOffset: number): Generator<InputRecord> {
  for (const head of heads) yield* readRecords(head, fetchedOffset)
}

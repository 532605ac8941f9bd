import kafkajs, { type Kafka, type Message } from 'kafkajs'
import type { BatchProducer, Compression, EncodedRecords, OutputBatch } from './driver.ts'
import { decodeRecords } from './record-batch.ts'

const { CompressionTypes } = kafkajs
const compressionTypes: Record<Compression, kafkajs.CompressionTypes> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
}

/**
 * kafkajs as a batch producer. One request in flight: with more, its idempotent mode was measured to lose acknowledged
 * records and to wedge for good in an outage.
 */
export function createKafkajsProducer(kafka: Kafka): BatchProducer {
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false })
  return {
    connect: () => producer.connect(),
    async send(batches: readonly OutputBatch[], compression) {
      await producer.sendBatch({
        acks: -1,
        compression: compressionTypes[compression],
        topicMessages: batches.map(({ topic, partition, records }) => ({
          topic,
          messages: messagesOf(records, partition),
        })),
      })
    },
    close: () => producer.disconnect(),
  }
}

/** kafkajs encodes for itself, so the records are taken apart again. */
function messagesOf(records: EncodedRecords, partition: number): Message[] {
  return [...decodeRecords(records)].map((record) => ({
    key: record.key,
    value: record.value,
    partition,
    headers: Object.fromEntries(record.headers()),
  }))
}

/*
 * ProduceRequest and its answer in version 7, the newest that needs no tagged fields; Kafka 4 takes 3 and newer.
 *   request: transactional_id, acks, timeout, then by topic and partition one record batch each
 *   answer:  by topic and partition error_code, base_offset, log_append_time, log_start_offset; then throttle_time
 */
export const PRODUCE = { apiKey: 0, apiVersion: 7, apiName: 'Produce' }
/** How long the broker may take to store a request. */
export const STORE_TIMEOUT_MS = 30_000

const NULL_TEXT = -1
const ACKS_ALL = -1

interface PartitionBatch {
  topic: string
  partition: number
  /** A whole record batch. */
  bytes: Buffer
}

/** The body of a request, after its header. Acknowledged by all replicas. */
export function encodeProduceRequest(batches: readonly PartitionBatch[], transactionalId?: string): Buffer {
  const topics = [...Map.groupBy(batches, ({ topic }) => topic)]
  let size = 2 + Buffer.byteLength(transactionalId ?? '') + 2 + 4 + 4
  for (const [topic, ofTopic] of topics) {
    size += 2 + Buffer.byteLength(topic) + 4
    for (const { bytes } of ofTopic) size += 4 + 4 + bytes.length
  }
  const body = Buffer.allocUnsafe(size)
  let at = body.writeInt16BE(
    transactionalId === undefined ? NULL_TEXT : Buffer.byteLength(transactionalId),
    0,
  )
  at += body.write(transactionalId ?? '', at)
  at = body.writeInt16BE(ACKS_ALL, at)
  at = body.writeInt32BE(STORE_TIMEOUT_MS, at)
  at = body.writeInt32BE(topics.length, at)
  for (const [topic, ofTopic] of topics) {
    at = body.writeInt16BE(Buffer.byteLength(topic), at)
    at += body.write(topic, at)
    at = body.writeInt32BE(ofTopic.length, at)
    for (const { partition, bytes } of ofTopic) {
      at = body.writeInt32BE(partition, at)
      at = body.writeInt32BE(bytes.length, at)
      at += bytes.copy(body, at)
    }
  }
  return body
}

/** The error code of each partition, by `topic/partition`; 0 is none. */
export function decodeProduceAnswer(answer: Buffer): Map<string, number> {
  const codes = new Map<string, number>()
  let at = 4
  for (let topics = answer.readInt32BE(0); topics > 0; topics -= 1) {
    const length = answer.readInt16BE(at)
    const topic = answer.toString('utf8', at + 2, at + 2 + length)
    at += 2 + length
    let partitions = answer.readInt32BE(at)
    for (at += 4; partitions > 0; partitions -= 1) {
      codes.set(`${topic}/${answer.readInt32BE(at)}`, answer.readInt16BE(at + 4))
      at += 4 + 2 + 8 + 8 + 8
    }
  }
  return codes
}

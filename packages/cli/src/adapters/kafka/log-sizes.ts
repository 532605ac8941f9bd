import type { ClusterBroker } from './cluster.ts'

/*
 * DescribeLogDirs in version 1, the newest that needs no tagged fields and the oldest that Kafka 4 takes.
 *   request: topics, null for all
 *   answer:  throttle_time; then by folder error_code, path and by topic and partition partition, size, offset_lag, is_future
 */
const DESCRIBE_LOG_DIRS = { apiKey: 35, apiVersion: 1, apiName: 'DescribeLogDirs' }

/** Bytes on the disk of a broker by topic, indexes not counted. Throws when it cannot read one of its folders. */
export async function readLogSizes(broker: ClusterBroker): Promise<Record<string, number>> {
  const allTopics = Buffer.from([0xff, 0xff, 0xff, 0xff])
  return await broker.connectionPool.send({
    request: { ...DESCRIBE_LOG_DIRS, encode: async () => ({ buf: allTopics, buffer: allTopics }) },
    response: { decode: async (answer) => decodeLogSizes(answer), parse: async (sizes) => sizes },
  })
}

/** Sums the sizes of partitions by topic; those that are still being moved there do not count yet. */
export function decodeLogSizes(answer: Buffer): Record<string, number> {
  const sizes: Record<string, number> = {}
  let at = 4
  const skip = (bytes: number) => {
    at += bytes
    return at - bytes
  }
  const int16 = () => answer.readInt16BE(skip(2))
  const int32 = () => answer.readInt32BE(skip(4))
  const text = () => {
    const length = int16()
    return answer.toString('utf8', skip(length), at)
  }
  for (let folders = int32(); folders > 0; folders -= 1) {
    const error = int16()
    const folder = text()
    if (error !== 0) throw new Error(`the broker cannot read ${folder}: error ${error}`)
    for (let topics = int32(); topics > 0; topics -= 1) {
      const topic = text()
      for (let partitions = int32(); partitions > 0; partitions -= 1) {
        skip(4)
        const size = Number(answer.readBigInt64BE(skip(8)))
        skip(8)
        const isFuture = answer.readInt8(skip(1)) !== 0
        if (!isFuture) sizes[topic] = (sizes[topic] ?? 0) + size
      }
    }
  }
  return sizes
}

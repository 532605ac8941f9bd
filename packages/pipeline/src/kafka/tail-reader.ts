import type { Consumer } from '@platformatic/kafka'
import type { ClientOptions } from './driver.ts'

/** A record near the end of a partition, headers decoded as text. */
export interface TailRecord {
  offset: number
  headers: ReadonlyMap<string, string>
}

/** Why a read of the tail may need another try: the broker answers a fetch with one partition at a time when answers are large. */
const MAX_ROUNDS = 20

/**
 * Reads the last record batch of each given partition, without joining a group.
 * Returns records by `topic/partition`, empty for an empty partition.
 */
export async function readTails(
  { bootstrap, clientId }: Pick<ClientOptions, 'bootstrap' | 'clientId'>,
  wanted: readonly { topic: string; partition: number }[],
): Promise<Map<string, TailRecord[]>> {
  const platformatic = await import('@platformatic/kafka')
  const consumer = new platformatic.Consumer<Buffer, Buffer, Buffer, Buffer>({
    clientId: `${clientId}-tail`,
    // Required by the client; it is never joined.
    groupId: `${clientId}-tail`,
    bootstrapBrokers: bootstrap.split(','),
    autocommit: false,
    retries: 20,
    retryDelay: 300,
    connectTimeout: 3000,
  })
  try {
    return await readWith(consumer, wanted)
  } finally {
    await consumer.close(true)
  }
}

type TailConsumer = Consumer<Buffer, Buffer, Buffer, Buffer>

async function readWith(
  consumer: TailConsumer,
  wanted: readonly { topic: string; partition: number }[],
): Promise<Map<string, TailRecord[]>> {
  const topics = [...new Set(wanted.map(({ topic }) => topic))]
  const metadata = await consumer.metadata({ topics })
  // The fetch resolves topic ids through the topics that the consumer tracks.
  consumer.topics.trackAll(...topics)
  const ends = await consumer.listOffsets({ topics, timestamp: -1n })
  const starts = await consumer.listOffsets({ topics, timestamp: -2n })
  const found = new Map<string, TailRecord[]>()
  const missing = new Map<string, { topic: string; partition: number; fetchOffset: bigint }>()
  for (const { topic, partition } of wanted) {
    const end = ends.get(topic)?.[partition] ?? 0n
    const start = starts.get(topic)?.[partition] ?? 0n
    found.set(`${topic}/${partition}`, [])
    if (end > start) missing.set(`${topic}/${partition}`, { topic, partition, fetchOffset: end - 1n })
  }
  for (let round = 0; missing.size > 0; round += 1) {
    if (round === MAX_ROUNDS) throw new Error(`no answer for the end of ${[...missing.keys()].join(', ')}`)
    const [{ topic, partition, fetchOffset }] = missing.values() as unknown as [
      { topic: string; partition: number; fetchOffset: bigint },
    ]
    const known = metadata.topics.get(topic)
    const leader = known?.partitions[partition]?.leader
    if (!known || leader === undefined) throw new Error(`${topic}/${partition} has no leader`)
    const answer = await consumer.fetch({
      node: leader,
      minBytes: 1,
      maxBytes: 16 * 1024 * 1024,
      maxWaitTime: 500,
      topics: [
        {
          topicId: known.id,
          partitions: [
            {
              partition,
              currentLeaderEpoch: -1,
              fetchOffset,
              lastFetchedEpoch: -1,
              partitionMaxBytes: 8 * 1024 * 1024,
            },
          ],
        },
      ],
    })
    const records = answer.responses
      .flatMap((response) => response.partitions)
      .filter((response) => response.partitionIndex === partition)
      .flatMap((response) => response.records ?? [])
      .flatMap((batch) =>
        batch.records.map((record) => ({
          offset: Number(batch.firstOffset) + record.offsetDelta,
          headers: new Map(record.headers.map(([name, value]) => [String(name ?? ''), String(value ?? '')])),
        })),
      )
    if (records.length > 0) {
      found.set(`${topic}/${partition}`, records)
      missing.delete(`${topic}/${partition}`)
    }
  }
  return found
}

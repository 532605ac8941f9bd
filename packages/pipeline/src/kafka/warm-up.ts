import type { Consumer } from '@platformatic/kafka'
import type { WarmUp } from '@radtune/core/contract'
import type { TopicSpec } from '@radtune/core/stack'
import type { BatchProducer, ClientOptions, Compression } from './driver.ts'
import { RecordsWriter } from './encoded-records.ts'
import { createIdempotentProducer } from './idempotent-producer.ts'
import { deleteTopic, ensureTopics } from './topics.ts'

/** Round trips side by side, each on a partition and on connections of its own, as the slots have them. */
const LANES = 3
const RECORDS_PER_BATCH = 8
/** Round trips whose median is told, at the beginning and at the end. */
const TOLD = 50
const FETCH_WAIT_MS = 500

/** Scratch: made for the warm-up, dropped after it, and small if that should fail. */
const WARM_UP_TOPIC: TopicSpec = {
  name: 'radtune.warm-up',
  partitions: LANES,
  replicationFactor: 1,
  config: { 'retention.ms': '60000', 'segment.bytes': String(1024 * 1024), 'cleanup.policy': 'delete' },
}

/**
 * Sends small batches through a scratch topic and reads them back so many times, so that the broker's Java has compiled what
 * every record will take, while its CPU is not limited yet. The batches are of the sizes, compressions and acknowledgements of
 * the pipeline. Ends `longestMs` after its start at the latest, but not before each lane has made a round trip.
 */
export async function warmUpBroker(
  options: ClientOptions,
  { roundTrips: wanted, longestMs }: { roundTrips: number; longestMs: number },
): Promise<WarmUp> {
  const startedAt = performance.now()
  const late = AbortSignal.timeout(longestMs)
  await ensureTopics(options, [WARM_UP_TOPIC])
  const roundTrips: number[] = []
  const lanes = await Promise.all(
    Array.from({ length: LANES }, (_, partition) => openLane(options, partition)),
  )
  const isOver = () => late.aborted || roundTrips.length >= wanted
  try {
    await Promise.all(lanes.map((lane) => lane.run(isOver, (ms) => void roundTrips.push(ms))))
  } finally {
    await Promise.allSettled(lanes.map((lane) => lane.close()))
    await deleteTopic(options, WARM_UP_TOPIC.name)
  }
  return {
    firstP50Ms: median(roundTrips.slice(0, TOLD)),
    lastP50Ms: median(roundTrips.slice(-TOLD)),
    roundTrips: roundTrips.length,
    elapsedMs: Math.round(performance.now() - startedAt),
  }
}

interface Lane {
  run(isOver: () => boolean, onRoundTrip: (ms: number) => void): Promise<void>
  close(): Promise<void>
}

async function openLane(options: ClientOptions, partition: number): Promise<Lane> {
  const client = { ...options, clientId: `${options.clientId}-${partition}` }
  const producer = createIdempotentProducer(client)
  const reader = await openReader(client, partition)
  await producer.connect()
  // The dirty output is compressed by another codec than the others: both are to be loaded.
  const compression: Compression = partition === 0 ? 'gzip' : 'snappy'
  return {
    async run(isOver, onRoundTrip) {
      for (let turn = 0; turn === 0 || !isOver(); turn += 1) {
        const sentAt = performance.now()
        const arrived = reader.next()
        await Promise.all([sendOne(producer, { partition, turn, compression }), arrived])
        onRoundTrip(performance.now() - sentAt)
      }
    },
    async close() {
      await producer.close()
      await reader.close()
    },
  }
}

function sendOne(
  producer: BatchProducer,
  { partition, turn, compression }: { partition: number; turn: number; compression: Compression },
): Promise<void> {
  const records = new RecordsWriter()
  for (let index = 0; index < RECORDS_PER_BATCH; index += 1)
    records.append({
      key: Buffer.from(`${partition}.${turn % 90},${index}.5`),
      value: `{"latitude":${partition}.${turn},"longitude":${index}.5,"value":${turn + index},"unit":"cpm","captured_time":"2020-01-31T23:58:46.500Z","level":"low","critical":false,"device_id":"${turn * 7919}"}`,
      headers: [
        ['source', `${partition}:${turn}`],
        ['sent-at', String(turn)],
      ],
    })
  return producer.send([{ topic: WARM_UP_TOPIC.name, partition, records }], compression)
}

/** Reads a partition from its present end on, without a group. */
async function openReader(
  { bootstrap, clientId }: ClientOptions,
  partition: number,
): Promise<{ next(): Promise<void>; close(): Promise<void> }> {
  const platformatic = await import('@platformatic/kafka')
  const consumer: Consumer<Buffer, Buffer, Buffer, Buffer> = new platformatic.Consumer({
    clientId,
    // Required by the client; it is never joined.
    groupId: clientId,
    bootstrapBrokers: bootstrap.split(','),
    autocommit: false,
    retries: 20,
    retryDelay: 300,
    connectTimeout: 3000,
  })
  const topics = [WARM_UP_TOPIC.name]
  const topic = (await consumer.metadata({ topics })).topics.get(WARM_UP_TOPIC.name)
  const leader = topic?.partitions[partition]?.leader
  if (!topic || leader === undefined) throw new Error(`${WARM_UP_TOPIC.name}/${partition} has no leader`)
  const topicId = topic.id
  // The fetch resolves topic ids through the topics that the consumer tracks.
  consumer.topics.trackAll(...topics)
  const ends = await consumer.listOffsets({ topics, timestamp: -1n })
  let fetchOffset = ends.get(WARM_UP_TOPIC.name)?.[partition] ?? 0n
  return {
    /** Resolves once something has arrived. */
    async next() {
      for (;;) {
        const { responses } = await consumer.fetch({
          node: leader,
          minBytes: 1,
          maxBytes: 1024 * 1024,
          maxWaitTime: FETCH_WAIT_MS,
          topics: [
            {
              topicId,
              partitions: [
                {
                  partition,
                  currentLeaderEpoch: -1,
                  fetchOffset,
                  lastFetchedEpoch: -1,
                  partitionMaxBytes: 1024 * 1024,
                },
              ],
            },
          ],
        })
        const batches = responses.flatMap((response) =>
          response.partitions.flatMap(({ records }) => records ?? []),
        )
        const last = batches.at(-1)
        if (!last) continue
        fetchOffset = last.firstOffset + BigInt(last.lastOffsetDelta) + 1n
        return
      }
    },
    close: () => consumer.close(true),
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0
  return Math.round(middle * 10) / 10
}

import { createRequire } from 'node:module'
import { setTimeout as after } from 'node:timers/promises'
import type { ClientOptions, InputRecord } from './driver.ts'
import { recordsIn } from './fast-fetch.ts'
import { createKafkajs } from './kafkajs-client.ts'
import {
  type Cluster,
  findLeader,
  type LoggedMessage,
  openCluster,
  READ_COMMITTED,
  readBounds,
} from './kafkajs-cluster.ts'

/** What is read of the past, at most. */
export interface LookBackLimits {
  /** Records of each topic, its partitions together. */
  recordsPerTopic: number
  /** Older records are left out; milliseconds. */
  ageMs: number
  /** From the start of the look-back on. */
  patienceMs: number
}

export interface PastBatch {
  topic: string
  partition: number
  records: Iterable<InputRecord>
}

/** The next offset to read, by partition, by topic. A partition that was not read to its end is absent. */
export type Positions = ReadonlyMap<string, ReadonlyMap<number, number>>

export interface LookBack {
  /** Hands the newest records over, of a partition in their order, and tells where each partition was read up to. Never rejects. */
  read(onBatch: (batch: PastBatch) => void): Promise<Positions>
}

/** Of one answer: what is decoded at once, and of one partition in it. */
const ANSWER_BYTES = 4 * 1024 * 1024
const PARTITION_BYTES = 1024 * 1024
const MAX_WAIT_MS = 50

const filterAborted: (fetched: {
  messages: LoggedMessage[]
  abortedTransactions: { producerId: string; firstOffset: string }[]
}) => LoggedMessage[] = createRequire(import.meta.url)('kafkajs/src/consumer/filterAbortedMessages')

/**
 * Looks at the end of topics, outside of any group: the last records of each partition. Connects at once, so that its user can do
 * something else meanwhile. What cannot be read in time is told to `log` and left out.
 */
export function openLookBack(
  client: ClientOptions,
  topics: readonly string[],
  limits: LookBackLimits,
): LookBack {
  const cluster = openCluster(createKafkajs({ ...client, log: () => undefined }, { retries: 1 }))
  const deadline = Date.now() + limits.patienceMs
  const ends = findEnds(cluster, topics, limits)
  ends.catch(() => undefined)
  return {
    async read(onBatch) {
      const positions = new Map<string, Map<number, number>>()
      const readAll = async () => {
        for (const tail of await ends) await readTail(cluster, tail, { onBatch, positions, deadline, limits })
      }
      try {
        await Promise.race([readAll(), after(Math.max(0, deadline - Date.now()), undefined, { ref: false })])
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        client.log({ level: 'warn', message: 'the past is not shown', details: { reason } })
      }
      await cluster.disconnect().catch(() => undefined)
      return positions
    },
  }
}

/** The part of a topic that is read: by partition, from where on and up to where. */
interface Tail {
  topic: string
  partitions: Map<number, { next: number; end: number }>
}

async function findEnds(
  cluster: Cluster,
  topics: readonly string[],
  { recordsPerTopic }: LookBackLimits,
): Promise<Tail[]> {
  await cluster.connect()
  for (const topic of topics) await cluster.addTargetTopic(topic)
  const wanted = topics.map((topic) => {
    const partitions = cluster.findTopicPartitionMetadata(topic)
    return { topic, partitions: partitions.map(({ partitionId }) => ({ partition: partitionId })) }
  })
  const bounds = await readBounds(cluster, wanted)
  return wanted.map(({ topic, partitions }) => {
    const most = Math.ceil(recordsPerTopic / Math.max(1, partitions.length))
    return {
      topic,
      partitions: new Map(
        partitions.flatMap(({ partition }) => {
          const of = bounds.get(`${topic}/${partition}`)
          return of ? [[partition, { next: Math.max(of.start, of.end - most), end: of.end }]] : []
        }),
      ),
    }
  })
}

async function readTail(
  cluster: Cluster,
  { topic, partitions }: Tail,
  {
    onBatch,
    positions,
    deadline,
    limits,
  }: {
    onBatch: (batch: PastBatch) => void
    positions: Map<string, Map<number, number>>
    deadline: number
    limits: LookBackLimits
  },
): Promise<void> {
  const read = new Map<number, number>()
  positions.set(topic, read)
  const since = Date.now() - limits.ageMs
  const left = new Map(partitions)
  const settle = (partition: number) => {
    const tail = left.get(partition)
    if (!tail || tail.next < tail.end) return
    read.set(partition, tail.next)
    left.delete(partition)
  }
  for (const partition of partitions.keys()) settle(partition)
  while (left.size > 0 && Date.now() < deadline) {
    let silent = true
    for (const { partition, messages } of await fetchOnce(cluster, topic, left)) {
      const tail = left.get(partition)
      const last = messages.at(-1)
      if (!tail || !last) continue
      silent = false
      const from = tail.next
      tail.next = Number(last.offset) + 1
      if (Date.now() >= deadline) return
      onBatch({ topic, partition, records: youngEnough(messages, { from, since }) })
      settle(partition)
    }
    // Nothing more is to be seen: up to here a transaction is open, or markers follow.
    if (silent) for (const [partition, { next }] of left) read.set(partition, next)
    if (silent) return
  }
}

function* youngEnough(
  messages: readonly LoggedMessage[],
  { from, since }: { from: number; since: number },
): Generator<InputRecord> {
  for (const record of recordsIn(messages))
    if (record.offset >= from && record.timestampMs >= since) yield record
}

async function fetchOnce(
  cluster: Cluster,
  topic: string,
  left: ReadonlyMap<number, { next: number }>,
): Promise<{ partition: number; messages: LoggedMessage[] }[]> {
  const wanted = await Promise.all(
    [...left].map(async ([partition, { next }]) => ({
      leader: await findLeader(cluster, topic, partition),
      asked: { partition, fetchOffset: String(next), maxBytes: PARTITION_BYTES },
    })),
  )
  const answers = await Promise.all(
    [...Map.groupBy(wanted, ({ leader }) => leader)].map(([leader, of]) =>
      leader.fetch({
        maxWaitTime: MAX_WAIT_MS,
        minBytes: 1,
        maxBytes: ANSWER_BYTES,
        isolationLevel: READ_COMMITTED,
        topics: [{ topic, partitions: of.map(({ asked }) => asked) }],
      }),
    ),
  )
  return answers.flatMap(({ responses }) =>
    responses.flatMap(({ partitions }) =>
      partitions.map(({ partition, ...fetched }) => ({ partition, messages: filterAborted(fetched) })),
    ),
  )
}

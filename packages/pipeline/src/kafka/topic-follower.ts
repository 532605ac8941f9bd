import { setTimeout as after } from 'node:timers/promises'
import kafkajs, { type Kafka } from 'kafkajs'
import type { ClientOptions } from './driver.ts'
import { createKafkajs } from './kafkajs-client.ts'

/** A record of a followed topic, decoded as text. */
export interface FollowedRecord {
  offset: number
  /** Kafka's own time of the record, wall-clock milliseconds. */
  timestampMs: number
  key: string | null
  value: string | null
}

export interface FollowerHandlers {
  /**
   * Records in the order of their offsets, and the offset up to which everything has been read now. Called also without
   * records when the end has moved past what compaction left. The next read waits for the promise.
   */
  onRecords(records: readonly FollowedRecord[], next: number): void | Promise<void>
  /** The topic was made anew: what it said before holds no more. */
  onReset(): void
  /** Null when the topic answers again. */
  onProblem(problem: string | null): void
}

export interface TopicFollower {
  /** Resolves once the end that the topic had at the start is read, or after `patienceMs`. False in the second case. */
  caughtUp(patienceMs: number): Promise<boolean>
  close(): Promise<void>
}

/** The inside of a kafkajs client: its public consumer reads a topic only as a member of a group. */
interface Cluster {
  connect(): Promise<void>
  disconnect(): Promise<void>
  addTargetTopic(topic: string): Promise<void>
  refreshMetadata(): Promise<void>
  fetchTopicsOffset(
    topics: { topic: string; partitions: { partition: number }[]; fromBeginning: boolean }[],
  ): Promise<{ topic: string; partitions: { partition: number; offset: string }[] }[]>
  findLeaderForPartitions(topic: string, partitions: number[]): Record<string, number[]>
  findBroker(wanted: { nodeId: string }): Promise<Broker>
}

interface Broker {
  fetch(request: {
    maxWaitTime: number
    minBytes: number
    maxBytes: number
    isolationLevel: number
    topics: {
      topic: string
      partitions: { partition: number; fetchOffset: string; maxBytes: number }[]
    }[]
  }): Promise<{
    responses: {
      partitions: {
        highWatermark: string
        messages: {
          offset: string
          timestamp: string
          key: Buffer | null
          value: Buffer | null
          isControlRecord?: boolean
        }[]
      }[]
    }[]
  }>
}

/** A changed setting is there at once: the broker answers a waiting fetch as soon as there is a record. */
const MAX_WAIT_MS = 1000
const MAX_BYTES = 1024 * 1024
const RETRY_MS = 500
const CLOSE_MS = 200
const READ_UNCOMMITTED = 0

/**
 * Follows partition 0 of a topic outside of any group, from its beginning or its newest record on, for ever: a topic that is
 * missing or a broker that is away is a problem that is reported and tried again. One request is under way at a time.
 */
export function followTopic(
  options: ClientOptions,
  { topic, from }: { topic: string; from: 'beginning' | 'last' },
  handlers: FollowerHandlers,
): TopicFollower {
  // It comes to nothing quickly, so that a problem is told; the loop here is what tries for ever.
  const kafka = createKafkajs({ ...options, log: () => undefined }, { retries: 2 })
  const closing = new AbortController()
  let open: Cluster | undefined
  let next: number | undefined
  let target: number | undefined
  let problem: string | null = null
  const arrived = Promise.withResolvers<boolean>()

  async function follow(): Promise<void> {
    while (!closing.signal.aborted) {
      const cluster = openCluster(kafka)
      open = cluster
      try {
        await readOn(cluster)
      } catch (error) {
        tellProblem(error instanceof Error ? error.message : String(error))
      } finally {
        await cluster.disconnect().catch(() => undefined)
      }
      await after(RETRY_MS, undefined, { signal: closing.signal }).catch(() => undefined)
    }
  }

  async function readOn(cluster: Cluster): Promise<void> {
    await cluster.connect()
    await cluster.addTargetTopic(topic)
    const start = await offsetOf(cluster, topic, true)
    const end = await offsetOf(cluster, topic, false)
    if (next !== undefined && next > end) {
      handlers.onReset()
      next = undefined
    }
    next = Math.max(start, next ?? (from === 'beginning' ? start : end - 1))
    target ??= end
    await arrive([], next)
    while (!closing.signal.aborted) {
      const { records, end: known } = await fetchFrom(cluster, topic, next)
      tellProblem(null)
      // Compaction leaves holes: an empty answer below the end means that there is nothing up to it.
      next = records.length > 0 ? (records.at(-1) as FollowedRecord).offset + 1 : Math.max(next, known)
      await arrive(records, next)
    }
  }

  async function arrive(records: readonly FollowedRecord[], position: number): Promise<void> {
    await handlers.onRecords(records, position)
    if (target !== undefined && position >= target) arrived.resolve(true)
  }

  function tellProblem(found: string | null): void {
    if (found === problem || closing.signal.aborted) return
    problem = found
    handlers.onProblem(found)
  }

  const following = follow()
  return {
    caughtUp: (patienceMs) =>
      Promise.race([
        arrived.promise,
        after(patienceMs, false, { signal: closing.signal, ref: false }).catch(() => false),
      ]),
    async close() {
      closing.abort()
      // Nothing depends on the fetch that still waits for the broker.
      await open?.disconnect().catch(() => undefined)
      await Promise.race([following, after(CLOSE_MS, undefined, { ref: false })])
    },
  }
}

async function fetchFrom(
  cluster: Cluster,
  topic: string,
  offset: number,
): Promise<{ records: FollowedRecord[]; end: number }> {
  const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [0]))
  if (nodeId === undefined) throw new Error(`${topic} has no leader`)
  const broker = await cluster.findBroker({ nodeId })
  const { responses } = await broker.fetch({
    maxWaitTime: MAX_WAIT_MS,
    minBytes: 1,
    maxBytes: MAX_BYTES,
    isolationLevel: READ_UNCOMMITTED,
    topics: [{ topic, partitions: [{ partition: 0, fetchOffset: String(offset), maxBytes: MAX_BYTES }] }],
  })
  const answer = responses[0]?.partitions[0]
  if (!answer) return { records: [], end: offset }
  const records = answer.messages
    // A batch is answered whole, also when the offset lies within it.
    .filter((message) => Number(message.offset) >= offset && !message.isControlRecord)
    .map((message) => ({
      offset: Number(message.offset),
      timestampMs: Number(message.timestamp),
      key: message.key?.toString() ?? null,
      value: message.value?.toString() ?? null,
    }))
  return { records, end: Number(answer.highWatermark) }
}

async function offsetOf(cluster: Cluster, topic: string, fromBeginning: boolean): Promise<number> {
  const [answer] = await cluster.fetchTopicsOffset([{ topic, partitions: [{ partition: 0 }], fromBeginning }])
  const offset = Number(answer?.partitions[0]?.offset)
  if (!Number.isInteger(offset)) throw new Error(`${topic} told no offset`)
  return offset
}

function openCluster(kafka: Kafka): Cluster {
  const maker = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  )
  const create = maker && (kafka as unknown as Record<symbol, unknown>)[maker]
  if (typeof create !== 'function') throw new kafkajs.KafkaJSNonRetriableError('kafkajs has changed inside')
  return create({ metadataMaxAge: 300_000, allowAutoTopicCreation: false, isolationLevel: READ_UNCOMMITTED })
}

import { setTimeout as after } from 'node:timers/promises'
import type { KafkaMessage } from 'kafkajs'
import type { ClientOptions } from './driver.ts'
import { recordsIn } from './fast-fetch.ts'
import { createKafkajs } from './kafkajs-client.ts'
import { type Cluster, findLeader, openCluster, READ_COMMITTED } from './kafkajs-cluster.ts'

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

/** A changed setting is there at once: the broker answers a waiting fetch as soon as there is a record. */
const MAX_WAIT_MS = 1000
const MAX_BYTES = 1024 * 1024
const RETRY_MS = 500
const CLOSE_MS = 200

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
  const broker = await findLeader(cluster, topic, 0)
  const { responses } = await broker.fetch({
    maxWaitTime: MAX_WAIT_MS,
    minBytes: 1,
    maxBytes: MAX_BYTES,
    isolationLevel: READ_COMMITTED,
    topics: [{ topic, partitions: [{ partition: 0, fetchOffset: String(offset), maxBytes: MAX_BYTES }] }],
  })
  const answer = responses[0]?.partitions[0]
  if (!answer) return { records: [], end: offset }
  // A batch is answered whole, also when the offset lies within it.
  const records = recordsOf(answer.messages).filter((record) => record.offset >= offset)
  return { records, end: Number(answer.highWatermark) }
}

function recordsOf(messages: readonly KafkaMessage[]): FollowedRecord[] {
  return [...recordsIn(messages)].map(({ offset, timestampMs, key, value }) => ({
    offset,
    timestampMs,
    key: key?.toString() ?? null,
    value: value?.toString() ?? null,
  }))
}

async function offsetOf(cluster: Cluster, topic: string, fromBeginning: boolean): Promise<number> {
  const [answer] = await cluster.fetchTopicsOffset([{ topic, partitions: [{ partition: 0 }], fromBeginning }])
  const offset = Number(answer?.partitions[0]?.offset)
  if (!Number.isInteger(offset)) throw new Error(`${topic} told no offset`)
  return offset
}

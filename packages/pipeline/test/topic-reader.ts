import { randomUUID } from 'node:crypto'
import { Consumer } from '@platformatic/kafka'

/** A record as Kafka holds it. */
export interface TopicRecord {
  topic: string
  partition: number
  offset: number
  timestampMs: number
  key: Buffer | null
  value: Buffer | null
  headers: ReadonlyMap<string, string>
}

/**
 * Reads topics without a group, from where it stopped the last time. Every call asks Kafka anew, so outages end with the call.
 * Records of transactions are handed over when their commit is read, and never when they were aborted: it goes by the markers in
 * the log alone, and not by what the broker says of them.
 */
export interface TopicReader {
  /** End of each partition by topic: up to the first transaction that is open. Rejects within a few seconds when the broker does not answer. */
  ends(): Promise<Map<string, number[]>>
  /** Hands over every record between the last read and `ends`, in the order of each partition. */
  readTo(ends: ReadonlyMap<string, readonly number[]>, onRecord: (record: TopicRecord) => void): Promise<void>
  /** Goes on at another address of the same data. */
  moveTo(bootstrap: string): void
  close(): Promise<void>
}

const REQUEST_MS = 5000
const FETCH_BYTES = 4 * 1024 * 1024
/** Bit of a batch's attributes: it holds markers of a transaction, which take offsets and are no records. */
const CONTROL_BATCH = 1 << 5
/** Another: it counts only when its transaction is committed. */
const TRANSACTIONAL_BATCH = 1 << 4
/** `FetchIsolationLevels` of the client. The fetches take everything, so that nothing is left out behind the reader's back. */
const READ_UNCOMMITTED = 0
const READ_COMMITTED = 1

export function createTopicReader(bootstrap: string, topics: readonly string[]): TopicReader {
  let consumer = openConsumer(bootstrap)
  const positions = new Map<string, number>()
  /** Records of transactions whose marker has not been read yet, by partition and producer. */
  const undecided = new Map<string, TopicRecord[]>()

  async function ends(): Promise<Map<string, number[]>> {
    const found = await consumer.listOffsets({
      topics: [...topics],
      timestamp: -1n,
      isolationLevel: READ_COMMITTED,
    })
    return new Map([...found].map(([topic, offsets]) => [topic, offsets.map(Number)]))
  }

  async function fetchOnce(wanted: ReadonlyMap<string, number[]>, onRecord: (record: TopicRecord) => void) {
    const metadata = await consumer.metadata({ topics: [...topics] })
    consumer.topics.trackAll(...topics)
    const byId = new Map([...metadata.topics].map(([topic, { id }]) => [id, topic]))
    const leader = [...metadata.topics.values()][0]?.partitions[0]?.leader
    if (leader === undefined) throw new Error('the topics have no leader')
    const answer = await consumer.fetch({
      node: leader,
      minBytes: 1,
      maxBytes: FETCH_BYTES * 4,
      maxWaitTime: 200,
      isolationLevel: READ_UNCOMMITTED,
      topics: [...wanted].map(([topic, partitions]) => ({
        topicId: metadata.topics.get(topic)?.id ?? '',
        partitions: partitions.map((partition) => ({
          partition,
          currentLeaderEpoch: -1,
          fetchOffset: BigInt(positions.get(`${topic}/${partition}`) ?? 0),
          lastFetchedEpoch: -1,
          partitionMaxBytes: FETCH_BYTES,
        })),
      })),
    })
    for (const { topicId, partitions } of answer.responses) {
      const topic = byId.get(topicId) as string
      for (const { partitionIndex, records } of partitions) {
        const name = `${topic}/${partitionIndex}`
        for (const batch of records ?? []) {
          const first = Number(batch.firstOffset)
          const from = positions.get(name) ?? 0
          const transaction = `${name} ${batch.producerId}`
          if ((batch.attributes & CONTROL_BATCH) !== 0) {
            const commits = batch.records[0]?.key?.readInt16BE(2) === 1
            for (const record of commits ? (undecided.get(transaction) ?? []) : []) onRecord(record)
            undecided.delete(transaction)
          } else {
            const records = batch.records
              .map((record) => ({
                topic,
                partition: partitionIndex,
                offset: first + record.offsetDelta,
                timestampMs: Number(batch.firstTimestamp + record.timestampDelta),
                key: record.key,
                value: record.value,
                headers: new Map(
                  record.headers.map(([header, text]) => [String(header ?? ''), String(text ?? '')]),
                ),
              }))
              .filter(({ offset }) => offset >= from)
            if ((batch.attributes & TRANSACTIONAL_BATCH) === 0) for (const record of records) onRecord(record)
            else undecided.set(transaction, [...(undecided.get(transaction) ?? []), ...records])
          }
          positions.set(name, Math.max(from, first + batch.lastOffsetDelta + 1))
        }
      }
    }
  }

  return {
    ends,
    async readTo(to, onRecord) {
      for (let rounds = 0; ; rounds += 1) {
        const wanted = new Map<string, number[]>()
        for (const [topic, offsets] of to) {
          const behind = offsets.flatMap((end, partition) =>
            (positions.get(`${topic}/${partition}`) ?? 0) < end ? [partition] : [],
          )
          if (behind.length > 0) wanted.set(topic, behind)
        }
        if (wanted.size === 0) return
        if (rounds > 10_000) throw new Error(`no end of ${[...wanted.keys()].join(', ')} in sight`)
        await fetchOnce(wanted, onRecord)
      }
    },
    moveTo(address) {
      void consumer.close(true).catch(() => undefined)
      consumer = openConsumer(address)
    },
    close: () => consumer.close(true),
  }
}

function openConsumer(bootstrap: string) {
  return new Consumer<Buffer, Buffer, Buffer, Buffer>({
    clientId: 'chaos-reader',
    // Required by the client; it is never joined.
    groupId: `chaos-${randomUUID()}`,
    bootstrapBrokers: [bootstrap],
    autocommit: false,
    retries: 0,
    connectTimeout: 1000,
    requestTimeout: REQUEST_MS,
  })
}

import type { ClientOptions } from './driver.ts'
import { recordsIn } from './fast-fetch.ts'
import { createKafkajs } from './kafkajs-client.ts'
import {
  type Broker,
  type Cluster,
  findLeader,
  type LoggedMessage,
  openCluster,
  READ_COMMITTED,
  readBounds,
} from './kafkajs-cluster.ts'

/** A record near the end of a partition, headers decoded as text. */
export interface TailRecord {
  offset: number
  headers: ReadonlyMap<string, string>
}

interface Wanted {
  topic: string
  partition: number
}

/** The broker answers with one partition at a time when answers are large, so a read may take several rounds. */
const MAX_IDLE_ROUNDS = 20
const RETRIES = 20
const MAX_WAIT_MS = 500
const MAX_PARTITION_BYTES = 8 * 1024 * 1024
/** The key of a marker: version and type, of which 0 is an abort and 1 a commit. */
const ABORT = Buffer.from([0, 0, 0, 0])

/**
 * Reads the last record batch of each given partition, without joining a group. Transactions that are open or aborted, and the
 * markers that end them, do not count. Returns records by `topic/partition`, empty for an empty partition.
 */
export async function readTails(
  { bootstrap, clientId }: Pick<ClientOptions, 'bootstrap' | 'clientId'>,
  wanted: readonly Wanted[],
): Promise<Map<string, TailRecord[]>> {
  const client = { bootstrap, clientId: `${clientId}-tail`, log: () => undefined }
  const cluster = openCluster(createKafkajs(client, { retries: RETRIES }))
  try {
    await cluster.connect()
    return await readWith(cluster, wanted)
  } finally {
    await cluster.disconnect().catch(() => undefined)
  }
}

async function readWith(cluster: Cluster, wanted: readonly Wanted[]): Promise<Map<string, TailRecord[]>> {
  const topics = [...Map.groupBy(wanted, ({ topic }) => topic)]
  for (const [topic] of topics) await cluster.addTargetTopic(topic)
  const bounds = await readBounds(
    cluster,
    topics.map(([topic, partitions]) => ({ topic, partitions })),
  )
  const found = new Map<string, TailRecord[]>()
  const missing = new Map<string, Wanted & { last: number }>()
  const lookAt = (name: string, { topic, partition }: Wanted, last: number) => {
    if (last >= (bounds.get(name)?.start ?? 0)) missing.set(name, { topic, partition, last })
    else missing.delete(name)
  }
  for (const { topic, partition } of wanted) {
    const name = `${topic}/${partition}`
    found.set(name, [])
    lookAt(name, { topic, partition }, (bounds.get(name)?.end ?? 0) - 1)
  }
  for (let idle = 0; missing.size > 0; idle += 1) {
    if (idle === MAX_IDLE_ROUNDS)
      throw new Error(`no answer for the end of ${[...missing.keys()].join(', ')}`)
    for (const [name, { records, before }] of await fetchLast(cluster, [...missing.values()])) {
      idle = 0
      if (records) {
        found.set(name, records)
        missing.delete(name)
      } else lookAt(name, missing.get(name) as Wanted, before - 1)
    }
  }
  return found
}

/** Records of the batch that holds an offset, or the offset before which to look when they do not count. */
interface Found {
  records: TailRecord[] | undefined
  before: number
}

/** Asks for the batches that hold the last offsets; answers those that came. */
async function fetchLast(
  cluster: Cluster,
  wanted: readonly (Wanted & { last: number })[],
): Promise<Map<string, Found>> {
  const leaders = await Promise.all(
    wanted.map(({ topic, partition }) => findLeader(cluster, topic, partition)),
  )
  const [leader] = leaders as [Broker]
  const led = wanted.filter((_, index) => leaders[index] === leader)
  const { responses } = await leader.fetch({
    maxWaitTime: MAX_WAIT_MS,
    minBytes: 1,
    maxBytes: 2 * MAX_PARTITION_BYTES,
    isolationLevel: READ_COMMITTED,
    topics: [...Map.groupBy(led, ({ topic }) => topic)].map(([topic, partitions]) => ({
      topic,
      partitions: partitions.map(({ partition, last }) => ({
        partition,
        fetchOffset: String(last),
        maxBytes: MAX_PARTITION_BYTES,
      })),
    })),
  })
  const lasts = new Map(led.map(({ topic, partition, last }) => [`${topic}/${partition}`, last]))
  const came = new Map<string, Found>()
  for (const { topicName, partitions } of responses) {
    for (const { partition, messages, abortedTransactions } of partitions) {
      const name = `${topicName}/${partition}`
      const message = messages.find(({ offset }) => Number(offset) >= (lasts.get(name) as number))
      if (message) came.set(name, judge(message, abortedTransactions))
    }
  }
  return came
}

/** A transaction that was aborted is left in one step: nobody else writes into a partition while it is open. */
function judge(
  message: LoggedMessage,
  aborted: readonly { producerId: string; firstOffset: string }[],
): Found {
  const { isControlRecord, key, batchContext } = message
  const offset = Number(message.offset)
  const own = aborted
    .filter(({ producerId }) => producerId === batchContext.producerId)
    .map(({ firstOffset }) => Number(firstOffset))
    .filter((firstOffset) => firstOffset <= offset)
  if (isControlRecord)
    return {
      records: undefined,
      before: Math.max(...(key?.equals(ABORT) && own.length > 0 ? own : [offset])),
    }
  if (batchContext.inTransaction && own.length > 0) return { records: undefined, before: Math.max(...own) }
  const records = [...recordsIn([message])].map((record) => ({
    offset: record.offset,
    headers: new Map(record.headers().map(([header, value]) => [header, value.toString()] as const)),
  }))
  return { records, before: offset }
}

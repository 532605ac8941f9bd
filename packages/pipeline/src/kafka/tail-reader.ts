import type { ClientOptions } from './driver.ts'
import { recordsIn } from './fast-fetch.ts'
import { createKafkajs } from './kafkajs-client.ts'
import { type Broker, type Cluster, findLeader, openCluster, READ_UNCOMMITTED } from './kafkajs-cluster.ts'

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
const MAX_ROUNDS = 20
const RETRIES = 20
const MAX_WAIT_MS = 500
const MAX_PARTITION_BYTES = 8 * 1024 * 1024

/**
 * Reads the last record batch of each given partition, without joining a group.
 * Returns records by `topic/partition`, empty for an empty partition.
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
  const offsets = async (fromBeginning: boolean) => {
    const asked = topics.map(([topic, partitions]) => ({ topic, partitions, fromBeginning }))
    const answers = await cluster.fetchTopicsOffset(asked)
    return new Map(
      answers.flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, offset }): [string, number] => [
          `${topic}/${partition}`,
          Number(offset),
        ]),
      ),
    )
  }
  const [starts, ends] = [await offsets(true), await offsets(false)]
  const found = new Map<string, TailRecord[]>()
  const missing = new Map<string, Wanted & { last: number }>()
  for (const { topic, partition } of wanted) {
    const name = `${topic}/${partition}`
    const end = ends.get(name) ?? 0
    found.set(name, [])
    if (end > (starts.get(name) ?? 0)) missing.set(name, { topic, partition, last: end - 1 })
  }
  for (let round = 0; missing.size > 0; round += 1) {
    if (round === MAX_ROUNDS) throw new Error(`no answer for the end of ${[...missing.keys()].join(', ')}`)
    for (const [name, records] of await fetchLast(cluster, [...missing.values()])) {
      found.set(name, records)
      missing.delete(name)
    }
  }
  return found
}

/** Asks for the batches that hold the last offsets; answers those that came. */
async function fetchLast(
  cluster: Cluster,
  wanted: readonly (Wanted & { last: number })[],
): Promise<Map<string, TailRecord[]>> {
  const leaders = await Promise.all(
    wanted.map(({ topic, partition }) => findLeader(cluster, topic, partition)),
  )
  const [leader] = leaders as [Broker]
  const led = wanted.filter((_, index) => leaders[index] === leader)
  const { responses } = await leader.fetch({
    maxWaitTime: MAX_WAIT_MS,
    minBytes: 1,
    maxBytes: 2 * MAX_PARTITION_BYTES,
    isolationLevel: READ_UNCOMMITTED,
    topics: [...Map.groupBy(led, ({ topic }) => topic)].map(([topic, partitions]) => ({
      topic,
      partitions: partitions.map(({ partition, last }) => ({
        partition,
        fetchOffset: String(last),
        maxBytes: MAX_PARTITION_BYTES,
      })),
    })),
  })
  const came = new Map<string, TailRecord[]>()
  for (const { topicName, partitions } of responses) {
    for (const { partition, messages } of partitions) {
      const records = [...recordsIn(messages)].map((record) => ({
        offset: record.offset,
        headers: new Map(record.headers().map(([header, value]) => [header, value.toString()] as const)),
      }))
      if (records.length > 0) came.set(`${topicName}/${partition}`, records)
    }
  }
  return came
}

import { HEADERS, TOPICS } from '@radtune/core/contract'
import { recordsIn } from '../../packages/pipeline/src/kafka/fast-fetch.ts'
import { createKafkajs } from '../../packages/pipeline/src/kafka/kafkajs-client.ts'
import {
  type Cluster,
  findLeader,
  openCluster,
  READ_COMMITTED,
} from '../../packages/pipeline/src/kafka/kafkajs-cluster.ts'

/** What a record goes through up to the slot's sending; the last is their sum. What end to end is more lies behind it. */
export const LEGS = ['provider waits', 'to slot', 'slot waits', 'sum'] as const
export type Legs = Record<(typeof LEGS)[number], number[]>

/** Of partition 0; the way is the same for all. */
const PARTITION = 0
const MAX_BYTES = 4 * 1024 * 1024

/**
 * The legs of the last `records` of `normal-data` in one partition, by the times that batches and headers carry: handed over, sent
 * by the provider, taken up by the slot, sent by the slot. Read after the fact, so that it costs nothing while they are under way.
 * Milliseconds.
 */
export async function readLegs(bootstrap: string, records: number): Promise<Legs> {
  const cluster = openCluster(createKafkajs({ bootstrap, clientId: 'bench-legs', log: () => undefined }))
  try {
    await cluster.connect()
    const [input, output] = [
      // All of the output's records and somewhat more: some inputs become no output.
      await readLast(cluster, TOPICS.input, records * 1.5),
      await readLast(cluster, TOPICS.normal, records),
    ]
    const sentOf = new Map(input.map(({ offset, timestampMs }) => [`${PARTITION}:${offset}`, timestampMs]))
    const legs: Legs = { 'provider waits': [], 'to slot': [], 'slot waits': [], sum: [] }
    for (const { timestampMs, header } of output) {
      const sent = sentOf.get(header(HEADERS.source) ?? '')
      if (sent === undefined) continue
      const handedOver = Number(header(HEADERS.sentAt))
      const takenUp = Number(header(HEADERS.processedAt))
      legs['provider waits'].push(sent - handedOver)
      legs['to slot'].push(takenUp - sent)
      legs['slot waits'].push(timestampMs - takenUp)
      legs.sum.push(timestampMs - handedOver)
    }
    return legs
  } finally {
    await cluster.disconnect().catch(() => undefined)
  }
}

interface Read {
  offset: number
  timestampMs: number
  header(name: string): string | undefined
}

async function readLast(cluster: Cluster, topic: string, records: number): Promise<Read[]> {
  await cluster.addTargetTopic(topic)
  const broker = await findLeader(cluster, topic, PARTITION)
  const [answer] = await cluster.fetchTopicsOffset([
    { topic, partitions: [{ partition: PARTITION }], fromBeginning: false },
  ])
  const end = Number(answer?.partitions[0]?.offset)
  let next = Math.max(0, end - Math.ceil(records))
  const reads: Read[] = []
  while (next < end) {
    const { responses } = await broker.fetch({
      maxWaitTime: 500,
      minBytes: 1,
      maxBytes: MAX_BYTES,
      isolationLevel: READ_COMMITTED,
      topics: [
        { topic, partitions: [{ partition: PARTITION, fetchOffset: String(next), maxBytes: MAX_BYTES }] },
      ],
    })
    for (const record of recordsIn(responses[0]?.partitions[0]?.messages ?? [])) {
      if (record.offset < next || record.offset >= end) continue
      next = record.offset + 1
      reads.push({
        offset: record.offset,
        timestampMs: record.timestampMs,
        header: (name) => record.header(name)?.toString(),
      })
    }
  }
  return reads
}

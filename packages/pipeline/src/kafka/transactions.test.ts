import { randomUUID } from 'node:crypto'
import kafkajs from 'kafkajs'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { createDriver } from './create-driver.ts'
import type { ClientOptions, TransactionalProducer } from './driver.ts'
import { encodeRecords } from './encoded-records.ts'
import { fencePartitions } from './fence-partitions.ts'
import { readTails } from './tail-reader.ts'
import { ensureTopics } from './topics.ts'

const client: ClientOptions = {
  bootstrap: inject('bootstrap'),
  clientId: 'transactions',
  log: () => undefined,
}
const driver = createDriver('hybrid', client)

/** An input and an output of two partitions each, and a group. */
async function newTopics() {
  const name = randomUUID()
  const topics = { input: `input-${name}`, output: `output-${name}`, groupId: `group-${name}` }
  await ensureTopics(
    client,
    [topics.input, topics.output].map((topic) => ({
      name: topic,
      partitions: 2,
      replicationFactor: 1,
      config: {},
    })),
  )
  return topics
}

type Topics = Awaited<ReturnType<typeof newTopics>>

async function owner(
  { input, groupId }: Topics,
  partitions: readonly number[] = [0],
): Promise<TransactionalProducer> {
  const producer = driver.transactionalProducer({ topic: input, groupId })
  onTestFinished(() => producer.close())
  await producer.connect()
  await producer.fence(partitions)
  return producer
}

const batch = (topic: string, value: string, partition = 0) => [
  { topic, partition, records: encodeRecords([{ key: null, value, headers: [['source', value]] }]) },
]

const offset = (at: number, metadata = '') => [{ partition: 0, offset: at, metadata }]

async function sendPlain(topic: string, value: string): Promise<void> {
  const producer = driver.producer()
  await producer.connect()
  await producer.send(batch(topic, value), 'none')
  await producer.close()
}

/** The values of partition 0 as a consumer of the driver sees them, up to this one. */
async function readUntil(topic: string, last: string): Promise<string[]> {
  const values: string[] = []
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const consumer = driver.consumer({
    topic,
    groupId: `read-${randomUUID()}`,
    fromBeginning: true,
    fetchMinBytes: 1,
    fetchMaxWaitMs: 100,
    maxPartitionFetchBytes: 1024 * 1024,
    sessionTimeoutMs: 10_000,
  })
  await consumer.start({
    onAssigned: () => undefined,
    onRebalancing: () => undefined,
    onFetch: () => undefined,
    onFailure: reject,
    async onBatch({ records }) {
      for (const { value } of records) values.push(String(value))
      if (values.includes(last)) resolve()
    },
  })
  await promise
  await consumer.stop()
  return values
}

async function tailOf(topic: string): Promise<string[]> {
  const tails = await readTails(client, [{ topic, partition: 0 }])
  return (tails.get(`${topic}/0`) ?? []).map(({ headers }) => String(headers.get('source')))
}

describe('transactions on a real broker', { timeout: 60_000 }, () => {
  it('commits offsets with their metadata, of partitions without output too', async () => {
    const topics = await newTopics()
    const producer = await owner(topics, [0, 1])
    await producer.send(batch(topics.output, 'a'), 'snappy')
    await producer.commit([
      { partition: 0, offset: 7, metadata: 'seven' },
      { partition: 1, offset: 9, metadata: 'nine' },
    ])
    const admin = new kafkajs.Kafka({ brokers: [client.bootstrap] }).admin()
    await admin.connect()
    onTestFinished(() => admin.disconnect())
    await expect
      .poll(async () => {
        const [found] = await admin.fetchOffsets({ groupId: topics.groupId, topics: [topics.input] })
        return found?.partitions
          .map(({ offset, metadata }) => [offset, metadata])
          .sort(([a], [b]) => Number(a) - Number(b))
      })
      .toEqual([
        ['7', 'seven'],
        ['9', 'nine'],
      ])
  })

  it('shows readers what is committed, nothing that was aborted, and no markers', async () => {
    const topics = await newTopics()
    for (const round of ['1', '2']) {
      const lost = await owner(topics)
      await lost.send(batch(topics.output, `lost ${round}`), 'gzip')
      await lost.send(batch(topics.output, `lost too ${round}`), 'none')
      const next = await owner(topics)
      await next.send(batch(topics.output, `kept ${round}`), 'none')
      await next.commit(offset(1))
      await next.send(batch(topics.output, `kept too ${round}`), 'snappy')
      await next.commit(offset(2))
    }
    await sendPlain(topics.output, 'last')
    const kept = ['kept 1', 'kept too 1', 'kept 2', 'kept too 2', 'last']
    expect(await readUntil(topics.output, 'last')).toEqual(kept)
  })

  it('lets an earlier owner neither write nor commit', async () => {
    const topics = await newTopics()
    const zombie = await owner(topics)
    await zombie.send(batch(topics.output, 'early'), 'none')
    const next = await owner(topics)
    await expect(zombie.send(batch(topics.output, 'late'), 'none')).rejects.toThrow(/refuses/)
    await expect(zombie.commit(offset(5))).rejects.toThrow(/refuses/)
    await next.send(batch(topics.output, 'own'), 'none')
    await next.commit(offset(1))
    await sendPlain(topics.output, 'last')
    expect(await readUntil(topics.output, 'last')).toEqual(['own', 'last'])
  })

  it('can be fenced by one who writes without transactions', async () => {
    const topics = await newTopics()
    const zombie = await owner(topics)
    await zombie.send(batch(topics.output, 'early'), 'none')
    await fencePartitions(client, topics.input, [0])
    await sendPlain(topics.output, 'last')
    await expect(zombie.commit(offset(5))).rejects.toThrow(/refuses/)
    expect(await readUntil(topics.output, 'last')).toEqual(['last'])
  })

  it('knows the last record of an output, whatever became of transactions behind it', async () => {
    const topics = await newTopics()
    expect(await tailOf(topics.output)).toEqual([])
    const first = await owner(topics)
    await first.send(batch(topics.output, 'aborted'), 'none')
    expect(await tailOf(topics.output)).toEqual([])
    const second = await owner(topics)
    expect(await tailOf(topics.output)).toEqual([])
    await second.send(batch(topics.output, 'one'), 'none')
    await second.send(batch(topics.output, 'two'), 'none')
    await second.commit(offset(2))
    await expect.poll(() => tailOf(topics.output)).toEqual(['two'])
    await second.send(batch(topics.output, 'open'), 'none')
    await second.send(batch(topics.output, 'open too'), 'none')
    expect(await tailOf(topics.output)).toEqual(['two'])
    await owner(topics)
    expect(await tailOf(topics.output)).toEqual(['two'])
    await sendPlain(topics.output, 'plain')
    expect(await tailOf(topics.output)).toEqual(['plain'])
    const last = await owner(topics)
    await last.send(batch(topics.output, 'aborted again'), 'none')
    await owner(topics)
    expect(await tailOf(topics.output)).toEqual(['plain'])
  })
})

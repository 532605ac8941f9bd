import { randomUUID } from 'node:crypto'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { createDriver } from './create-driver.ts'
import type {
  BatchProducer,
  ClientOptions,
  Compression,
  GroupConsumer,
  InputBatch,
  InputRecord,
  KafkaDriver,
} from './driver.ts'
import { encodeRecords } from './encoded-records.ts'
import { removeMembers } from './remove-members.ts'
import { readTails } from './tail-reader.ts'
import { ensureTopics } from './topics.ts'

const client: ClientOptions = { bootstrap: inject('bootstrap'), clientId: 'contract', log: () => undefined }

async function newTopic(partitions: number): Promise<string> {
  const name = `contract-${randomUUID()}`
  await ensureTopics(client, [{ name, partitions, replicationFactor: 1, config: {} }])
  return name
}

/** A consumer that gathers what it gets until it has been told enough. */
function gather(
  driver: KafkaDriver,
  topic: string,
  groupId: string,
  { instanceId, gatherMs }: { instanceId?: string; gatherMs?: number } = {},
) {
  const consumer: GroupConsumer = driver.consumer({
    topic,
    groupId,
    fromBeginning: true,
    fetchMinBytes: 1,
    fetchMaxWaitMs: 100,
    maxPartitionFetchBytes: 1024 * 1024,
    sessionTimeoutMs: 10_000,
    ...(instanceId === undefined ? {} : { instanceId }),
    ...(gatherMs === undefined ? {} : { gatherMs }),
  })
  const batches: (Omit<InputBatch, 'records'> & { records: InputRecord[] })[] = []
  const assignments: { partitions: readonly number[]; continued: boolean }[] = []
  const conditions: { met: () => boolean; resolve: () => void }[] = []
  const check = () => {
    for (const condition of [...conditions]) {
      if (!condition.met()) continue
      conditions.splice(conditions.indexOf(condition), 1)
      condition.resolve()
    }
  }
  const started = consumer.start({
    onAssigned: (partitions, continued) => {
      assignments.push({ partitions, continued })
      check()
    },
    onRebalancing: () => undefined,
    onBatch: async (batch) => {
      batches.push({ ...batch, records: [...batch.records] })
      check()
    },
    onFetch: check,
    onFailure: (error) => {
      throw error
    },
  })
  onTestFinished(() => consumer.stop())
  return {
    consumer,
    batches,
    assignments,
    started,
    records: () =>
      batches.flatMap(({ partition, records }) => records.map((record) => ({ partition, record }))),
    until: (met: () => boolean) =>
      new Promise<void>((resolve) => {
        conditions.push({ met, resolve })
        check()
      }),
  }
}

async function connectedProducer(driver: KafkaDriver): Promise<BatchProducer> {
  const producer = driver.producer()
  await producer.connect()
  onTestFinished(() => producer.close())
  return producer
}

const text = (value: string) => ({
  key: Buffer.from('k'),
  value: Buffer.from(value),
  headers: [['source', Buffer.from('0:7')]] as const,
})

describe.each(['hybrid', 'kafkajs'] as const)('driver %s on a real broker', { timeout: 60_000 }, (name) => {
  const driver = createDriver(name, client)

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] satisfies Compression[])(
    'round-trips keys, values and headers with %s',
    async (compression) => {
      const topic = await newTopic(2)
      const producer = await connectedProducer(driver)
      await producer.send(
        [
          {
            topic,
            partition: 0,
            records: encodeRecords([text('a'), { key: null, value: Buffer.alloc(0), headers: [] }]),
          },
          { topic, partition: 1, records: encodeRecords([{ ...text(''), value: 'ü'.repeat(5000) }]) },
        ],
        compression,
      )
      const { records, until, started } = gather(driver, topic, topic)
      await started
      await until(() => records().length === 3)
      const of = (partition: number) =>
        records()
          .filter((entry) => entry.partition === partition)
          .map(({ record }) => record)
      const [first, second] = of(0)
      expect(first?.key?.toString()).toBe('k')
      expect(first?.value?.toString()).toBe('a')
      expect(first?.header('source')?.toString()).toBe('0:7')
      expect(first?.header('absent')).toBeUndefined()
      expect(Math.abs((first?.timestampMs ?? 0) - Date.now())).toBeLessThan(60_000)
      expect(second).toMatchObject({ offset: 1, key: null })
      expect(second?.value).toHaveLength(0)
      expect(of(1)[0]?.value?.toString()).toBe('ü'.repeat(5000))
    },
  )

  it('waits with the next fetch after one that held all there was, and takes at once what comes later', async () => {
    const topic = await newTopic(1)
    const producer = await connectedProducer(driver)
    const send = (value: string) =>
      producer.send([{ topic, partition: 0, records: encodeRecords([text(value)]) }], 'none')
    const { batches, until, started } = gather(driver, topic, topic, { gatherMs: 500 })
    await started
    await send('a')
    await until(() => batches.length === 1)
    const firstAt = performance.now()
    await send('b')
    await send('c')
    await until(() => batches.length === 2)
    expect(performance.now() - firstAt).toBeGreaterThan(400)
    expect(batches.map(({ records }) => records.map(({ value }) => String(value)))).toEqual([
      ['a'],
      ['b', 'c'],
    ])
    await new Promise((resolve) => setTimeout(resolve, 600))
    const sentAt = performance.now()
    await send('d')
    await until(() => batches.length === 3)
    expect(performance.now() - sentAt).toBeLessThan(400)
  })

  it('keeps the order of a partition over many sends', async () => {
    const topic = await newTopic(1)
    const producer = await connectedProducer(driver)
    for (let send = 0; send < 50; send += 1) {
      await producer.send(
        [{ topic, partition: 0, records: encodeRecords([text(`${send}`), text(`${send}`)]) }],
        'snappy',
      )
    }
    const { records, until, started } = gather(driver, topic, topic)
    await started
    await until(() => records().length === 100)
    expect(records().map(({ record }) => Number(record.value))).toEqual(
      Array.from({ length: 100 }, (_, index) => Math.floor(index / 2)),
    )
  })

  it('commits offsets, starts again there, and seeks back without committing', async () => {
    const topic = await newTopic(1)
    const producer = await connectedProducer(driver)
    await producer.send(
      [
        {
          topic,
          partition: 0,
          records: encodeRecords(Array.from({ length: 10 }, (_, index) => text(`${index}`))),
        },
      ],
      'none',
    )
    const first = gather(driver, topic, topic)
    await first.started
    await first.until(() => first.records().length === 10)
    await first.consumer.commit([{ partition: 0, offset: 6, metadata: 'six' }])
    await first.consumer.stop()
    const second = gather(driver, topic, topic)
    await second.started
    await second.until(() => second.records().length > 0)
    expect(second.records()[0]?.record.offset).toBe(6)
    second.consumer.seek(0, 2)
    await producer.send([{ topic, partition: 0, records: encodeRecords([text('wake')]) }], 'none')
    await second.until(() => second.records().some(({ record }) => record.offset === 2))
  })

  it('gives a static member its partitions back, and the others do not notice', async () => {
    const topic = await newTopic(4)
    const other = gather(driver, topic, topic)
    await other.started
    const first = gather(driver, topic, topic, { instanceId: 'one' })
    await first.started
    const latest = (member: typeof other) => member.assignments.at(-1)?.partitions
    await Promise.all([other, first].map((member) => member.until(() => latest(member)?.length === 2)))
    const had = latest(first)
    const joins = other.assignments.length
    await first.consumer.stop()
    const second = gather(driver, topic, topic, { instanceId: 'one' })
    await second.started
    await second.until(() => second.assignments.length > 0)
    expect(second.assignments[0]).toEqual({ partitions: had, continued: false })
    expect(other.assignments).toHaveLength(joins)
    expect(latest(other)).toHaveLength(2)
  })

  it('shares the partitions of a group and says who kept its membership', async () => {
    const topic = await newTopic(4)
    const one = gather(driver, topic, topic)
    await one.started
    await one.until(() => one.assignments.length > 0)
    const two = gather(driver, topic, topic)
    await two.started
    const latest = (member: typeof one) => member.assignments.at(-1)
    await Promise.all([
      one.until(() => latest(one)?.partitions.length === 2),
      two.until(() => latest(two)?.partitions.length === 2),
    ])
    expect([...(latest(one)?.partitions ?? []), ...(latest(two)?.partitions ?? [])].sort()).toEqual([
      0, 1, 2, 3,
    ])
    expect(one.assignments[0]?.continued).toBe(false)
    expect(latest(one)?.continued).toBe(true)
    await two.consumer.stop()
    await one.until(() => latest(one)?.partitions.length === 4)
  })
})

describe('control path on a real broker', { timeout: 60_000 }, () => {
  const driver = createDriver('hybrid', client)

  it('reads the tails of many partitions, empty ones too', async () => {
    const topic = await newTopic(3)
    const producer = await connectedProducer(driver)
    for (let send = 0; send < 5; send += 1) {
      const records = encodeRecords([{ ...text('x'), headers: [['source', `0:${send}`]] as const }])
      await producer.send(
        [
          { topic, partition: 0, records },
          { topic, partition: 2, records },
        ],
        'gzip',
      )
    }
    const tails = await readTails(
      client,
      [0, 1, 2].map((partition) => ({ topic, partition })),
    )
    expect(tails.get(`${topic}/0`)?.at(-1)).toEqual({ offset: 4, headers: new Map([['source', '0:4']]) })
    expect(tails.get(`${topic}/1`)).toEqual([])
    expect(tails.get(`${topic}/2`)?.at(-1)?.offset).toBe(4)
  })

  it('removes the members of a group that nobody is behind, and no others', async () => {
    const topic = await newTopic(2)
    const mine = { ...client, clientId: `mine-${randomUUID()}` }
    const left = gather(createDriver('hybrid', mine), topic, topic)
    const other = gather(driver, topic, topic)
    await Promise.all([left.started, other.started])
    await Promise.all(
      [left, other].map((member) => member.until(() => member.assignments.at(-1)?.partitions.length === 1)),
    )
    expect(await removeMembers(mine, topic, (id) => id === mine.clientId)).toBe(1)
    // The one that was removed is still alive here and comes back, as somebody new.
    await left.until(() => left.assignments.at(-1)?.continued === false && left.assignments.length > 1)
    expect(other.assignments.slice(1).every(({ continued }) => continued)).toBe(true)
    expect(await removeMembers(client, topic, (id) => id === 'nobody')).toBe(0)
    expect(await removeMembers(mine, `no-such-group-${topic}`, () => true)).toBe(0)
  })

  it('makes topics once, mends settings without touching others, and never changes the partitions', async () => {
    const name = `topic-${randomUUID()}`
    const topic = {
      name,
      partitions: 3,
      replicationFactor: 1,
      config: { 'retention.ms': '60000', 'segment.bytes': '1048576' },
    }
    expect(await ensureTopics(client, [topic])).toEqual([{ name, outcome: 'created', changes: [] }])
    expect(await ensureTopics(client, [topic])).toEqual([{ name, outcome: 'already so', changes: [] }])
    const changed = { ...topic, config: { ...topic.config, 'retention.ms': '120000' } }
    expect(await ensureTopics(client, [changed])).toEqual([
      { name, outcome: 'settings changed', changes: ['retention.ms: 60000 → 120000'] },
    ])
    expect(await ensureTopics(client, [changed])).toEqual([{ name, outcome: 'already so', changes: [] }])
    await expect(ensureTopics(client, [{ ...changed, partitions: 6 }])).rejects.toMatchObject({
      code: 'RT-KAFKA-001',
    })
    await expect(ensureTopics(client, [{ ...changed, partitions: 1 }])).rejects.toMatchObject({
      code: 'RT-KAFKA-001',
    })
  })
})

import { randomUUID } from 'node:crypto'
import { describe, expect, inject, it } from 'vitest'
import { createDriver } from './create-driver.ts'
import type { ClientOptions } from './driver.ts'
import { encodeRecords } from './encoded-records.ts'
import { openLookBack } from './look-back.ts'
import { ensureTopics } from './topics.ts'

const warnings: string[] = []
const client: ClientOptions = {
  bootstrap: inject('bootstrap'),
  clientId: 'look-back',
  log: ({ message }) => warnings.push(message),
}
const LIMITS = { recordsPerTopic: 20, ageMs: 600_000, patienceMs: 10_000 }

async function newTopic(partitions: number, counts: readonly number[]): Promise<string> {
  const name = `look-back-${randomUUID()}`
  await ensureTopics(client, [{ name, partitions, replicationFactor: 1, config: {} }])
  const producer = createDriver('hybrid', client).producer()
  await producer.connect()
  for (const [partition, count] of counts.entries()) {
    // In batches of seven, so that what is wanted begins in the middle of one.
    for (let at = 0; at < count; at += 7) {
      const values = Array.from(
        { length: Math.min(7, count - at) },
        (_, index) => `${partition}/${at + index}`,
      )
      const records = encodeRecords(
        values.map((value) => ({ key: null, value, headers: [['source', value]] as const })),
      )
      await producer.send([{ topic: name, partition, records }], 'snappy')
    }
  }
  await producer.close()
  return name
}

async function readAll(topics: readonly string[], limits = LIMITS) {
  const read: string[] = []
  const positions = await openLookBack(client, topics, limits).read(({ records }) => {
    for (const record of records) read.push(record.value?.toString() ?? '')
  })
  const plain = Object.fromEntries([...positions].map(([topic, of]) => [topic, Object.fromEntries(of)]))
  return { read, positions: plain }
}

describe('a look back', () => {
  it('reads the newest records of each partition in their order, and says where to go on', async () => {
    const topic = await newTopic(2, [100, 3])
    const { read, positions } = await readAll([topic])
    const newest = Array.from({ length: 10 }, (_, index) => `0/${90 + index}`)
    expect(read.filter((value) => value.startsWith('0/'))).toEqual(newest)
    expect(read.filter((value) => value.startsWith('1/'))).toEqual(['1/0', '1/1', '1/2'])
    expect(positions).toEqual({ [topic]: { 0: 100, 1: 3 } })
  })

  it('of empty topics is nothing, and begins where records will come', async () => {
    const [one, other] = [await newTopic(1, []), await newTopic(3, [])]
    const { read, positions } = await readAll([one, other])
    expect(read).toEqual([])
    expect(positions).toEqual({ [one]: { 0: 0 }, [other]: { 0: 0, 1: 0, 2: 0 } })
  })

  it('leaves out what is too old, and goes on behind it', async () => {
    const topic = await newTopic(1, [5])
    const { read, positions } = await readAll([topic], { ...LIMITS, ageMs: -60_000 })
    expect(read).toEqual([])
    expect(positions).toEqual({ [topic]: { 0: 5 } })
  })

  it('ends in its time with nothing when the topic is missing or nobody answers', async () => {
    const startedAt = Date.now()
    const { read, positions } = await readAll([`missing-${randomUUID()}`], { ...LIMITS, patienceMs: 1000 })
    expect([read, positions]).toEqual([[], {}])
    const nowhere = { ...client, bootstrap: '127.0.0.1:1' }
    const away = await openLookBack(nowhere, ['normal-data'], { ...LIMITS, patienceMs: 1000 }).read(
      () => undefined,
    )
    expect(away.size).toBe(0)
    expect(Date.now() - startedAt).toBeLessThan(4000)
    expect(warnings).toContain('the past is not shown')
  })

  it('does not see what was aborted, and stops before what is not committed yet', async () => {
    const topic = await newTopic(1, [2])
    const input = await newTopic(1, [1])
    const groupId = `group-${randomUUID()}`
    const owner = createDriver('hybrid', client).transactionalProducer({ topic: input, groupId })
    const send = (value: string) =>
      owner.send(
        [{ topic, partition: 0, records: encodeRecords([{ key: null, value, headers: [] }]) }],
        'none',
      )
    await owner.connect()
    await owner.fence([0])
    await send('committed')
    await owner.commit([{ partition: 0, offset: 1, metadata: '' }])
    await send('aborted')
    await owner.close()
    const next = createDriver('hybrid', client).transactionalProducer({ topic: input, groupId })
    await next.connect()
    await next.fence([0])
    await next.send(
      [{ topic, partition: 0, records: encodeRecords([{ key: null, value: 'open', headers: [] }]) }],
      'none',
    )
    const { read, positions } = await readAll([topic])
    expect(read).toEqual(['0/0', '0/1', 'committed'])
    const position = positions[topic]?.[0] ?? 0
    await next.commit([{ partition: 0, offset: 1, metadata: '' }])
    await next.close()
    const after = await readAll([topic])
    expect(after.read.at(-1)).toBe('open')
    // Nobody who goes on from there misses it: the open record lies at that offset or behind.
    expect(position).toBeGreaterThan(2)
    expect(after.positions[topic]?.[0]).toBeGreaterThan(position)
  })
})

import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'
import { emptyCounters, encodeCounters, GROUPS, HEADERS, sumRecords, TOPICS } from '@radtune/core/contract'
import { CompressionTypes, Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findOutput } from '../../services/find-output.ts'
import { type RunningBroker, startBroker } from '../local/kafka-broker.ts'
import { registerCodecs } from './codecs.ts'
import { createKafkaBroker } from './kafka-broker.ts'
import { createKafkaSettings } from './kafka-settings.ts'

describe('a real broker', () => {
  let folder: string
  let running: RunningBroker
  let kafka: Kafka

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'radtune-kafka-'))
    running = await startBroker({ dataDir: folder })
    kafka = new Kafka({ brokers: [running.bootstrap], logLevel: logLevel.NOTHING })
  }, 180_000)

  afterAll(async () => {
    await running?.stop()
    await rm(folder, { recursive: true, force: true })
  }, 60_000)

  test('tells offsets and counters of every partition, and is silent on stderr', async () => {
    const broker = createKafkaBroker({ bootstrap: running.bootstrap })
    const warnings: Error[] = []
    const listen = (warning: Error) => warnings.push(warning)
    process.on('warning', listen)
    const admin = kafka.admin()
    const producer = kafka.producer()
    try {
      await expect(broker.progress()).rejects.toThrow() // There is no topic yet.
      await admin.connect()
      await admin.createTopics({ topics: [{ topic: TOPICS.input, numPartitions: 2 }], waitForLeaders: false })
      const partitions = () =>
        broker.progress().then(
          (all) => all.length,
          () => 0,
        )
      await expect.poll(partitions, { timeout: 20_000 }).toBe(2)
      expect(await broker.progress()).toEqual([
        { partition: 0, low: 0, end: 0, committed: undefined, counters: undefined },
        { partition: 1, low: 0, end: 0, committed: undefined, counters: undefined },
      ])
      await producer.connect()
      const message = { value: '{}', partition: 0 }
      await producer.send({
        topic: TOPICS.input,
        messages: [message, message, message, { ...message, partition: 1 }],
      })
      const counters = { ...emptyCounters(0), normal: 1, duplicates: 1 }
      await commit(kafka, { offset: '2', metadata: encodeCounters(counters) })
      const progress = await broker.progress()
      expect(progress).toEqual([
        { partition: 0, low: 0, end: 3, committed: 2, counters },
        { partition: 1, low: 0, end: 1, committed: undefined, counters: undefined },
      ])
      expect(await broker.observe()).toMatchObject({
        topics: {
          known: true,
          value: [
            {
              topic: TOPICS.input,
              partitions: [
                { partition: 0, low: 0, end: 3 },
                { partition: 1, low: 0, end: 1 },
              ],
            },
          ],
        },
        commits: {
          known: true,
          value: [
            { partition: 0, committed: 2, counters },
            { partition: 1, committed: null, counters: null },
          ],
        },
        group: { known: true, value: { state: 'Empty', owners: [] } },
        sizes: { known: true, value: { [TOPICS.input]: await bytesOnDisk(folder, TOPICS.input) } },
      })
      const consumer = kafka.consumer({ groupId: GROUPS.worker })
      await consumer.connect()
      await consumer.subscribe({ topic: TOPICS.input })
      await consumer.run({ autoCommit: false, eachBatch: async () => undefined })
      const group = async () => (await broker.observe()).group
      await expect.poll(group, { timeout: 20_000 }).toMatchObject({
        value: {
          state: 'Stable',
          owners: [
            { partition: 0, owner: 'kafkajs' },
            { partition: 1, owner: 'kafkajs' },
          ],
        },
      })
      await consumer.disconnect()
      const { sums, mismatches } = sumRecords(progress)
      expect(sums).toMatchObject({ in: 4, normal: 1, duplicates: 1, inFlight: 2 })
      expect(mismatches).toEqual([])
      expect(warnings.map(({ name, message: text }) => `${name}: ${text}`)).toEqual([])
    } finally {
      process.off('warning', listen)
      await Promise.all([broker.close(), producer.disconnect(), admin.disconnect()])
    }
  })

  test('reads and writes the settings topic, holes and tombstones included', async () => {
    const topic = createKafkaSettings({ bootstrap: running.bootstrap })
    const admin = kafka.admin()
    try {
      await expect(topic.read()).rejects.toMatchObject({ code: 'RT-SET-005' })
      await admin.connect()
      await admin.createTopics({
        topics: [{ topic: TOPICS.settings, numPartitions: 1 }],
        waitForLeaders: false,
      })
      const empty = () => topic.read().catch(() => undefined)
      await expect.poll(empty, { timeout: 20_000 }).toEqual({ values: new Map(), end: 0 })
      expect(
        await topic.write([
          { key: 'a', value: '1' },
          { key: 'b', value: '2' },
        ]),
      ).toBe(1)
      expect(await topic.write([{ key: 'a', value: '3' }])).toBe(2)
      expect(await topic.write([{ key: 'b', value: null }])).toBe(3)
      expect(await topic.read()).toEqual({ values: new Map([['a', { value: '3', offset: 2 }]]), end: 4 })
    } finally {
      await Promise.all([topic.close(), admin.disconnect()])
    }
  })

  test('reads logs, in which an output is found by its source, compressed or not, transactions included', async () => {
    const broker = createKafkaBroker({ bootstrap: running.bootstrap })
    const admin = kafka.admin()
    const producer = kafka.producer()
    const transactional = kafka.producer({
      transactionalId: 'slot',
      idempotent: true,
      maxInFlightRequests: 1,
    })
    const message = (source: number) => ({
      key: 'place',
      value: `{"reading":${source}}`,
      partition: 1,
      headers: { [HEADERS.source]: `1:${source}`, [HEADERS.sentAt]: '1700000000000' },
    })
    const batch = (from: number) => Array.from({ length: 10 }, (_, index) => message(from + index * 2))
    const topic = TOPICS.normal
    try {
      await registerCodecs()
      await admin.connect()
      await admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true })
      await Promise.all([producer.connect(), transactional.connect()])
      const codecs = [
        CompressionTypes.None,
        CompressionTypes.GZIP,
        CompressionTypes.Snappy,
        CompressionTypes.LZ4,
        CompressionTypes.ZSTD,
      ]
      // Sources 0, 2, … 198 in ten batches.
      for (let from = 0; from < 200; from += 20) {
        const compression = codecs[(from / 20) % codecs.length] as CompressionTypes
        await producer.send({ topic, compression, messages: batch(from) })
      }
      // 200 to 218, which are taken back, then written: 11 offsets with the marker of each.
      const lost = await transactional.transaction()
      await lost.send({ topic, messages: batch(200) })
      await lost.abort()
      const kept = await transactional.transaction()
      await kept.send({ topic, messages: batch(200) })
      await kept.commit()
      const low = 0
      const end = 122
      const search = (source: number) => findOutput(broker, { topic, partition: 1, low, end }, source)
      await expect
        .poll(() => search(218).catch(() => undefined), { timeout: 20_000 })
        .toMatchObject({
          kind: 'found',
          record: { offset: 120 },
        })
      for (let index = 0; index < 100; index += 1) {
        const found = await search(index * 2)
        expect(found).toMatchObject({ kind: 'found', record: { offset: index, key: 'place' } })
        expect(await search(index * 2 + 1)).toEqual({ kind: 'none' })
      }
      for (let index = 0; index < 10; index += 1)
        expect(await search(200 + index * 2)).toMatchObject({ record: { offset: 111 + index } })
      expect(await search(220)).toEqual({ kind: 'none' })
      const { records } = await broker.readLog({ topic, partition: 1, from: 25 })
      expect(records[0]).toMatchObject({ offset: 25, headers: new Map(Object.entries(message(50).headers)) })
      expect(records[0]?.value?.toString()).toBe('{"reading":50}')
      expect(Math.abs((records[0]?.timestampMs ?? 0) - Date.now())).toBeLessThan(60_000)
      expect(await broker.readLog({ topic, partition: 1, from: end })).toEqual({ records: [], next: end })
      await expect(broker.readLog({ topic, partition: 2, from: 0 })).rejects.toThrow()
      await expect(broker.readLog({ topic, partition: 1, from: 999 })).rejects.toThrow(/offset/)
    } finally {
      const closing = [broker.close(), producer.disconnect(), transactional.disconnect(), admin.disconnect()]
      await Promise.all(closing)
    }
  }, 60_000)

  test('answers again after the broker was away', async () => {
    const broker = createKafkaBroker({ bootstrap: running.bootstrap, timeoutMs: 3_000 })
    try {
      await broker.progress()
      await running.stop()
      await expect(broker.progress()).rejects.toThrow()
      running = await startBroker({ dataDir: folder, port: running.port })
      await expect
        .poll(
          () =>
            broker.progress().then(
              (all) => all.length,
              () => 0,
            ),
          { timeout: 30_000 },
        )
        .toBe(2)
    } finally {
      await broker.close()
    }
  }, 90_000)
})

test('rejects in time when nobody listens, and when whoever listens says nothing', async () => {
  const sockets = new Set<{ destroy(): void }>()
  const server = createServer((socket) => sockets.add(socket))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as { port: number }
  const mute = createKafkaBroker({ bootstrap: `127.0.0.1:${port}`, timeoutMs: 500 })
  await expect(mute.progress()).rejects.toThrow(/did not answer within 500 ms|timed out|timeout/i)
  expect(await mute.observe()).toMatchObject({
    topics: { known: false, why: expect.stringMatching(/^Kafka does not answer: /) },
    commits: { known: false },
    group: { known: false },
  })
  await mute.close()
  for (const socket of sockets) socket.destroy()
  await new Promise((closed) => server.close(closed))
  const away = createKafkaBroker({ bootstrap: `127.0.0.1:${port}`, timeoutMs: 2_000 })
  await expect(away.progress()).rejects.toThrow(/ECONNREFUSED|Connection error|did not answer/)
  await away.close()
})

/** What the segments of a topic take. */
async function bytesOnDisk(folder: string, topic: string): Promise<number> {
  let bytes = 0
  for (const path of await readdir(folder, { recursive: true })) {
    const partition = path.split(sep).at(-2) ?? ''
    if (partition.startsWith(`${topic}-`) && path.endsWith('.log'))
      bytes += (await stat(join(folder, path))).size
  }
  expect(bytes).toBeGreaterThan(0)
  return bytes
}

/** Commits as a worker does: offset and counters in one request. */
async function commit(
  kafka: Kafka,
  { offset, metadata }: { offset: string; metadata: string },
): Promise<void> {
  const consumer = kafka.consumer({ groupId: GROUPS.worker })
  await consumer.connect()
  await consumer.subscribe({ topic: TOPICS.input })
  const joined = new Promise<void>((resolve) => {
    consumer.on(consumer.events.GROUP_JOIN, () => resolve())
  })
  await consumer.run({ autoCommit: false, eachBatch: async () => undefined })
  await joined
  await consumer.commitOffsets([{ topic: TOPICS.input, partition: 0, offset, metadata }])
  await consumer.disconnect()
}

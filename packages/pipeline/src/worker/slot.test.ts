import { spawn } from 'node:child_process'
import { join } from 'node:path'
import {
  GROUPS,
  HEADERS,
  OUTPUT_TOPICS,
  type PartitionProgress,
  sumRecords,
  TOPICS,
} from '@radtune/core/contract'
import kafkajs from 'kafkajs'
import { afterAll, beforeEach, describe, expect, inject, it, onTestFinished, vi } from 'vitest'
import { encodeRecords, RecordsWriter } from '../kafka/encoded-records.ts'
import {
  type ClientOptions,
  createDriver,
  createProgressReader,
  ensureTopics,
  type GroupConsumer,
  type InputRecord,
  readTails,
} from '../kafka/index.ts'
import { createStageTimes, recordRulesFrom } from '../stages/index.ts'
import { createLease } from './lease.ts'
import { createSlot, type Slot, type SlotPorts } from './slot.ts'
import { slotDelivery } from './slot-delivery.ts'
import { createSlotMeter } from './slot-meter.ts'
import { readSlotSettings } from './slot-settings.ts'

const PARTITIONS = 6
const client: ClientOptions = { bootstrap: inject('bootstrap'), clientId: 'slots', log: () => undefined }
const driver = createDriver('hybrid', client)
const progress = createProgressReader(client)
const admin = new kafkajs.Kafka({
  brokers: [client.bootstrap],
  clientId: 'test-admin',
  logLevel: kafkajs.logLevel.NOTHING,
}).admin()
const connected = admin.connect()
const slotEnvironment = {
  RADTUNE_PRODUCER_BUFFER_MEMORY: '4MiB',
  RADTUNE_CONSUMER_FETCH_MIN_BYTES: '1',
  RADTUNE_CONSUMER_FETCH_MAX_WAIT: '100ms',
  RADTUNE_CONSUMER_MAX_PARTITION_FETCH_BYTES: '64KiB',
  RADTUNE_PIPELINE_DUPLICATE_WINDOW: '1000',
  RADTUNE_PIPELINE_COMMIT_INTERVAL: '100ms',
}

/** Settings without a plan: the defaults, and what tests want shorter. */
const settings = readSlotSettings({ ...slotEnvironment })

beforeEach(async () => {
  await connected
  const topics = (await admin.listTopics()).filter((name) =>
    ([TOPICS.input, ...OUTPUT_TOPICS] as string[]).includes(name),
  )
  if (topics.length > 0) {
    await admin.deleteTopics({ topics })
    await vi.waitFor(async () => {
      const left = await admin.listTopics()
      expect(topics.filter((name) => left.includes(name))).toEqual([])
    })
  }
  await admin.deleteGroups([GROUPS.worker]).catch(() => undefined)
  await ensureTopics(
    client,
    [TOPICS.input, ...OUTPUT_TOPICS].map((name) => ({
      name,
      partitions: PARTITIONS,
      replicationFactor: 1,
      config: {},
    })),
  )
})

afterAll(async () => {
  await progress.close()
  await admin.disconnect()
})

/** A slot on the real broker; `ports` replaces parts of its world. */
function newSlot(ports: (real: SlotPorts) => Partial<SlotPorts> = () => ({})): Slot {
  const lease = createLease({ sessionTimeoutMs: 10_000 })
  const real: SlotPorts = {
    lease,
    consumer: driver.consumer({
      topic: TOPICS.input,
      groupId: GROUPS.worker,
      fromBeginning: true,
      fetchMinBytes: 1,
      fetchMaxWaitMs: 100,
      maxPartitionFetchBytes: settings['consumer.maxPartitionFetchBytes'],
      sessionTimeoutMs: 10_000,
    }),
    ...slotDelivery(settings['pipeline.delivery'], { driver, client, mayWrite: lease.isHeld }),
    progress: () => progress.read(),
    tails: (wanted) => readTails(client, wanted),
    now: Date.now,
    onFailure: () => undefined,
  }
  const meter = createSlotMeter({
    slot: 0,
    maxPartitionFetchBytes: 65_536,
    stages: createStageTimes(),
    now: () => performance.now(),
  })
  return createSlot({ settings, rules: recordRulesFrom(settings), meter, ports: { ...real, ...ports(real) } })
}

async function started(slot: Slot): Promise<Slot> {
  await slot.start()
  let stopped = false
  onTestFinished(async () => {
    if (!stopped) await slot.stop()
  })
  return {
    ...slot,
    get assigned() {
      return slot.assigned
    },
    stop: () => {
      stopped = true
      return slot.stop()
    },
  } as Slot
}

/** Sets the clock of a process back when it gets SIGUSR2. */
const steppingClock = `
  const now = Date.now
  let offsetMs = 0
  process.on('SIGUSR2', () => { offsetMs = -3_600_000 })
  Date.now = () => now() + offsetMs
`

/** A slot in a process of its own, with a session of 6 s, and what it has said so far. */
async function slotProcess(environment: NodeJS.ProcessEnv, flags: readonly string[] = []) {
  const script = join(import.meta.dirname, '../../test/slot-process.ts')
  const child = spawn(
    process.execPath,
    ['--conditions=radtune-source', '--no-warnings', ...flags, script, client.bootstrap],
    {
      env: { ...process.env, ...slotEnvironment, RADTUNE_CONSUMER_SESSION_TIMEOUT: '6s', ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  return { child, said: () => said }
}

/** Publishes rows `from`..`to`: of ten, one is dirty, one repeats the row before it, one is critical, seven are normal. */
async function publish(from: number, to: number): Promise<void> {
  const producer = driver.producer()
  await producer.connect()
  for (let at = from; at < to; at += 500) {
    const batches = Array.from({ length: PARTITIONS }, (_, partition) => ({
      topic: TOPICS.input,
      partition,
      records: new RecordsWriter(),
    }))
    for (let index = at; index < Math.min(at + 500, to); index += 1)
      batches[partitionOf(index)]?.records.append(row(index))
    await producer.send(
      batches.filter(({ records }) => records.count > 0),
      'snappy',
    )
  }
  await producer.close()
}

/** Rows of a decade stay in one partition, so that the duplicate meets its original. */
const partitionOf = (index: number) => Math.floor(index / 10) % PARTITIONS

function row(index: number) {
  const kind = index % 10
  const original = kind === 1 ? index - 1 : index
  const reading = {
    latitude: String(35 + (original % 1000) / 1000),
    longitude: '139.5',
    value: kind === 2 ? '1500' : '30',
    unit: kind === 3 ? 'celcius' : 'CPM',
    captured_time: new Date(1_580_000_000_000 + original * 1000).toISOString(),
  }
  return {
    key: Buffer.from(`k${original}`),
    value: Buffer.from(JSON.stringify(reading)),
    headers: [[HEADERS.sentAt, Buffer.from(String(Date.now()))]] as const,
  }
}

const expectedSums = (rows: number) => ({
  in: rows,
  normal: (rows / 10) * 7,
  critical: rows / 10,
  dirty: rows / 10,
  dirtyByReason: { unit: rows / 10 },
  duplicates: rows / 10,
  inFlight: 0,
})

async function drained(): Promise<PartitionProgress[]> {
  return vi.waitFor(
    async () => {
      const partitions = await progress.read()
      const { sums, mismatches } = sumRecords(partitions)
      expect(mismatches).toEqual([])
      expect(sums.inFlight).toBe(0)
      return partitions
    },
    { timeout: 40_000, interval: 100 },
  )
}

/** The `source` of every record of an output, as Kafka holds it. */
async function sourcesOf(topic: string): Promise<string[]> {
  return (await recordsOf(topic)).map((record) => String(record.header(HEADERS.source)))
}

async function recordsOf(topic: string): Promise<InputRecord[]> {
  const ends = await admin.fetchTopicOffsets(topic)
  const wanted = ends.reduce((sum, { high }) => sum + Number(high), 0)
  const found: InputRecord[] = []
  if (wanted === 0) return found
  const consumer: GroupConsumer = driver.consumer({
    topic,
    groupId: `read-${topic}-${Date.now()}`,
    fromBeginning: true,
    fetchMinBytes: 1,
    fetchMaxWaitMs: 50,
    maxPartitionFetchBytes: 1024 * 1024,
    sessionTimeoutMs: 10_000,
  })
  await new Promise<void>((resolve, reject) => {
    consumer
      .start({
        onAssigned: () => undefined,
        onRebalancing: () => undefined,
        onFetch: () => undefined,
        onFailure: reject,
        onBatch: async ({ records }) => {
          found.push(...records)
          if (found.length >= wanted) resolve()
        },
      })
      .catch(reject)
  })
  await consumer.stop()
  return found
}

async function expectOutputsExact(rows: number): Promise<void> {
  const normal = await sourcesOf(TOPICS.normal)
  const critical = await sourcesOf(TOPICS.critical)
  const dirty = await sourcesOf(TOPICS.dirty)
  const { in: _, duplicates: __, ...expected } = expectedSums(rows)
  expect({ normal: normal.length, critical: critical.length, dirty: dirty.length }).toEqual({
    normal: expected.normal,
    critical: expected.critical,
    dirty: expected.dirty,
  })
  const all = [...normal, ...critical, ...dirty]
  expect(new Set(all).size).toBe(all.length)
}

describe('slots on a real broker', { timeout: 90_000 }, () => {
  it('sends every record to exactly one place and commits counts that agree with the topics', async () => {
    await publish(0, 6000)
    await started(newSlot())
    const partitions = await drained()
    expect(sumRecords(partitions).sums).toMatchObject(expectedSums(6000))
    await expectOutputsExact(6000)
  })

  it('is exact through members that come and go in the middle', async () => {
    let rows = 0
    let feeding = true
    const fed = (async () => {
      for (; feeding; rows += 600) await publish(rows, rows + 600)
    })()
    const owns = (slot: Slot, least: number) =>
      vi.waitFor(() => expect(slot.assigned.length).toBeGreaterThanOrEqual(least), { timeout: 20_000 })
    const first = await started(newSlot())
    await owns(first, PARTITIONS)
    const second = await started(newSlot())
    await owns(second, 1)
    const third = await started(newSlot())
    await owns(third, 1)
    await first.stop()
    await owns(third, PARTITIONS / 2)
    feeding = false
    await fed
    expect(sumRecords(await drained()).sums).toMatchObject(expectedSums(rows))
    await expectOutputsExact(rows)
  })

  it('joins again only when what is under way is written, so that nobody reads the outputs too early', async () => {
    const gate = Promise.withResolvers<void>()
    let sends = 0
    const slow = newSlot((real) => ({
      producer: {
        ...real.producer,
        async send(batches, compression) {
          sends += 1
          await gate.promise
          await real.producer.send(batches, compression)
        },
      },
    }))
    await publish(0, 600)
    await started(slow)
    await vi.waitFor(() => expect(sends).toBe(1), { timeout: 20_000 })
    const second = started(newSlot())
    const groupState = async () => (await admin.describeGroups([GROUPS.worker])).groups[0]?.state
    await vi.waitFor(async () => expect(await groupState()).toBe('PreparingRebalance'), { timeout: 9000 })
    gate.resolve()
    await second
    expect(sumRecords(await drained()).sums).toMatchObject(expectedSums(600))
    await expectOutputsExact(600)
  })

  it('recognises what a member wrote but never committed, and its duplicates', async () => {
    await publish(0, 3000)
    // Commits nothing, as if it were killed between the acknowledgement and the commit.
    const lost = newSlot((real) => ({
      consumer: { ...real.consumer, commit: () => Promise.reject(new Error('killed')) },
    }))
    await lost.start()
    await vi.waitFor(() => expect(lost.accumulator.counts.records).toBe(2700), { timeout: 20_000 })
    await lost.stop()
    expect(sumRecords(await progress.read()).sums.inFlight).toBe(3000)
    await publish(3000, 6000)
    await started(newSlot())
    expect(sumRecords(await drained()).sums).toMatchObject(expectedSums(6000))
    await expectOutputsExact(6000)
  })

  it('writes nothing of what it held when it wakes up from a pause that was longer than its session', async () => {
    await publish(0, 600)
    // A linger of 5 s: everything is decided and nothing sent when the process is paused.
    const zombie = await slotProcess({
      RADTUNE_PRODUCER_MAIN_LINGER: '5s',
      RADTUNE_PRODUCER_DIRTY_LINGER: '5s',
    })
    await vi.waitFor(() => expect(zombie.said()).toContain('decided 600'), { timeout: 20_000, interval: 5 })
    zombie.child.kill('SIGSTOP')
    expect(zombie.said()).not.toMatch(/sent [1-9]/)
    await started(newSlot())
    expect(sumRecords(await drained()).sums).toMatchObject(expectedSums(600))
    zombie.child.kill('SIGCONT')
    await vi.waitFor(() => expect(zombie.said()).toContain('failed: the group has removed this slot'), {
      timeout: 20_000,
    })
    await publish(600, 1200)
    expect(sumRecords(await drained()).sums).toMatchObject(expectedSums(1200))
    expect(zombie.said()).not.toMatch(/sent [1-9]/)
    await expectOutputsExact(1200)
  })

  it('goes on when the clock is set back by an hour', async () => {
    const slot = await slotProcess({}, [`--import=data:text/javascript,${encodeURIComponent(steppingClock)}`])
    await publish(0, 600)
    await vi.waitFor(() => expect(slot.said()).toContain('decided 600'), { timeout: 20_000 })
    slot.child.kill('SIGUSR2')
    // Longer than a session: a member whose heartbeats went by the wall clock would be out of the group by then.
    let rows = 600
    for (const end = performance.now() + 9000; performance.now() < end; rows += 600) {
      await publish(rows, rows + 600)
      await drained()
    }
    expect(sumRecords(await drained()).sums).toMatchObject(expectedSums(rows))
    await expectOutputsExact(rows)
    expect(slot.said()).not.toContain('failed')
    expect(slot.said().match(/decided 0/g)).toHaveLength(1)
  })

  it('sends records to dirty that are too long for an output, and goes on', async () => {
    const config = { 'max.message.bytes': String(16 * 1024 * 1024) }
    await ensureTopics(client, [{ name: TOPICS.input, partitions: PARTITIONS, replicationFactor: 1, config }])
    const reading = {
      latitude: 35,
      longitude: 139,
      value: 30,
      unit: 'cpm',
      captured_time: '2020-02-11 09:31:00',
    }
    const json = (more: object) => Buffer.from(JSON.stringify({ ...reading, ...more }))
    const records = [
      { value: json({ device_id: 'd'.repeat(5_000_000) }), key: Buffer.from('long id') },
      { value: Buffer.alloc(900_000, 0xff), key: null },
      { value: Buffer.alloc(900_000, 0x01), key: null },
      { value: json({ unit: 'ü'.repeat(1_000_000) }), key: null },
      { value: json({ value: '31' }), key: Buffer.alloc(2_000_000, 0x6b) },
    ].map((record) => ({ ...record, headers: [[HEADERS.sentAt, Buffer.from('not a time')]] as const }))
    for (const record of records) {
      // The broker takes a moment to apply the larger limit.
      await vi.waitFor(
        async () => {
          const producer = driver.producer()
          await producer.connect()
          const sent = producer.send(
            [{ topic: TOPICS.input, partition: 0, records: encodeRecords([record]) }],
            'none',
          )
          await sent.finally(() => producer.close())
        },
        { timeout: 20_000, interval: 200 },
      )
    }
    const failures: Error[] = []
    await started(newSlot(() => ({ onFailure: (error) => failures.push(error) })))
    expect(sumRecords(await drained()).sums).toMatchObject({
      in: 5,
      normal: 1,
      dirty: 4,
      dirtyByReason: { internal: 1, json: 2, unit: 1 },
    })
    expect(failures).toEqual([])
    const dirty = (await recordsOf(TOPICS.dirty)).map(({ value }) => JSON.parse(String(value)))
    expect(dirty.map(({ reason, raw_bytes }) => [reason, raw_bytes])).toEqual([
      ['internal', records[0]?.value.length],
      ['json', 900_000],
      ['json', 900_000],
      ['unit', records[3]?.value.length],
    ])
    expect((await recordsOf(TOPICS.normal)).map(({ key }) => key)).toEqual([null])
  })

  it('remembers duplicates across a restart: the window is read again from before the commit', async () => {
    await publish(0, 600)
    const first = await started(newSlot())
    await drained()
    await first.stop()
    await publish(0, 600)
    await started(newSlot())
    const { sums } = sumRecords(await drained())
    // Of the second round only the dirty ones pass: 60 of 600.
    expect(sums).toMatchObject({ in: 1200, normal: 420, critical: 60, dirty: 120, duplicates: 600 })
  })

  it('takes other settings while it runs: each record is judged by one set, nothing is lost or written twice', async () => {
    const slot = await started(newSlot())
    await publish(0, 3000)
    await drained()
    const changed = {
      ...settings,
      'thresholds.critical': 20,
      'thresholds.high': 20,
      'thresholds.moderate': 10,
      'producer.main.compression': 'gzip',
      'producer.main.linger': 1,
      'producer.bufferMemory': 65_536,
      'pipeline.commitInterval': 60,
      'consumer.fetchMaxWait': 50,
      'consumer.maxPartitionFetchBytes': 32_768,
    } as const
    slot.applySettings(changed, recordRulesFrom(changed))
    await publish(3000, 6000)
    const partitions = await drained()
    const { sums } = sumRecords(partitions)
    // Before: one of ten critical. After: everything that is kept.
    expect(sums).toMatchObject({ in: 6000, normal: 2100, critical: 300 + 2400, dirty: 600, duplicates: 600 })
    expect(sums.levels).toEqual({ low: 2100, moderate: 0, high: 2700 })
    for (const [topic, count] of [
      [TOPICS.normal, 2100],
      [TOPICS.critical, 2700],
      [TOPICS.dirty, 600],
    ] as const) {
      const sources = await sourcesOf(topic)
      expect(sources).toHaveLength(count)
      expect(new Set(sources).size).toBe(count)
    }
    expect([...slot.assigned].sort()).toEqual([0, 1, 2, 3, 4, 5])
  })
})

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
import type { SettingValues } from '@radtune/core/settings'
import kafkajs from 'kafkajs'
import { expect, inject, onTestFinished, vi } from 'vitest'
import { RecordsWriter } from '../src/kafka/encoded-records.ts'
import {
  type ClientOptions,
  createDriver,
  createProgressReader,
  ensureTopics,
  readTails,
} from '../src/kafka/index.ts'
import { createStageTimes, recordRulesFrom } from '../src/stages/index.ts'
import { createLease } from '../src/worker/lease.ts'
import { createSlot, type Slot, type SlotPorts } from '../src/worker/slot.ts'
import { slotDelivery } from '../src/worker/slot-delivery.ts'
import { createSlotMeter } from '../src/worker/slot-meter.ts'
import { readSlotSettings } from '../src/worker/slot-settings.ts'
import { createTopicReader, type TopicRecord } from './topic-reader.ts'

export const PARTITIONS = 6
export const client: ClientOptions = {
  bootstrap: inject('bootstrap'),
  clientId: 'slots',
  log: () => undefined,
}
export const driver = createDriver('hybrid', client)
export const progress = createProgressReader(client)
export const admin = new kafkajs.Kafka({
  brokers: [client.bootstrap],
  clientId: 'test-admin',
  logLevel: kafkajs.logLevel.NOTHING,
}).admin()
const connected = admin.connect()
export const slotEnvironment = {
  RADTUNE_PRODUCER_BUFFER_MEMORY: '4MiB',
  RADTUNE_CONSUMER_FETCH_MIN_BYTES: '1',
  RADTUNE_CONSUMER_FETCH_MAX_WAIT: '100ms',
  RADTUNE_CONSUMER_MAX_PARTITION_FETCH_BYTES: '64KiB',
  RADTUNE_PIPELINE_DUPLICATE_WINDOW: '1000',
  RADTUNE_PIPELINE_COMMIT_INTERVAL: '100ms',
}

/** Settings without a plan: the defaults, and what tests want shorter. */
export const settings = readSlotSettings({ ...slotEnvironment })

/** Empty topics, and a group that has never been. */
export async function beginAnew(): Promise<void> {
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
}

/** Leaves nothing open. */
export async function endWorld(): Promise<void> {
  await progress.close()
  await admin.disconnect()
}

/** A slot on the real broker; `ports` replaces parts of its world. */
export function newSlot(
  ports: (real: SlotPorts) => Partial<SlotPorts> = () => ({}),
  delivery: SettingValues['pipeline.delivery'] = 'at-least-once',
): Slot {
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
    ...slotDelivery(delivery, { driver, client, mayWrite: lease.isHeld }),
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

export async function started(slot: Slot): Promise<Slot> {
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
export const steppingClock = `
  const now = Date.now
  let offsetMs = 0
  process.on('SIGUSR2', () => { offsetMs = -3_600_000 })
  Date.now = () => now() + offsetMs
`

/** A slot in a process of its own, with a session of 6 s, and what it has said so far. */
export async function slotProcess(environment: NodeJS.ProcessEnv, flags: readonly string[] = []) {
  const script = join(import.meta.dirname, 'slot-process.ts')
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
export async function publish(from: number, to: number): Promise<void> {
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

export const expectedSums = (rows: number) => ({
  in: rows,
  normal: (rows / 10) * 7,
  critical: rows / 10,
  dirty: rows / 10,
  dirtyByReason: { unit: rows / 10 },
  duplicates: rows / 10,
  inFlight: 0,
})

export async function drained(): Promise<PartitionProgress[]> {
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

/** The `source` of every record of an output that counts, as Kafka holds it. */
export async function sourcesOf(topic: string): Promise<string[]> {
  return (await recordsOf(topic)).map(({ headers }) => String(headers.get(HEADERS.source)))
}

export async function recordsOf(topic: string): Promise<TopicRecord[]> {
  const reader = createTopicReader(client.bootstrap, [topic])
  const found: TopicRecord[] = []
  await reader.readTo(await reader.ends(), (record) => found.push(record))
  await reader.close()
  return found
}

export async function expectOutputsExact(rows: number): Promise<void> {
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

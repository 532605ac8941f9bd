import { TOPICS } from '@radtune/core/contract'
import { readSettings, settingRecordValue } from '@radtune/core/settings'
import kafkajs from 'kafkajs'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, onTestFinished, vi } from 'vitest'
import {
  type ClientOptions,
  createDriver,
  ensureTopics,
  publishSettings,
  writeSettings,
} from '../kafka/index.ts'
import { followPlaybackRequests, followSettings, type LiveSettings } from './index.ts'
import { createSettingWriter } from './write-setting.ts'

const client: ClientOptions = { bootstrap: inject('bootstrap'), clientId: 'settings', log: () => undefined }
const kafka = new kafkajs.Kafka({
  brokers: [client.bootstrap],
  clientId: 'test-settings',
  logLevel: kafkajs.logLevel.NOTHING,
})
const admin = kafka.admin()
const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
const silent = { info: () => undefined, warn: () => undefined }
const KEYS = ['producer.main.linger', 'thresholds.high', 'provider.playbackSpeed'] as const
const start = readSettings({}, KEYS)
type Followed = LiveSettings<(typeof KEYS)[number]>

beforeAll(async () => {
  await admin.connect()
  await producer.connect()
})

afterAll(async () => {
  await producer.disconnect()
  await admin.disconnect()
})

async function dropTopics(): Promise<void> {
  const names = [TOPICS.settings, TOPICS.playback]
  const topics = (await admin.listTopics()).filter((name) => (names as string[]).includes(name))
  if (topics.length === 0) return
  await admin.deleteTopics({ topics })
  await vi.waitFor(async () => {
    const left = await admin.listTopics()
    expect(topics.filter((name) => left.includes(name))).toEqual([])
  })
}

async function makeTopics(): Promise<void> {
  const config = { 'cleanup.policy': 'compact', 'compression.type': 'uncompressed' }
  await ensureTopics(client, [
    { name: TOPICS.settings, partitions: 1, replicationFactor: 1, config },
    { name: TOPICS.playback, partitions: 1, replicationFactor: 1, config: {} },
  ])
}

beforeEach(async () => {
  await dropTopics()
  await makeTopics()
})

async function follow(patienceMs = 20_000): Promise<Followed> {
  const settings = await followSettings(client, { start, logger: silent, patienceMs })
  onTestFinished(() => settings.close())
  return settings
}

const said = (value: string | number) => settingRecordValue({ value, by: 'a test', at: Date.now() })
const write = (...entries: [key: string, value: string | number | null][]) =>
  writeSettings(
    client,
    entries.map(([key, value]) => ({ key, value: value === null ? null : said(value) })),
  )

describe('followSettings', () => {
  it('begins with what the topic says already, and tells each change after that', async () => {
    await write(['producer.main.linger', 30])
    const settings = await follow()
    expect(settings.values).toEqual({ ...start, 'producer.main.linger': 30 })
    expect(settings.report()).toMatchObject({ revision: 0, rejected: [], problem: null })
    const changes: unknown[] = []
    settings.onChange((values, changed) => changes.push([changed, values['producer.main.linger']]))
    await write(['producer.main.linger', 40], ['thresholds.high', 300])
    await vi.waitFor(() => expect(settings.report().revision).toBe(2))
    await write(['producer.main.linger', null])
    await vi.waitFor(() => expect(settings.report().revision).toBe(3))
    expect(changes).toEqual([
      [['producer.main.linger', 'thresholds.high'], 40],
      [['producer.main.linger'], start['producer.main.linger']],
    ])
  })

  it('ignores and names foreign records, whoever wrote them and however, and goes on', async () => {
    const settings = await follow()
    await producer.send({
      topic: TOPICS.settings,
      compression: kafkajs.CompressionTypes.GZIP,
      messages: [
        { key: 'no.such.setting', value: 'x' },
        { key: 'producer.main.linger', value: Buffer.from([0xff, 0x00, 0x7b]) },
        { key: 'thresholds.high', value: said(-4) },
        { key: 'provider.playbackSpeed', value: said(2) },
      ],
    })
    await vi.waitFor(() => expect(settings.report().revision).toBe(3))
    expect(settings.values).toEqual({ ...start, 'provider.playbackSpeed': 2 })
    expect(settings.report().rejected.map(({ key, offset }) => [key, offset])).toEqual([
      ['no.such.setting', 0],
      ['producer.main.linger', 1],
      ['thresholds.high', 2],
    ])
  })

  it('reads its records also in a process whose data path reads record batches by itself', async () => {
    createDriver('hybrid', client)
    await write(['producer.main.linger', 30], ['thresholds.high', 300])
    const settings = await follow()
    await write(['provider.playbackSpeed', 3])
    await vi.waitFor(() => expect(settings.report().revision).toBe(2))
    expect(settings.values).toEqual({
      'producer.main.linger': 30,
      'thresholds.high': 300,
      'provider.playbackSpeed': 3,
    })
    expect(settings.report().rejected).toEqual([])
  })

  it('goes on with its start values when there is no topic, says so, and takes the topic up when it comes', async () => {
    await dropTopics()
    const settings = await follow(500)
    expect(settings.values).toEqual(start)
    await vi.waitFor(() => expect(settings.report().problem).not.toBeNull())
    await makeTopics()
    await write(['thresholds.high', 250])
    await vi.waitFor(() => expect(settings.values['thresholds.high']).toBe(250), { timeout: 20_000 })
    expect(settings.report()).toMatchObject({ revision: 0, problem: null })
  })

  it('forgets what a topic said that was dropped and made anew', async () => {
    await write(['thresholds.high', 250], ['producer.main.linger', 1])
    const settings = await follow()
    expect(settings.values['thresholds.high']).toBe(250)
    await dropTopics()
    await makeTopics()
    await write(['producer.main.linger', 2])
    await vi.waitFor(() => expect(settings.values).toEqual({ ...start, 'producer.main.linger': 2 }), {
      timeout: 20_000,
    })
    expect(settings.report().revision).toBe(0)
  })
})

describe('publishSettings', () => {
  it('makes the topic say exactly what is wanted, and writes nothing when it does', async () => {
    await write(['thresholds.high', 250], ['retired.setting', 1])
    const by = { by: 'a plan', at: 5 }
    const wanted = { 'thresholds.high': 300, 'producer.main.linger': 10 }
    const written = await publishSettings(client, wanted, by)
    expect(written.map(({ key, value }) => [key, value === null])).toEqual([
      ['thresholds.high', false],
      ['producer.main.linger', false],
      ['retired.setting', true],
    ])
    expect(await publishSettings(client, wanted, by)).toEqual([])
    const settings = await follow()
    expect(settings.report()).toMatchObject({ revision: 4, rejected: [] })
    expect(settings.values).toMatchObject(wanted)
  })
})

describe('createSettingWriter', () => {
  it('writes to the topic, and answers when the service runs by it', async () => {
    const settings = await follow()
    const writeSetting = createSettingWriter({ settings, append: (writes) => writeSettings(client, writes) })
    const first = await writeSetting('thresholds.high', 300)
    expect(first).toEqual({ ok: true, written: { key: 'thresholds.high', value: 300, revision: 0 } })
    expect(settings.values['thresholds.high']).toBe(300)
    // Of a setting that this service does not read, the topic tells.
    await writeSetting('thresholds.moderate', 120)
    expect(settings.known['thresholds.moderate']).toBe(120)
    expect(await writeSetting('thresholds.high', 100)).toMatchObject({ ok: false, fails: 'invalid' })
    expect(settings.report()).toMatchObject({ revision: 1, rejected: [] })
    expect(await settings.reached(2, 10)).toBe(false)
  })
})

describe('followPlaybackRequests', () => {
  const ask = (value: string, timestamp = Date.now()) =>
    producer.send({ topic: TOPICS.playback, messages: [{ value, timestamp: String(timestamp) }] })

  function followRequests(settings: Followed) {
    const requests = followPlaybackRequests(client, {
      saidAt: () => settings.saidAt('provider.playbackSpeed'),
      logger: silent,
    })
    onTestFinished(() => requests.close())
    return requests
  }

  it('turns a request of the reference system into the setting, also one made while nobody listened', async () => {
    await ask('{"playback_speed": 7}')
    await ask('{"playback_speed": 2.5}')
    const settings = await follow()
    followRequests(settings)
    await vi.waitFor(() => expect(settings.values['provider.playbackSpeed']).toBe(2.5), { timeout: 10_000 })
    await ask('{"playback_speed": "4"}')
    await vi.waitFor(() => expect(settings.values['provider.playbackSpeed']).toBe(4), { timeout: 10_000 })
    expect(settings.report().revision).toBe(1)
  })

  it('ignores and names what is no valid request, and goes on', async () => {
    const settings = await follow()
    const requests = followRequests(settings)
    await ask('{"playback_speed": 2}')
    await vi.waitFor(() => expect(settings.values['provider.playbackSpeed']).toBe(2), { timeout: 10_000 })
    await ask('faster')
    await ask('{"speed": 1}')
    await ask('{"playback_speed": -1}')
    await ask('{"playback_speed": 3}')
    await vi.waitFor(() => expect(settings.values['provider.playbackSpeed']).toBe(3), { timeout: 10_000 })
    expect(requests.rejected.map(({ key, offset }) => [key, offset])).toEqual([
      [TOPICS.playback, 1],
      [TOPICS.playback, 2],
      [TOPICS.playback, 3],
    ])
  })

  it('does not answer again what was answered or overruled before', async () => {
    await ask('{"playback_speed": 7}', Date.now() - 60_000)
    await write(['provider.playbackSpeed', 1])
    const settings = await follow()
    followRequests(settings)
    await ask('{"playback_speed": 9}', Date.now() + 1000)
    await vi.waitFor(() => expect(settings.values['provider.playbackSpeed']).toBe(9), { timeout: 10_000 })
    expect(settings.report().revision).toBe(1)
  })
})

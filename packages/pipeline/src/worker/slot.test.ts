import { GROUPS, HEADERS, sumRecords, TOPICS } from '@radtune/core/contract'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  admin,
  beginAnew,
  client,
  drained,
  driver,
  endWorld,
  expectedSums,
  expectOutputsExact,
  newSlot,
  PARTITIONS,
  progress,
  publish,
  recordsOf,
  settings,
  slotProcess,
  sourcesOf,
  started,
  steppingClock,
} from '../../test/slot-world.ts'
import { encodeRecords } from '../kafka/encoded-records.ts'
import { ensureTopics } from '../kafka/index.ts'
import { recordRulesFrom } from '../stages/index.ts'
import type { Slot } from './slot.ts'

beforeEach(beginAnew)
afterAll(endWorld)

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
    // Everything is decided and nothing sent when the process is paused.
    const zombie = await slotProcess({ HOLD_SENDS_MS: '5000' })
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

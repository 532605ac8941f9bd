import { TOPICS } from '@radtune/core/contract'
import { expect, test } from 'vitest'
import { runningWorld } from '../../test/running-world.ts'
import type { MemoryWorld } from '../adapters/memory/memory-world.ts'
import type { LoggedRecord } from '../ports/broker.ts'
import { collectFacts, countKeys } from './collect-facts.ts'
import { monitorStack } from './monitor-stack.ts'

function record(offset: number, key: string | null): LoggedRecord {
  return { offset, timestampMs: 0, key, value: null, headers: new Map() }
}

async function keysIn(world: MemoryWorld, records: LoggedRecord[]) {
  const low = records[0]?.offset ?? 0
  world.pipeline.log = { topics: { [TOPICS.input]: [{ low, records }] }, committed: [low] }
  const signal = new AbortController().signal
  for await (const moment of monitorStack(world, { pace: { intervalMs: 1000 }, signal }))
    return await countKeys(world.broker(9092), moment)
  throw new Error('no moment')
}

test('the commonest key is counted among the newest records, those without a key included', async () => {
  const world = await runningWorld()
  const records = Array.from({ length: 100 }, (_, index) =>
    record(7 + index, index % 10 === 0 ? null : index % 5 < 4 ? 'busy' : `other-${index}`),
  )
  expect(await keysIn(world, records)).toMatchObject({
    known: true,
    value: [{ partition: 0, key: 'busy', share: 0.7 }],
  })
})

test('a log that is empty or cannot be read names no key', async () => {
  const world = await runningWorld()
  expect(await keysIn(world, [])).toMatchObject({ known: true, value: [] })
  const moment = { evaluation: { partitions: { known: false, why: 'Kafka is gone' } }, snapshot: {} }
  expect(await countKeys(world.broker(9092), moment as never)).toEqual({ known: false, why: 'Kafka is gone' })
})

test('the free disk is a fact of a stack that runs here, and unknown where it cannot be told', async () => {
  const world = await runningWorld()
  world.answers.freeDiskBytes = 5e9
  expect(await collectFacts(world)).toMatchObject({
    freeDiskBytes: { known: true, value: 5e9 },
    interfaceBytesPerSecond: { known: true, value: Number.POSITIVE_INFINITY },
  })
  world.answers.freeDiskBytes = new Error('EIO')
  expect((await collectFacts(world)).freeDiskBytes).toMatchObject({
    known: false,
    why: expect.stringContaining('EIO'),
  })
  const elsewhere = { ...world, runtime: { ...world.runtime, name: 'docker' as const } }
  expect((await collectFacts(elsewhere)).freeDiskBytes).toMatchObject({ known: false })
})

import { Evaluator, known, type Reading, snapshotSchema } from '@radtune/core/metrics'
import { beforeEach, describe, expect, test } from 'vitest'
import { runningWorld } from '../../test/running-world.ts'
import { createMemoryWorld, type MemoryWorld } from '../adapters/memory/memory-world.ts'
import { createAskedSource } from './asked-source.ts'
import { createSnapshotCollector } from './collect-snapshots.ts'

let world: MemoryWorld

beforeEach(async () => {
  world = createMemoryWorld()
  await launch()
})

async function launch(): Promise<void> {
  await runningWorld({}, world)
  await world.clock.sleep(5000)
}

const never = <Value>() => new Promise<Value>(() => undefined)

describe('a collector', () => {
  test('asks everybody and puts together one snapshot of the schema', async () => {
    const collector = createSnapshotCollector(world, { intervalMs: 1000 })
    const snapshot = await collector.sample()
    expect(snapshotSchema.parse(JSON.parse(JSON.stringify(snapshot)))).toEqual(snapshot)
    expect(snapshot).toMatchObject({
      stack: { known: true, value: { profile: '4c8g', runtime: 'local' } },
      host: { value: { cpuShare: 0.4 } },
      kafka: { topics: { known: true }, commits: { known: true }, group: { value: { state: 'Stable' } } },
      provider: { value: { state: 'running' } },
      backend: { known: true },
      settings: {
        value: { revision: expect.any(Number), values: { 'provider.rate': 1000, 'monitor.lag': 1000 } },
      },
    })
    expect(snapshot.workers.map(({ service, sample }) => [service, sample.known])).toEqual([
      ['worker-1', true],
      ['worker-2', true],
    ])
    expect(snapshot.services.known && snapshot.services.value[0]).toMatchObject({
      name: 'kafka',
      role: 'kafka',
      condition: 'healthy',
    })
    expect(JSON.stringify(snapshot.provider)).not.toContain('applied')
    await collector.close()
  })

  test.each<
    [
      string,
      (world: MemoryWorld) => void,
      (
        snapshot: Awaited<ReturnType<ReturnType<typeof createSnapshotCollector>['sample']>>,
      ) => Reading<unknown>,
    ]
  >([
    ['the runtime', (w) => Object.assign(w.runtime, { inspect: never }), ({ services }) => services],
    ['the host', (w) => Object.assign(w.host, { load: never }), ({ host }) => host],
    [
      'Kafka',
      (w) => Object.assign(w, { broker: () => ({ observe: never, close: async () => undefined }) }),
      ({ kafka }) => kafka.topics,
    ],
    ['provider', (w) => Object.assign(w.stats, { provider: never }), ({ provider }) => provider],
    ['backend', (w) => Object.assign(w.stats, { backend: never }), ({ backend }) => backend],
    [
      'worker-1',
      (w) => Object.assign(w.stats, { worker: never }),
      ({ workers }) => workers[0]?.sample as Reading<unknown>,
    ],
  ])(
    '%s that hangs delays the first snapshot by its patience only, and the others not at all',
    async (name, hang, reading) => {
      hang(world)
      const collector = createSnapshotCollector(world, { intervalMs: 1000 })
      const startedAt = world.clock.now()
      const snapshot = await collector.sample()
      expect(world.clock.now() - startedAt).toBeLessThanOrEqual(1000)
      expect(reading(snapshot)).toEqual({
        known: false,
        why: expect.stringContaining(`${name} has not answered for`),
      })
      const sources = [
        snapshot.services,
        snapshot.host,
        snapshot.kafka.topics,
        snapshot.provider,
        snapshot.backend,
      ]
      const silent = sources.filter(({ known: isKnown }) => !isKnown)
      expect(silent.length).toBeLessThanOrEqual(1)
    },
  )

  test('a source that throws is the why, and answers again when it can', async () => {
    const load = world.host.load
    world.host.load = () => Promise.reject(new Error('no /proc'))
    const collector = createSnapshotCollector(world, { intervalMs: 1000 })
    expect((await collector.sample()).host).toEqual({ known: false, why: 'the host: no /proc' })
    world.host.load = load
    expect((await collector.sample()).host.known).toBe(true)
    world.pipeline.brokerDown = true
    expect((await collector.sample()).kafka.topics).toMatchObject({
      known: false,
      why: expect.stringContaining('ECONNREFUSED'),
    })
    world.pipeline.brokerDown = false
    expect((await collector.sample()).kafka.topics.known).toBe(true)
  })

  test('says that nothing runs, whatever listens on the ports of the last stack', async () => {
    await world.runtime.stop({ onEvent: () => undefined })
    const snapshot = await createSnapshotCollector(world, { intervalMs: 1000 }).sample()
    for (const reading of [snapshot.stack, snapshot.services, snapshot.kafka.topics, snapshot.provider])
      expect(reading).toEqual({ known: false, why: 'nothing runs; radtune up starts it' })
    expect(snapshot.host.known).toBe(true)
  })

  test('finds the stack that was launched meanwhile', async () => {
    await world.runtime.stop({ onEvent: () => undefined })
    const collector = createSnapshotCollector(world, { intervalMs: 1000 })
    await collector.sample()
    await launch()
    expect((await collector.sample()).kafka.topics.known).toBe(true)
  })

  test('fills the history with what the services remember', async () => {
    await world.clock.sleep(100_000)
    const collector = createSnapshotCollector(world, { intervalMs: 1000 })
    const first = await collector.sample()
    const evaluator = new Evaluator({ targets: collector.targets() })
    evaluator.add(first)
    evaluator.addPast(await collector.past(first))
    const { flow, slots } = evaluator.evaluate(first.at)
    expect(flow.in.samples).toBeGreaterThan(50)
    expect(flow.in.average).toBeCloseTo(1000)
    expect(slots.busy.average).toBeCloseTo(0.31)
    Object.assign(world.stats, { workerHistory: () => Promise.reject(new Error('gone')) })
    expect((await collector.past(first)).length).toBeGreaterThan(50)
  })
})

describe('a source that is asked again and again', () => {
  test('has one question under way, is n/a past its limit, and is asked anew ever more rarely', async () => {
    let now = 0
    let asked = 0
    const source = createAskedSource(
      {
        name: 'x',
        limitMs: 1000,
        ask: () => {
          asked += 1
          return never<Reading<number>>()
        },
      },
      () => now,
    )
    for (; now < 600_000; now += 500) void source.ask()
    // After 2 s, then 4, 8, 16 … up to 5 minutes.
    expect(asked).toBeLessThan(12)
    expect(source.read()).toMatchObject({
      known: false,
      why: expect.stringMatching(/^x has not answered for/),
    })
  })

  test('holds what was said until the limit, and drops the answer to a question that was given up', async () => {
    let now = 0
    const answers: ((reading: Reading<number>) => void)[] = []
    const source = createAskedSource(
      {
        name: 'x',
        limitMs: 1000,
        ask: () => new Promise<Reading<number>>((resolve) => answers.push(resolve)),
      },
      () => now,
    )
    const first = source.ask()
    answers[0]?.(known(1, 0))
    await first
    expect(source.read()).toEqual(known(1, 0))
    void source.ask()
    now = 900
    expect(source.read()).toEqual(known(1, 0))
    now = 1100
    expect(source.read()).toMatchObject({ known: false })
    now = 2500
    const third = source.ask()
    answers[1]?.(known(2, 0))
    answers[2]?.(known(3, 2500))
    await third
    expect(source.read()).toEqual(known(3, 2500))
  })
})

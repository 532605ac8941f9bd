import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { known } from '@radtune/core/metrics'
import { settingRecordValue } from '@radtune/core/settings'
import { describe, expect, test } from 'vitest'
import type { MemoryKafka } from '../src/adapters/memory/memory-kafka.ts'
import { createMemoryWorld, type MemoryWorld } from '../src/adapters/memory/memory-world.ts'
import { plannedSpec } from '../src/adapters/memory/planned-spec.ts'
import { answerSchemas } from '../src/output/answer-schemas.ts'
import { emptyFolder, runCommand } from './run-command.ts'
import { runningWorld } from './running-world.ts'

const LIVE = ['--only', 'services', '--only', 'kafka', '--only', 'settings']

const gib = 1024 ** 3

/** A stack that runs in memory, its limits enforced. */
async function stack(profile = '4c8g'): Promise<MemoryWorld> {
  const world = createMemoryWorld()
  world.script.limits = { enforced: true, how: 'cgroup v2' }
  Object.assign(world.machine, { cpus: 8, memoryBytes: 16 * gib, availableMemoryBytes: 15 * gib })
  await runningWorld({ spec: plannedSpec(profile) }, world)
  return world
}

/** What `radtune drift` says of what runs: the same in text and in JSON. */
async function drift(
  world: MemoryWorld,
  { argv = [], workingDir = emptyFolder() }: { argv?: readonly string[]; workingDir?: string } = {},
) {
  const options = { workingDir, world: { stackWorld: async () => world, clock: world.clock } }
  const text = await runCommand(['drift', ...LIVE, ...argv], options)
  const json = await runCommand(['drift', ...LIVE, ...argv, '--json'], options)
  const document = answerSchemas['radtune.drift/1'].parse(JSON.parse(json.stdout))
  expect([json.exitCode, document.exitCode]).toEqual([text.exitCode, text.exitCode])
  const items =
    document.data?.items.filter(({ state }) => state !== 'in sync' && state !== 'not applicable') ?? []
  return {
    text: text.stdout.replaceAll(/\s+/g, ' '),
    exitCode: text.exitCode,
    items,
    said: items.map(
      ({ state, path, wanted, found }) => `${state} ${path}: ${wanted ?? '-'} → ${found ?? '-'}`,
    ),
    counts: document.data?.counts,
  }
}

describe('a freshly launched stack', () => {
  test.each(['2c4g', '4c8g', '8c16g'])('%s has no drift, and everything was checked', async (profile) => {
    const { said, exitCode, counts } = await drift(await stack(profile), { argv: ['--strict'] })
    expect(said).toEqual([])
    expect(exitCode).toBe(0)
    expect(counts?.['in sync']).toBeGreaterThan(200)
  })

  test('an accepted setting of the overlay is desired', async () => {
    const world = await stack()
    const workingDir = emptyFolder()
    mkdirSync(join(workingDir, '.radtune'))
    writeFileSync(join(workingDir, '.radtune/overlay.yaml'), 'settings: {producer.main.linger: 25ms}\n')
    expect((await drift(world, { workingDir })).said).toEqual([
      'changed settings.producer.main.linger: 25 ms → 10 ms',
    ])
    await write(world, 'producer.main.linger', 25, 'radtune set')
    expect((await drift(world, { workingDir })).said).toEqual([])
  })
})

async function write(world: MemoryWorld, key: string, value: number, by: string): Promise<void> {
  await world.settings(1).write([{ key, value: settingRecordValue({ value, by, at: 0 }) }])
}

/** Changes what runs of one service. */
async function alter(
  world: MemoryWorld,
  name: string,
  change: (running: Running) => Partial<Running>,
): Promise<void> {
  const process = (await world.runtime.describe())?.processes.find((one) => one.name === name)
  if (process === undefined) throw new Error(`${name} does not run`)
  world.script.altered.set(name, change(process))
}

type Running = NonNullable<Awaited<ReturnType<MemoryWorld['runtime']['describe']>>>['processes'][number]

const alterKafka = (change: (kafka: MemoryKafka) => void) => async (world: MemoryWorld) => {
  world.pipeline.alterKafka = change
}

describe('what somebody did by hand is found, and nothing else', () => {
  const cases: [string, (world: MemoryWorld) => Promise<void>, string][] = [
    [
      'another memory limit',
      (world) => alter(world, 'worker-2', () => ({ kernel: known({ memoryBytes: gib, cpus: 1.5 }, 0) })),
      'changed worker-2.memory: 2 GiB → 1 GiB',
    ],
    [
      'a limit that the kernel has not',
      (world) =>
        alter(world, 'worker-2', () => ({ kernel: known({ memoryBytes: 2 * gib, cpus: undefined }, 0) })),
      'no effect worker-2.cpus: 1.5 CPU → no limit',
    ],
    [
      'a limit that the engine was told and the kernel does not keep to',
      (world) =>
        alter(world, 'worker-2', () => ({
          told: known({ memoryBytes: 2 * gib, cpus: 1.5 }, 0),
          kernel: known({ memoryBytes: undefined, cpus: 1.5 }, 0),
        })),
      'no effect worker-2.memory: 2 GiB → no limit',
    ],
    [
      'another heap',
      (world) =>
        alter(world, 'backend', ({ command }) => ({
          command: known(
            (command.known ? command.value : []).map((word) => word.replace(/size=384/, 'size=512')),
            0,
          ),
        })),
      'changed backend.heap: 384 MiB → 512 MiB',
    ],
    [
      'another variable',
      (world) => alterEnvironment(world, 'worker-1', { RADTUNE_PIPELINE_DELIVERY: 'transactions' }),
      'changed worker-1.environment.RADTUNE_PIPELINE_DELIVERY: at-least-once → transactions',
    ],
    [
      'flags for all of Java',
      (world) => alterEnvironment(world, 'kafka', { JAVA_TOOL_OPTIONS: '-XX:+UseZGC' }),
      'unexpected kafka.environment.JAVA_TOOL_OPTIONS: - → -XX:+UseZGC',
    ],
    [
      'a service that ended',
      (world) => alter(world, 'frontend', () => ({ ended: 'failed: killed' })),
      'changed frontend: runs → does not run',
    ],
    [
      'another service',
      async (world) => void world.script.altered.set('extra', {}),
      'unexpected extra: - → runs',
    ],
    [
      'more partitions',
      alterKafka(({ topics }) => Object.assign(topics.get('radiation-data') ?? {}, { partitions: 12 })),
      'changed topics.radiation-data.partitions: 6 → 12',
    ],
    [
      'a config of a topic',
      alterKafka(({ topics }) =>
        topics.get('dirty-data')?.configs.set('retention.ms', { value: '3600000', origin: 'topic' }),
      ),
      'changed topics.dirty-data.retention.ms: 24h → 1h',
    ],
    [
      'a config that the plan does not set',
      alterKafka(({ topics }) =>
        topics.get('dirty-data')?.configs.set('max.message.bytes', { value: '9', origin: 'topic' }),
      ),
      'unexpected topics.dirty-data.max.message.bytes: - → 9',
    ],
    [
      'a topic that is gone',
      alterKafka(({ topics }) => void topics.delete('critical-data')),
      'missing topics.critical-data: there → -',
    ],
    [
      'a topic of somebody else',
      alterKafka(
        ({ topics }) => void topics.set('mine', { partitions: 1, replicationFactor: 1, configs: new Map() }),
      ),
      'unexpected topics.mine: - → there',
    ],
    [
      'a property of the running broker',
      alterKafka(({ broker }) => void broker.set('background.threads', { value: '9', origin: 'broker' })),
      'changed broker.background.threads: 2 → 9',
    ],
    [
      'a property that the plan does not set',
      alterKafka(({ broker }) => void broker.set('log.cleaner.threads', { value: '3', origin: 'broker' })),
      'unexpected broker.log.cleaner.threads: - → 3',
    ],
    [
      'a setting',
      (world) => write(world, 'producer.main.linger', 99, 'somebody'),
      'changed settings.producer.main.linger: 10 ms → 99 ms',
    ],
    [
      'a record that no service takes',
      (world) => write(world, 'producer.main.linger', -4, 'somebody'),
      'changed settings.producer.main.linger: 10 ms → {"value":-4,"by":"somebody","at":0}',
    ],
  ]
  test.each(cases)('%s', async (_, change, said) => {
    const world = await stack()
    await change(world)
    const found = await drift(world)
    expect(found.said).toEqual([said])
    expect(found.exitCode).toBe(3)
  })

  async function alterEnvironment(
    world: MemoryWorld,
    name: string,
    more: Record<string, string>,
  ): Promise<void> {
    await alter(world, name, ({ environment }) => ({
      environment: known({ ...(environment.known ? environment.value : {}), ...more }, 0),
    }))
  }

  test('a setting that was written and that a worker did not take is one of the worker', async () => {
    const world = await stack()
    world.topic.heardUpTo = world.topic.records.length
    world.topic.deaf.add('worker-2')
    const workingDir = emptyFolder()
    mkdirSync(join(workingDir, '.radtune'))
    writeFileSync(join(workingDir, '.radtune/overlay.yaml'), 'settings: {producer.main.linger: 25ms}\n')
    await write(world, 'producer.main.linger', 25, 'radtune set')
    const { items, exitCode } = await drift(world, { workingDir })
    expect(items.map(({ state, path }) => `${state} ${path}`)).toEqual([
      'changed worker-2.settings.producer.main.linger',
      'changed worker-2.settings.revision',
    ])
    expect(items[1]?.why).toBe('what was written later is not applied')
    expect(exitCode).toBe(3)
  })
})

describe('a source that does not answer', () => {
  const cases: [string, (world: MemoryWorld) => void, RegExp][] = [
    [
      'Kafka',
      (world) => Object.assign(world.pipeline, { brokerDown: true }),
      /\? Kafka was not checked: connect ECONNREFUSED/,
    ],
    [
      'the runtime',
      (world) => Object.assign(world.script, { mute: true }),
      /\? running services was not checked: the runtime did not answer in 5 s/,
    ],
    [
      'a worker',
      (world) => world.pipeline.silent.add('worker-2'),
      /\? settings that worker-2 runs by was not checked: /,
    ],
    [
      'the settings topic',
      (world) => Object.assign(world.topic, { down: true }),
      /\? settings topic was not checked: radtune.settings cannot be read/,
    ],
    [
      'the kernel',
      (world) =>
        Object.assign(world.script, {
          altered: new Map([['worker-1', { kernel: { known: false, why: 'advisory' } }]]),
        }),
      /\? worker-1\.memory was not checked: advisory \? worker-1\.cpus/,
    ],
  ]
  test.each(cases)('%s leaves its items unchecked, the others checked', async (_, silence, sentence) => {
    const world = await stack()
    silence(world)
    const found = await drift(world)
    expect(found.said.every((one) => one.startsWith('unchecked '))).toBe(true)
    expect(found.text).toMatch(sentence)
    expect(found.text).toContain('in sync as far as it could be checked: ')
    expect(found.exitCode).toBe(0)
    expect((await drift(world, { argv: ['--strict'] })).exitCode).toBe(4)
  })

  test('does not hide a difference', async () => {
    const world = await stack()
    world.pipeline.silent.add('worker-2')
    await write(world, 'producer.main.linger', 99, 'somebody')
    expect((await drift(world, { argv: ['--strict'] })).exitCode).toBe(3)
  })

  test('is all of them where nothing runs', async () => {
    const { text, exitCode } = await drift(createMemoryWorld())
    expect(text).toContain('? running services was not checked: no stack of this project runs')
    expect(exitCode).toBe(4)
  })
})

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { SlotStats } from '@radtune/core/contract'
import { known } from '@radtune/core/metrics'
import { settingRecordValue } from '@radtune/core/settings'
import { splitWorkerHeap } from '@radtune/core/stack'
import { describe, expect, test } from 'vitest'
import { createDiskFiles } from '../src/adapters/files/disk-files.ts'
import type { MemoryKafka } from '../src/adapters/memory/memory-kafka.ts'
import { createMemoryWorld, type MemoryWorld } from '../src/adapters/memory/memory-world.ts'
import { plannedSpec } from '../src/adapters/memory/planned-spec.ts'
import { answerSchemas } from '../src/output/answer-schemas.ts'
import { checkDrift } from '../src/services/check-drift.ts'
import { launchStack } from '../src/services/launch-stack.ts'
import { watchDrift } from '../src/services/watch-drift.ts'
import { emptyFolder, runCommand } from './run-command.ts'
import { launchRequest, runningWorld } from './running-world.ts'

const LIVE = ['--only', 'services', '--only', 'kafka', '--only', 'settings']

const gib = 1024 ** 3

/** A stack that runs in memory, its limits enforced. */
async function stack(profile = '4c8g'): Promise<MemoryWorld> {
  const world = createMemoryWorld()
  world.script.limits = { enforced: true, how: 'cgroup v2' }
  Object.assign(world.machine, { cpus: 8, memoryBytes: 16 * gib, availableMemoryBytes: 15 * gib })
  await runningWorld({ spec: plannedSpec(profile) }, world)
  world.stats = { ...world.stats, worker: withPlannedSlots(world) }
  return world
}

/** Workers with the slots that the plan gives them, changed as a test wants it. */
function withPlannedSlots(
  world: MemoryWorld,
  change: (slots: SlotStats[]) => SlotStats[] = (slots) => slots,
) {
  const { worker } = world.stats
  return async (port: number) => {
    const sample = await worker(port)
    const spec = world.project.launch?.spec.services.find(
      ({ name }) => sample.known && name === sample.value.service,
    )
    const [slot] = sample.known ? sample.value.slots : []
    if (!sample.known || slot === undefined || spec === undefined) return sample
    const { heapBytes = 0, slots = 0 } = spec
    const heapLimitBytes = splitWorkerHeap(heapBytes, slots).slotBytes + 24 * 1024 ** 2
    const planned = Array.from({ length: slots }, (_, index) => ({ ...slot, slot: index, heapLimitBytes }))
    return known({ ...sample.value, slots: change(planned) }, sample.at)
  }
}

/** Of one worker something else than of the others. */
function onlyOf(world: MemoryWorld, name: string, changed: MemoryWorld['stats']['worker']) {
  const { worker } = world.stats
  const own = world.project.launch?.ports.stats[name]
  return async (port: number) => await (port === own ? changed : worker)(port)
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
      'a slot that has ended',
      async (world) => {
        const first = (slots: SlotStats[]) => slots.filter(({ slot }) => slot === 0)
        world.stats = { ...world.stats, worker: onlyOf(world, 'worker-1', withPlannedSlots(world, first)) }
      },
      'changed worker-1.slots: 3 → 1',
    ],
    [
      'heaps of another size in V8',
      async (world) => {
        const larger = (slots: SlotStats[]) =>
          slots.map((slot) => ({ ...slot, heapLimitBytes: 2 * slot.heapLimitBytes }))
        world.stats = { ...world.stats, worker: onlyOf(world, 'worker-1', withPlannedSlots(world, larger)) }
      },
      'changed worker-1.slotHeap: 493.3 MiB (517297493 bytes) → 1 GiB (1034594986 bytes)',
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
      /\? slots of worker-2 was not checked: .* \? settings that worker-2 runs by was not checked: /,
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

describe('radtune up puts back', () => {
  const up = (world: MemoryWorld) =>
    launchStack(world, launchRequest(), {
      signal: new AbortController().signal,
      onEvent: () => undefined,
      confirm: undefined,
    })

  test('nothing where nothing was changed: it is up already', async () => {
    const world = await stack()
    expect(await up(world)).toMatchObject({ kind: 'up', how: 'already' })
    expect(world.script.again).toEqual([])
  })

  test('configs of topics, by running the one-shot that makes them, and restarts nothing', async () => {
    const world = await stack()
    world.pipeline.alterKafka = ({ topics }) =>
      topics.get('dirty-data')?.configs.set('retention.ms', { value: '3600000', origin: 'topic' })
    const started = [...world.script.started]
    expect(await up(world)).toMatchObject({ kind: 'up', how: 'changed' })
    expect(world.script.again).toEqual(['topics'])
    expect(world.script.started).toEqual(started)
  })

  test('limits', async () => {
    const world = await stack()
    world.runtime.change('worker-2', {
      limits: { memoryBytes: gib, cpus: 1.5, enforced: true, how: 'cgroup v2' },
    })
    expect(await up(world)).toMatchObject({ kind: 'up', how: 'changed' })
  })

  test('settings', async () => {
    const world = await stack()
    await write(world, 'producer.main.linger', 99, 'somebody')
    await up(world)
    expect((await drift(world)).said).toEqual([])
  })

  test('no partitions: records would be scattered', async () => {
    const world = await stack()
    world.pipeline.alterKafka = ({ topics }) =>
      Object.assign(topics.get('radiation-data') ?? {}, { partitions: 12 })
    expect(await up(world)).toMatchObject({ kind: 'up', how: 'already' })
  })
})

describe('resolving', () => {
  const FILE = '# ours\nprofile: 4c8g\n\nsettings:\n  kafka.heap: 512MiB   # measured\n'

  test('--accept makes what was found desired, keeps the file, and compares again', async () => {
    const world = await stack()
    await alter(world, 'kafka', ({ command }) => ({
      command: known(
        (command.known ? command.value : []).map((word) => word.replace('-Xmx512m', '-Xmx600m')),
        0,
      ),
    }))
    const workingDir = emptyFolder()
    writeFileSync(join(workingDir, 'radtune.yaml'), FILE)
    const run = await runCommand(['drift', '--only', 'heap', '--only', 'services', '--accept'], {
      workingDir,
      world: { stackWorld: async () => world, clock: world.clock },
    })
    expect(readFileSync(join(workingDir, 'radtune.yaml'), 'utf8')).toBe(FILE.replace('512MiB', '600MiB'))
    expect(run.stderr).toContain('accepted  kafka.heap: 600MiB')
    expect(run.stdout).not.toContain('kafka.heap ')
    // The initial heap follows the plan, and is another flag of the same command line.
    expect(run.stdout).toContain('~ kafka.flags.-Xms')
    expect(run.exitCode).toBe(3)
  })

  test('--accept changes nothing when no setting says what was found, or the plan would not hold', async () => {
    const world = await stack()
    const workingDir = emptyFolder()
    writeFileSync(join(workingDir, 'radtune.yaml'), FILE)
    const run = async () =>
      runCommand(['drift', '--only', 'services', '--accept'], {
        workingDir,
        world: { stackWorld: async () => world, clock: world.clock },
      })
    await alter(world, 'frontend', () => ({ ended: 'failed' }))
    expect(await run()).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('RT-DRIFT-002') })
    await alter(world, 'kafka', () => ({ kernel: known({ memoryBytes: 400 * 1024 ** 2, cpus: 0.5 }, 0) }))
    expect((await run()).exitCode).not.toBe(0)
    expect(readFileSync(join(workingDir, 'radtune.yaml'), 'utf8')).toBe(FILE)
  })

  test('--interactive asks a person only', async () => {
    const world = await stack()
    await write(world, 'producer.main.linger', 99, 'somebody')
    const run = await runCommand(['drift', ...LIVE, '--interactive'], {
      world: { stackWorld: async () => world, clock: world.clock },
    })
    expect(run.exitCode).toBe(2)
    expect(run.stderr).toContain('RT-CLI-004')
  })

  test('--interactive takes an answer for each difference, and writes them at once', async () => {
    const world = await stack()
    const workingDir = emptyFolder()
    writeFileSync(join(workingDir, 'radtune.yaml'), FILE)
    await write(world, 'producer.main.linger', 99, 'somebody')
    await write(world, 'producer.dirty.linger', 98, 'somebody')
    await write(world, 'consumer.fetchMaxWait', 97, 'somebody')
    const asked = await person(
      ['a', 'i', 'we try it', 'ops', '2026-12-31', 's'],
      ['drift', ...LIVE, '--interactive'],
      {
        workingDir,
        world,
      },
    )
    expect(asked.exitCode).toBe(3)
    expect(asked.stdout).toContain('~ settings.consumer.fetchMaxWait')
    expect(asked.stdout).toContain('· settings.producer.dirty.linger')
    expect(asked.stdout).not.toContain('settings.producer.main.linger')
    const text = readFileSync(join(workingDir, 'radtune.yaml'), 'utf8')
    expect(text).toContain('# ours\n')
    expect(text).toContain('kafka.heap: 512MiB   # measured\n  producer.main.linger: 99ms\n')
    expect(text).toMatch(
      /path: settings.producer.dirty.linger\n +reason: we try it\n +owner: ops\n +until: 2026-12-31/,
    )
  })

  test('--interactive writes no rule that could not be read again', async () => {
    const world = await stack()
    const workingDir = emptyFolder()
    writeFileSync(join(workingDir, 'radtune.yaml'), FILE)
    await write(world, 'producer.main.linger', 99, 'somebody')
    const answers = ['i', 'we try it', 'ops', 'soon']
    const asked = await person(answers, ['drift', ...LIVE, '--interactive'], { workingDir, world })
    expect(asked.exitCode).toBe(2)
    expect(readFileSync(join(workingDir, 'radtune.yaml'), 'utf8')).toBe(FILE)
  })

  test('--watch tells the first comparison, then what changes', async () => {
    const world = await stack()
    const clock = world.clock
    let rounds = 0
    const stopping = new AbortController()
    const news: string[] = []
    const compare = () =>
      checkDrift(
        { ...places(emptyFolder()), environment: {} },
        {
          profile: undefined,
          profileFromEnvironment: false,
          out: '/nowhere',
          version: '0',
          compose: [],
          only: ['settings'],
          failOn: ['changed'],
          strict: false,
        },
        { world, now: clock.now() },
      )
    for await (const { appeared, gone } of watchDrift(compare, {
      clock,
      everyMs: 10_000,
      signal: stopping.signal,
    })) {
      news.push(`${appeared.map(({ path }) => path).join()} | ${gone.map(({ path }) => path).join()}`)
      rounds++
      if (rounds === 1) await write(world, 'producer.main.linger', 99, 'somebody')
      if (rounds === 2) await write(world, 'producer.main.linger', 10, 'somebody')
      if (rounds === 3) stopping.abort()
    }
    expect(news).toEqual([' | ', 'settings.producer.main.linger | ', ' | settings.producer.main.linger'])
  })

  /** A person at a terminal, who answers one question after the other. */
  async function person(
    answers: string[],
    argv: readonly string[],
    { workingDir, world }: { workingDir: string; world: MemoryWorld },
  ) {
    const stdin = Object.assign(new PassThrough(), { isTTY: true })
    const stderr = {
      isTTY: true,
      columns: 120,
      write(text: string) {
        if (text.endsWith('] ') || text.endsWith('? '))
          setImmediate(() => stdin.write(`${answers.shift()}\n`))
        return true
      },
    }
    return runCommand(argv, {
      workingDir,
      world: { stackWorld: async () => world, clock: world.clock, stdin, stderr },
    })
  }

  function places(projectDir: string) {
    return {
      files: createDiskFiles(),
      host: {
        facts: async () => {
          throw new Error('not asked')
        },
      },
      composeSchema: { problems: async () => [] },
      projectDir,
      workingDir: projectDir,
      shippedProfilesDir: join(import.meta.dirname, '../../../profiles'),
      userConfigFile: join(projectDir, 'config.yaml'),
    }
  }
})

import { RadtuneError } from '@radtune/core/errors'
import type { StackSpec } from '@radtune/core/stack'
import { describe, expect, it } from 'vitest'
import { launchRequest } from '../../test/running-world.ts'
import { createMemoryWorld, type MemoryWorld } from '../adapters/memory/memory-world.ts'
import { plannedSpec } from '../adapters/memory/planned-spec.ts'
import { type LaunchEvent, type LaunchOutcome, type LaunchRequest, launchStack } from './launch-stack.ts'

const DUMP = 'Captured Time,Latitude,Longitude,Value,Unit\n2020-02-01 00:00:00,37.5,140.5,42,cpm\n'

function specOf(name: string, rate?: string): StackSpec {
  return plannedSpec(name, rate === undefined ? [] : [{ key: 'provider.rate', value: rate, origin: 'flag' }])
}

interface Run {
  outcome: LaunchOutcome
  events: LaunchEvent[]
}

async function launch(
  world: MemoryWorld,
  asked: LaunchRequest = launchRequest(),
  talk: {
    signal?: AbortSignal
    confirm?: (question: string) => Promise<boolean>
    onEvent?: (event: LaunchEvent) => void
  } = {},
): Promise<Run> {
  const events: LaunchEvent[] = []
  const outcome = await launchStack(world, asked, {
    signal: talk.signal ?? new AbortController().signal,
    confirm: talk.confirm,
    onEvent(event) {
      events.push(event)
      talk.onEvent?.(event)
    },
  })
  return { outcome, events }
}

async function failure(run: Promise<Run>): Promise<RadtuneError> {
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof RadtuneError)) throw error ?? new Error('it did not fail')
  return error
}

function up(outcome: LaunchOutcome): Extract<LaunchOutcome, { kind: 'up' }> {
  if (outcome.kind !== 'up') throw new Error(`the outcome is ${outcome.kind}`)
  return outcome
}

/** A world whose data are a file of `rows` rows. */
function worldWithFile(rows: number): MemoryWorld {
  const world = createMemoryWorld()
  world.project.files.set('/project/dump.csv', DUMP)
  world.pipeline.rows = rows
  return world
}

const fileData = { files: ['dump.csv'], loop: false, seed: 1 }

describe('launchStack', () => {
  it('brings up every service, writes what it launched and waits for the first record', async () => {
    const world = createMemoryWorld()
    const { outcome, events } = await launch(world)
    const { how, stack, first, sums, warnings } = up(outcome)
    expect(how).toBe('launched')
    expect(stack.services.map(({ name }) => name)).toEqual([
      'kafka',
      'worker-1',
      'worker-2',
      'backend',
      'provider',
      'frontend',
    ])
    expect(first).toMatchObject({ kind: 'through', latencyMs: 12 })
    expect(sums).toBeUndefined()
    expect(warnings).toEqual([])
    expect(world.project.launch?.ports).toEqual({
      kafka: 9092,
      controller: 9093,
      backend: 8000,
      frontend: 8080,
      stats: { 'worker-1': 9100, 'worker-2': 9101, backend: 9102, provider: 9103, frontend: 9104 },
    })
    expect(events.map(({ kind }) => kind).filter((kind) => kind !== 'runtime')).toEqual([
      'planned',
      'written',
      'awaiting-record',
      'first-record',
    ])
    expect(world.project.holder).toBeUndefined()
  })

  it('does nothing when the very same stack is healthy already', async () => {
    const world = createMemoryWorld()
    await launch(world)
    const started = [...world.script.started]
    const { outcome, events } = await launch(world)
    expect(up(outcome).how).toBe('already')
    expect(world.script.started).toEqual(started)
    expect(events.map(({ kind }) => kind)).toEqual(['planned'])
  })

  it('starts what is missing when the same stack is not whole', async () => {
    const world = createMemoryWorld()
    await launch(world)
    world.script.started = []
    world.runtime.change('worker-2', { condition: 'failed', pid: undefined })
    const { outcome } = await launch(world)
    expect(up(outcome).how).toBe('changed')
    expect(world.script.started).toEqual(['worker-2'])
  })

  it('shows what differs and restarts only that', async () => {
    const world = createMemoryWorld()
    await launch(world)
    world.script.started = []
    const { outcome, events } = await launch(world, launchRequest({ spec: specOf('4c8g', '5000') }))
    expect(up(outcome).how).toBe('changed')
    expect(events.find(({ kind }) => kind === 'differs')).toEqual({
      kind: 'differs',
      differences: [{ path: 'provider.rate', from: 1000, to: 5000 }],
    })
    expect(world.script.started).toEqual([])
    expect(up(outcome).first).toBeUndefined()
    expect(world.topic.records.at(-1)).toMatchObject({
      key: 'provider.rate',
      value: expect.stringContaining('"value":5000'),
    })
  })

  it('restarts what a setting concerns that is not live', async () => {
    const world = createMemoryWorld()
    await launch(world)
    world.script.started = []
    const spec = plannedSpec('4c8g', [{ key: 'backend.heap', value: '200MiB', origin: 'flag' }])
    await launch(world, launchRequest({ spec }))
    expect(world.script.started).toEqual(['backend'])
  })

  it('writes nothing to the settings topic when nothing changed, and overrules what others wrote there', async () => {
    const world = createMemoryWorld()
    await launch(world)
    const written = world.topic.records.length
    expect(written).toBeGreaterThan(20)
    await launch(world)
    expect(world.topic.records).toHaveLength(written)
    const by = '{"value":7,"by":"somebody","at":1}'
    world.topic.records.push({ offset: written, key: 'provider.rate', value: by })
    const { outcome } = await launch(world)
    expect(up(outcome)).toMatchObject({ how: 'already', warnings: [] })
    expect(world.topic.records.at(-1)?.value).toContain('"value":1000')
  })

  it('warns about a service that does not take the settings up', async () => {
    const world = createMemoryWorld()
    await launch(world)
    world.topic.deaf.add('provider')
    world.topic.heardUpTo = world.topic.records.length
    const { outcome } = await launch(world, launchRequest({ spec: specOf('4c8g', '5000') }))
    expect(up(outcome).warnings).toEqual([
      'provider does not run by the settings of the plan: has not taken it up',
    ])
  })

  it('shows that other data are asked for', async () => {
    const world = worldWithFile(10)
    await launch(world)
    const { events } = await launch(world, launchRequest({ data: fileData }))
    expect(events.find(({ kind }) => kind === 'differs')).toEqual({
      kind: 'differs',
      differences: [
        {
          path: 'data',
          from: { kind: 'generator', seed: 1 },
          to: { kind: 'files', paths: ['/project/dump.csv'], loop: false },
        },
      ],
    })
  })

  it('keeps the ports of the running stack unless others are asked for', async () => {
    const world = createMemoryWorld()
    await launch(world, launchRequest({ port: 'auto' }))
    const ports = world.project.launch?.ports
    expect(ports?.kafka).toBe(40_001)
    expect(
      new Set([
        ports?.kafka,
        ports?.controller,
        ports?.backend,
        ports?.frontend,
        ...Object.values(ports?.stats ?? {}),
      ]).size,
    ).toBe(9)
    expect(up((await launch(world)).outcome).how).toBe('already')
    expect(up((await launch(world, launchRequest({ port: 'auto' }))).outcome).how).toBe('already')
    const { events } = await launch(world, launchRequest({ port: 19_092 }))
    expect(events.find(({ kind }) => kind === 'differs')).toEqual({
      kind: 'differs',
      differences: [
        { path: 'port kafka', from: 40_001, to: 19_092 },
        { path: 'port controller', from: 40_002, to: 19_093 },
      ],
    })
  })

  it('refuses a port that another service has', async () => {
    const error = await failure(launch(createMemoryWorld(), launchRequest({ port: 8080 })))
    expect(error).toMatchObject({ code: 'RT-CLI-021', exitCode: 2 })
    expect(error.message).toContain('8080')
  })

  it('refuses a machine with too little memory, and takes it with force', async () => {
    const world = createMemoryWorld()
    world.machine.memoryBytes = 4 * 1024 ** 3
    const error = await failure(launch(world))
    expect(error).toMatchObject({ code: 'RT-UP-001', exitCode: 4 })
    expect(world.script.started).toEqual([])
    expect(world.project.launch).toBeUndefined()
    const { outcome } = await launch(world, launchRequest({ force: true }))
    expect(up(outcome).warnings.join()).toMatch(/killed for memory/)
  })

  it('warns on fewer CPUs, and no service is promised more than there are', async () => {
    const world = createMemoryWorld()
    world.machine.cpus = 1
    const { outcome } = await launch(world)
    expect(up(outcome).warnings.length).toBeGreaterThan(0)
    expect(Math.max(...up(outcome).stack.launch.spec.services.map(({ cpus }) => cpus))).toBeLessThanOrEqual(1)
  })

  it.each([
    ['missing', undefined, 'RT-DATA-002'],
    ['empty', '', 'RT-DATA-002'],
    ['without a header', '2020-02-01 00:00:00,37.5,140.5,42,cpm\n', 'RT-DATA-001'],
    ['binary', 'PK\u0003\u0004 and so on', 'RT-DATA-003'],
  ])('refuses a data file that is %s before anything starts', async (_, text, code) => {
    const world = createMemoryWorld()
    if (text !== undefined) world.project.files.set('/project/dump.csv', text)
    const error = await failure(launch(world, launchRequest({ data: fileData })))
    expect(error).toMatchObject({ code, exitCode: 2 })
    expect(error.message).toContain('dump.csv')
    expect(world.script.started).toEqual([])
    expect(world.project.holder).toBeUndefined()
  })

  it('reads standard input into a file of the project, and forgets earlier ones', async () => {
    const world = createMemoryWorld()
    world.project.input = DUMP
    world.project.files.set('/project/.radtune/local/stdin/stdin-old.csv', DUMP)
    const { outcome } = await launch(world, launchRequest({ data: { ...fileData, files: ['-'] } }))
    const spooled = '/project/.radtune/local/stdin/stdin-memory.csv'
    expect(up(outcome).stack.launch.data).toEqual({ kind: 'files', paths: [spooled], loop: false })
    expect([...world.project.files.keys()]).toEqual([spooled])
  })

  it('refuses while another operation runs on the project', async () => {
    const world = createMemoryWorld()
    world.project.holder = 'down'
    expect(await failure(launch(world))).toMatchObject({ code: 'RT-UP-002', exitCode: 4 })
    expect(world.project.holder).toBe('down')
  })
})

describe('launchStack beside the other runtime', () => {
  const launchOther = (world: MemoryWorld) =>
    world.otherRuntime.launch(
      {
        spec: specOf('4c8g'),
        data: { kind: 'generator', seed: 1 },
        ports: { kafka: 1, controller: 2, backend: 3, frontend: 4, stats: {} },
      },
      { signal: new AbortController().signal, onEvent: () => undefined },
    )
  const ignore = { onEvent: () => undefined }

  it('refuses while the stack runs there, and changes nothing', async () => {
    const world = createMemoryWorld()
    await launchOther(world)
    const error = await failure(launch(world, launchRequest(), { confirm: async () => true }))
    expect(error).toMatchObject({ code: 'RT-UP-011', exitCode: 4, left: 'nothing was changed' })
    expect(error.fix).toContain('radtune down')
    expect(await world.runtime.inspect()).toBeUndefined()
    expect(await world.otherRuntime.inspect()).toBeDefined()
  })

  it('goes on with a warning when it cannot be asked, as after its engine was stopped', async () => {
    const world = createMemoryWorld()
    const away = new RadtuneError('RT-DOCKER-001', { what: 'no container engine answers' })
    world.otherRuntime = { ...world.otherRuntime, inspect: () => Promise.reject(away) }
    const { warnings } = up((await launch(world)).outcome)
    expect(warnings.join()).toContain('docker runtime cannot be told: no container engine answers')
  })

  it('starts without the data that are there only when somebody says yes, and leaves them', async () => {
    const world = createMemoryWorld()
    await launchOther(world)
    await world.otherRuntime.stop(ignore)
    expect(await failure(launch(world))).toMatchObject({ code: 'RT-UP-012', exitCode: 2 })
    const confirm = async (question: string) => question.includes('docker runtime holds data')
    up((await launch(world, launchRequest(), { confirm })).outcome)
    expect(await world.otherRuntime.data()).toBeDefined()
    await world.runtime.stop(ignore)
    // Asked once: now this runtime has data of its own.
    up((await launch(world)).outcome)
  })
})

describe('launchStack with earlier data', () => {
  it('drops the data of another profile only when somebody says yes', async () => {
    const world = createMemoryWorld()
    world.script.data = { profile: '2c4g', bytes: 1_000_000 }
    const error = await failure(launch(world))
    expect(error).toMatchObject({ code: 'RT-UP-006', exitCode: 2 })
    expect(error.fix.join()).toContain('--fresh --yes')
    expect(await failure(launch(world, launchRequest(), { confirm: async () => false }))).toMatchObject({
      code: 'RT-UP-006',
    })
    expect(world.script.data).toEqual({ profile: '2c4g', bytes: 1_000_000 })
    const questions: string[] = []
    await launch(world, launchRequest(), {
      async confirm(question) {
        questions.push(question)
        return true
      },
    })
    expect(questions).toEqual([expect.stringContaining('2c4g')])
    expect(world.script.data?.profile).toBe('4c8g')
  })

  it('stops a running stack of another profile before its data are dropped', async () => {
    const world = createMemoryWorld()
    await launch(world, launchRequest({ spec: specOf('2c4g') }))
    const { outcome, events } = await launch(world, launchRequest(), { confirm: async () => true })
    expect(up(outcome).how).toBe('launched')
    expect(
      events.map(({ kind }) => kind).filter((kind) => kind === 'stopping' || kind === 'dropping'),
    ).toEqual(['stopping', 'dropping'])
  })

  it('asks before --fresh drops anything, and needs an answer', async () => {
    const world = createMemoryWorld()
    world.script.data = { profile: '4c8g', bytes: 5 }
    expect(await failure(launch(world, launchRequest({ fresh: true })))).toMatchObject({
      code: 'RT-UP-009',
      exitCode: 2,
    })
    expect(world.script.data).toEqual({ profile: '4c8g', bytes: 5 })
    const { outcome } = await launch(world, launchRequest({ fresh: true }), { confirm: async () => true })
    expect(up(outcome).how).toBe('launched')
  })

  it('asks nothing with --fresh when there are no data', async () => {
    const { outcome } = await launch(createMemoryWorld(), launchRequest({ fresh: true }))
    expect(up(outcome).how).toBe('launched')
  })
})

describe('launchStack when something fails', () => {
  it('leaves nothing half-running and says why with the last log lines', async () => {
    const world = createMemoryWorld()
    world.script.failing.set('worker-2', 'exited with code 1')
    const error = await failure(launch(world))
    expect(error).toMatchObject({ code: 'RT-UP-004', exitCode: 1 })
    expect(error.message).toContain('worker-2')
    expect(error.left).toMatch(/nothing is running/)
    expect(await world.runtime.inspect()).toBeUndefined()
    expect(world.project.holder).toBeUndefined()
  })

  it('leaves the others running with keep, and says which', async () => {
    const world = createMemoryWorld()
    world.script.failing.set('worker-2', 'exited with code 1')
    const error = await failure(launch(world, launchRequest({ keep: true })))
    expect(error.left).toBe('kafka, worker-1 are running; radtune down stops them')
    expect(await world.runtime.inspect()).toBeDefined()
  })

  it('does not tear down a stack that ran before', async () => {
    const world = createMemoryWorld()
    await launch(world)
    world.script.failing.set('provider', 'exited with code 1')
    const data = { files: [], loop: false, seed: 2 }
    const error = await failure(launch(world, launchRequest({ data })))
    expect(error.left).toMatch(/ran before and was not torn down.*kafka/)
    expect(await world.runtime.inspect()).toBeDefined()
    expect(world.script.stopped).toEqual([])
  })

  it('fails when a service is killed for memory while the first record is awaited', async () => {
    const world = createMemoryWorld()
    world.pipeline.processAtMost = 0
    world.script.logs.set('worker-1', ['batch 500 records, heap 486 MB'])
    const error = await failure(
      launch(world, launchRequest(), {
        onEvent({ kind }) {
          if (kind !== 'awaiting-record') return
          const exit = { code: null, signal: 'SIGKILL', outOfMemory: true }
          world.runtime.change('worker-1', { condition: 'restarting', restarts: 1, exit })
        },
      }),
    )
    expect(error).toMatchObject({ code: 'RT-UP-003', exitCode: 1 })
    expect(error.message).toContain('worker-1')
    expect(error.logs).toEqual(['batch 500 records, heap 486 MB'])
    expect(await world.runtime.inspect()).toBeUndefined()
  })

  it('fails when the provider says that it failed', async () => {
    const world = createMemoryWorld()
    world.pipeline.providerFailed = true
    world.pipeline.processAtMost = 0
    world.script.logs.set('provider', ['disk read error'])
    expect(await failure(launch(world))).toMatchObject({ code: 'RT-UP-004', logs: ['disk read error'] })
  })

  it('fails when the stack vanishes while the first record is awaited', async () => {
    const world = createMemoryWorld()
    world.pipeline.processAtMost = 0
    const error = await failure(
      launch(world, launchRequest(), {
        onEvent({ kind }) {
          if (kind === 'awaiting-record') void world.runtime.stop({ onEvent: () => undefined })
        },
      }),
    )
    expect(error.message).toContain('gone')
  })

  it('gives up after the timeout, names what was late and cleans up', async () => {
    const world = createMemoryWorld()
    world.script.hanging.add('backend')
    const before = world.clock.now()
    const error = await failure(launch(world, launchRequest({ timeoutMs: 30_000 })))
    expect(error).toMatchObject({ code: 'RT-UP-005', exitCode: 5, why: 'backend is starting' })
    expect(world.clock.now() - before).toBeLessThan(40_000)
    expect(await world.runtime.inspect()).toBeUndefined()
  })

  it('gives up when all is healthy and no record arrives', async () => {
    const world = createMemoryWorld()
    world.pipeline.processAtMost = 0
    const error = await failure(launch(world))
    expect(error).toMatchObject({ code: 'RT-UP-005', exitCode: 5 })
    expect(error.why).toContain('no record')
  })

  it('does not count a download against the timeout', async () => {
    const world = createMemoryWorld()
    world.script.fetchMs = 600_000
    expect(up((await launch(world, launchRequest({ timeoutMs: 10_000 }))).outcome).how).toBe('launched')
  })

  it('stops what it started when it is interrupted', async () => {
    const world = createMemoryWorld()
    const interruption = new AbortController()
    const { outcome } = await launch(world, launchRequest(), {
      signal: interruption.signal,
      onEvent(event) {
        if (event.kind === 'runtime' && event.event.kind === 'service' && event.event.name === 'backend')
          interruption.abort(new RadtuneError('RT-CLI-007', { what: 'stopped by SIGINT', exitCode: 130 }))
      },
    })
    expect(outcome).toEqual({ kind: 'interrupted', left: expect.stringContaining('nothing is running') })
    expect(await world.runtime.inspect()).toBeUndefined()
    expect(world.project.holder).toBeUndefined()
  })
})

describe('launchStack with data that end', () => {
  it('says so when no record is valid', async () => {
    const world = worldWithFile(50)
    world.pipeline.dirtyShare = 1
    const { first } = up((await launch(world, launchRequest({ data: fileData }))).outcome)
    expect(first).toMatchObject({ kind: 'nothing-valid', sums: { in: 50, dirty: 50, inFlight: 0 } })
  })

  it('says so when the data hold only a header', async () => {
    const { first } = up((await launch(worldWithFile(0), launchRequest({ data: fileData }))).outcome)
    expect(first).toMatchObject({ kind: 'nothing-new', rowsRead: 0 })
  })

  it('says so when an earlier run has published everything', async () => {
    const world = worldWithFile(500)
    world.pipeline.publishedBefore = 500
    const { first } = up((await launch(world, launchRequest({ data: fileData }))).outcome)
    expect(first).toMatchObject({ kind: 'nothing-new', rowsRead: 500 })
  })

  it('does not wait for a record of a provider that is paused, and says so', async () => {
    const world = worldWithFile(500)
    world.pipeline.providerPaused = true
    const { first } = up((await launch(world, launchRequest({ data: fileData }))).outcome)
    expect(first).toMatchObject({ kind: 'paused' })
  })

  it('waits with --once until everything is processed and returns the sums', async () => {
    const world = worldWithFile(100_000)
    const { outcome, events } = await launch(
      world,
      launchRequest({ data: fileData, once: true, timeoutMs: 20_000 }),
    )
    const { sums } = up(outcome)
    expect(sums).toMatchObject({ in: 100_000, normal: 85_000, dirty: 10_000, duplicates: 5_000, inFlight: 0 })
    expect(events.some(({ kind }) => kind === 'processing')).toBe(true)
    expect(await world.runtime.inspect()).toBeDefined()
  })

  it('waits with --once for a stack that runs already', async () => {
    const world = worldWithFile(10_000)
    await launch(world, launchRequest({ data: fileData }))
    const { outcome } = await launch(world, launchRequest({ data: fileData, once: true }))
    expect(up(outcome)).toMatchObject({ how: 'already', sums: { in: 10_000, inFlight: 0 } })
  })

  it('fails with --once when nothing moves any more, and leaves the stack', async () => {
    const world = worldWithFile(1_000)
    world.pipeline.processAtMost = 400
    const error = await failure(launch(world, launchRequest({ data: fileData, once: true })))
    expect(error).toMatchObject({ code: 'RT-UP-005', exitCode: 5 })
    expect(error.left).toContain('running')
    expect(await world.runtime.inspect()).toBeDefined()
  })

  it('fails with --once when the counts do not add up', async () => {
    const world = worldWithFile(1_000)
    world.pipeline.miscounted = true
    const error = await failure(launch(world, launchRequest({ data: fileData, once: true })))
    expect(error).toMatchObject({ code: 'RT-UP-007', exitCode: 1 })
    expect(error.why).toContain('partition 0: 1000 processed, 999 counted')
  })

  it('leaves the stack when --once is interrupted after it is up', async () => {
    const world = worldWithFile(1_000_000)
    const interruption = new AbortController()
    const { outcome } = await launch(world, launchRequest({ data: fileData, once: true }), {
      signal: interruption.signal,
      onEvent({ kind }) {
        if (kind === 'processing') interruption.abort(new Error('interrupted'))
      },
    })
    expect(outcome).toEqual({ kind: 'interrupted', left: expect.stringContaining('the stack is running') })
    expect(await world.runtime.inspect()).toBeDefined()
  })
})

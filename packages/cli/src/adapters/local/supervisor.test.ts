import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RadtuneError } from '@radtune/core/errors'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nodeService, readJournal } from '../../../test/local/node-service.ts'
import type { RuntimeEvent } from '../../ports/runtime.ts'
import { findFreePorts } from './free-ports.ts'
import { readProcess } from './process-table.ts'
import { usualPatience } from './service.ts'
import { withoutGroups } from './stack-groups.ts'
import { Supervisor } from './supervisor.ts'

let folder: string
let journal: string
let supervisor: Supervisor
let ports: number[]

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'radtune-supervisor-'))
  journal = join(folder, 'journal')
  ports = await findFreePorts(4)
  supervisor = new Supervisor({
    localFolder: folder,
    workingFolder: folder,
    environment: { PATH: process.env.PATH ?? '' },
    patience: {
      ...usualPatience,
      readyPollMs: 20,
      healthPollMs: 50,
      firstBackoffMs: 50,
      longestBackoffMs: 400,
    },
    groups: withoutGroups('of no interest here'),
    onChange: () => undefined,
  })
})

afterEach(async () => {
  await supervisor.stop(() => undefined)
  rmSync(folder, { recursive: true, force: true })
})

const bring = (
  processes: ReturnType<typeof nodeService>[],
  options: { signal?: AbortSignal; events?: RuntimeEvent[] } = {},
) =>
  supervisor.bring(
    { launch: { processes: processes.length }, processes },
    {
      signal: options.signal ?? new AbortController().signal,
      onEvent: (event) => options.events?.push(event),
    },
  )

const service = (name: string, options: Partial<Parameters<typeof nodeService>[0]> = {}) =>
  nodeService({ name, journal, port: ports[['a', 'b', 'c', 'd'].indexOf(name)] ?? 0, ...options })

const state = (name: string) => supervisor.view()?.services.find((one) => one.name === name)

describe('launch', () => {
  it('starts services once those that they depend on are ready, and shows only what stays', async () => {
    const events: RuntimeEvent[] = []
    const view = await bring(
      [
        service('a', { script: 'const listenLater = 1' }),
        service('once', { once: true, dependsOn: ['a'], script: "note('prepares')" }),
        service('b', { dependsOn: ['once'] }),
        service('c', { dependsOn: ['a', 'b'] }),
      ],
      { events },
    )
    expect(readJournal(journal)).toEqual([
      'a starts',
      'a listens',
      'once starts',
      'once prepares',
      'b starts',
      'b listens',
      'c starts',
      'c listens',
    ])
    expect(view.services.map(({ name, condition }) => `${name} ${condition}`)).toEqual([
      'a healthy',
      'b healthy',
      'c healthy',
    ])
    const ofB = events.filter((event) => event.kind === 'service' && event.name === 'b')
    expect(ofB.map((event) => event.kind === 'service' && event.condition)).toEqual([
      'waiting',
      'starting',
      'healthy',
    ])
  })

  it('fails with the name, reason and last lines of a service that ends again and again, and leaves the others', async () => {
    const failing = bring([
      service('a'),
      service('b', { dependsOn: ['a'], script: "console.error('no such thing'); process.exit(3)" }),
      service('c', { dependsOn: ['b'] }),
    ])
    const error = await failing.catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(RadtuneError)
    expect(error).toMatchObject({
      code: 'RT-UP-004',
      message: 'b did not come up',
      why: 'ended with exit code 3, 3 times',
      logs: ['no such thing'],
      left: 'a is running; radtune down stops them',
    })
    expect(readJournal(journal)).not.toContain('c starts')
    expect(state('a')?.condition).toBe('healthy')
    expect(state('b')?.condition).toBe('failed')
    expect(state('c')?.condition).toBe('stopped')
  })

  it('recognises a used-up heap', async () => {
    const greedy = service('a', {
      script: 'const hold = []; for (;;) hold.push(new Array(10000).fill(0.5 + hold.length))',
    })
    const process = { ...greedy, args: ['--max-old-space-size=20', ...greedy.args] }
    const error = await bring([process]).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'RT-UP-003', why: expect.stringContaining('V8 heap was used up') })
    expect(state('a')?.exit?.outOfMemory).toBe(true)
  })

  it('says that a program is missing', async () => {
    const error = await bring([{ ...service('a'), command: '/no/such/program' }]).catch(
      (caught: unknown) => caught,
    )
    expect(error).toMatchObject({ code: 'RT-UP-004', why: expect.stringContaining('cannot be started') })
  })

  it('stops what it started when it is aborted, and leaves what ran before', async () => {
    const a = service('a')
    await bring([a])
    const abort = new AbortController()
    const launching = bring([a, service('b'), service('c', { script: 'healthy = false' })], {
      signal: abort.signal,
    })
    await vi.waitFor(() => expect(state('b')?.condition).toBe('healthy'), { timeout: 5000 })
    abort.abort(new Error('enough'))
    await expect(launching).rejects.toThrow('enough')
    expect(supervisor.view()?.services.map(({ name }) => name)).toEqual(['a'])
    expect(state('a')?.condition).toBe('healthy')
    expect(
      readJournal(journal)
        .filter((line) => line.endsWith('stops'))
        .sort(),
    ).toEqual(['b stops', 'c stops'])
  })

  it('is refused while another runs, and ended by a stop', async () => {
    const launching = bring([service('a', { script: 'healthy = false' })])
    const ended = expect(launching).rejects.toMatchObject({ code: 'RT-LOCAL-010' })
    await vi.waitFor(() => expect(state('a')?.pid).toBeDefined())
    await expect(bring([service('b')])).rejects.toMatchObject({ code: 'RT-LOCAL-010' })
    await supervisor.stop(() => undefined)
    await ended
    expect(supervisor.empty).toBe(true)
  })

  it('restarts only what differs, stops what is gone, starts what is new', async () => {
    await bring([service('a'), service('b'), service('c')])
    const pids = new Map(supervisor.view()?.services.map(({ name, pid }) => [name, pid]))
    await bring([service('a'), { ...service('b'), env: { CHANGED: '1' } }, service('d')])
    expect(supervisor.view()?.services.map(({ name }) => name)).toEqual(['a', 'b', 'd'])
    expect(state('a')?.pid).toBe(pids.get('a'))
    expect(state('b')?.pid).not.toBe(pids.get('b'))
    expect(
      readJournal(journal)
        .filter((line) => line.endsWith('stops'))
        .sort(),
    ).toEqual(['b stops', 'c stops'])
  })

  it('tells what a warm-up came to, and says so when it came to nothing', async () => {
    const told = { firstP50Ms: 212, lastP50Ms: 4, roundTrips: 300, elapsedMs: 1800 }
    const warmUp = (script: string) => ({
      ...service('warm-up', { once: true, script }),
      role: 'warm-up' as const,
    })
    const events: RuntimeEvent[] = []
    await bring([warmUp(`console.log(JSON.stringify({ level: 30, warmUp: ${JSON.stringify(told)} }))`)], {
      events,
    })
    expect(events).toContainEqual({ kind: 'warm-up', warmUp: told })
    await bring([warmUp('process.exit(1)'), service('b', { dependsOn: ['warm-up'] })], { events })
    expect(events).toContainEqual({ kind: 'note', text: expect.stringContaining('was not warmed up') })
    expect(supervisor.view()?.services.map(({ name }) => name)).toEqual(['b'])
  })

  it('restarts nothing for other start values, and begins with them when it is started again', async () => {
    const withStart = (value: string) => ({
      ...service('a'),
      env: { ...service('a').env, BEGINS: value },
      startValues: ['BEGINS'],
    })
    await bring([withStart('1')])
    const pid = state('a')?.pid as number
    await bring([withStart('2')])
    expect(state('a')?.pid).toBe(pid)
    process.kill(pid, 'SIGKILL')
    await vi.waitFor(() => expect(state('a')?.pid).not.toBe(pid), { timeout: 10_000 })
    await vi.waitFor(() => {
      const environment = readFileSync(`/proc/${state('a')?.pid}/environ`, 'utf8')
      expect(environment.split('\0')).toContain('BEGINS=2')
    })
  })

  it('runs a one-shot again for what it is told, and not those that come after it', async () => {
    const told = (value: string) => ({
      ...service('once', { once: true, dependsOn: ['a'] }),
      args: ['-e', `${JSON.stringify(value)}`],
    })
    const next = service('next', { once: true, dependsOn: ['once'] })
    await bring([service('a'), told('1'), next])
    await bring([service('a'), told('2'), next])
    expect(readJournal(journal).filter((line) => line === 'next starts')).toHaveLength(1)
  })

  it('starts nothing when nothing differs, limits aside', async () => {
    const once = service('once', { once: true, dependsOn: ['a'] })
    await bring([service('a'), once])
    await bring([{ ...service('a'), limits: { memoryBytes: 1, cpus: 1, reservedCpus: 1 } }, once])
    expect(readJournal(journal)).toEqual(['a starts', 'a listens', 'once starts'])
  })
})

describe('keeping', () => {
  it('restarts a service that ends, waiting longer each time, and never gives up on one that was healthy', async () => {
    const script = 'setTimeout(() => process.exit(7), 150)'
    await bring([service('a', { script })])
    await vi.waitFor(() => expect(state('a')?.restarts).toBeGreaterThanOrEqual(4), {
      timeout: 15_000,
      interval: 20,
    })
    expect(state('a')?.exit).toEqual({ code: 7, signal: null, outOfMemory: false })
    const log = readFileSync(join(folder, 'logs', 'a.log'), 'utf8')
    expect(log).toContain('starts again in 0.05 s')
    expect(log).toContain('starts again in 0.1 s')
    expect(log).toContain('starts again in 0.2 s')
  })

  it('tells apart who killed a service, and starts it again', async () => {
    await bring([service('a')])
    const pid = state('a')?.pid as number
    process.kill(pid, 'SIGKILL')
    await vi.waitFor(() => expect(state('a')).toMatchObject({ condition: 'healthy', restarts: 1 }), {
      timeout: 5000,
    })
    expect(state('a')?.exit).toEqual({ code: null, signal: 'SIGKILL', outOfMemory: false })
  })

  it('sees a running service become unhealthy, with its reason, and healthy again', async () => {
    const script = `setInterval(() => { healthy = !existsSync(${JSON.stringify(`${folder}/unwell`)}) }, 10)`
    await bring([service('a', { script })])
    const { writeFileSync } = await import('node:fs')
    writeFileSync(join(folder, 'unwell'), '')
    await vi.waitFor(
      () => expect(state('a')).toMatchObject({ condition: 'unhealthy', reason: 'told to be unwell' }),
      { timeout: 5000 },
    )
    rmSync(join(folder, 'unwell'))
    await vi.waitFor(() => expect(state('a')?.condition).toBe('healthy'), { timeout: 5000 })
    expect(state('a')?.restarts).toBe(0)
  })

  it('leaves a service alone that ends with 0 when that is its end', async () => {
    await bring([service('a', { restart: 'never', script: 'setTimeout(() => process.exit(0), 300)' })])
    await vi.waitFor(
      () => expect(state('a')).toMatchObject({ condition: 'stopped', reason: 'finished', restarts: 0 }),
      { timeout: 5000 },
    )
  })

  it('measures memory and CPU of a service with its children', async () => {
    const script = "spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' })"
    await bring([service('a', { script })])
    await supervisor.sample()
    const busyUntil = Date.now() + 400
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(busyUntil), { timeout: 2000 })
    await supervisor.sample()
    const { memoryBytes, cpus } = state('a') ?? {}
    expect(memoryBytes?.known && memoryBytes.value).toBeGreaterThan(30_000_000)
    expect(cpus?.known && cpus.value).toBeGreaterThan(0.1)
  })
})

describe('stop', () => {
  it('stops in reverse order, each once what depends on it has stopped', async () => {
    const late =
      "process.removeAllListeners('SIGTERM'); process.on('SIGTERM', () => setTimeout(() => { note('stops'); process.exit(0) }, 200))"
    await bring([
      service('a'),
      service('b', { dependsOn: ['a'] }),
      service('c', { dependsOn: ['b'], script: late }),
    ])
    const events: RuntimeEvent[] = []
    await supervisor.stop((event) => events.push(event))
    expect(readJournal(journal).slice(-3)).toEqual(['c stops', 'b stops', 'a stops'])
    expect(events.at(-1)).toMatchObject({ kind: 'service', name: 'a', condition: 'stopped' })
    expect(supervisor.empty).toBe(true)
  })

  it('kills what does not stop within its grace, with its children', async () => {
    const script = `
      process.removeAllListeners('SIGTERM'); process.on('SIGTERM', () => note('ignores'))
      const child = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'])
      note('child ' + child.pid)`
    await bring([service('a', { script, graceMs: 300 })])
    const pid = state('a')?.pid as number
    const child = Number(
      readJournal(journal)
        .find((line) => line.includes('child'))
        ?.split(' ')
        .at(-1),
    )
    expect(await readProcess(child)).toBeDefined()
    const startedAt = Date.now()
    await supervisor.stop(() => undefined)
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(290)
    expect(readJournal(journal)).toContain('a ignores')
    expect(await readProcess(pid)).toBeUndefined()
    await vi.waitFor(async () => expect(await readProcess(child)).toBeUndefined())
  })

  it('leaves no child of a service that stops by itself', async () => {
    const script =
      "const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']); note('child ' + child.pid)"
    await bring([service('a', { script })])
    const child = Number(
      readJournal(journal)
        .find((line) => line.includes('child'))
        ?.split(' ')
        .at(-1),
    )
    await supervisor.stop(() => undefined)
    await vi.waitFor(async () => expect(await readProcess(child)).toBeUndefined())
  })

  it('ends a service that waits for its back-off at once', async () => {
    const mark = join(folder, 'seen')
    const script = `if (existsSync(${JSON.stringify(mark)})) process.exit(1); writeFileSync(${JSON.stringify(mark)}, ''); setTimeout(() => process.exit(1), 200)`
    await bring([service('a', { script })])
    await vi.waitFor(() => expect(state('a')?.restarts).toBeGreaterThan(2), { timeout: 5000 })
    await supervisor.stop(() => undefined)
    const starts = readJournal(journal).length
    expect(supervisor.alive).toBe(false)
    expect(existsSync(mark)).toBe(true)
    expect(readJournal(journal)).toHaveLength(starts)
  })
})

describe('a long log line and a noisy service', () => {
  it('keeps every line of both outputs, in order, with its time', async () => {
    const script = "for (let i = 0; i < 500; i++) console.log('line ' + i); console.error('x'.repeat(40000))"
    await bring([service('a', { script })])
    await supervisor.stop(() => undefined)
    const lines = readFileSync(join(folder, 'logs', 'a.log'), 'utf8')
      .trimEnd()
      .split('\n')
    const texts = lines.map((line) => line.replace(/^\S+Z /, ''))
    expect(texts.filter((text) => text.startsWith('line '))).toEqual(
      Array.from({ length: 500 }, (_, i) => `line ${i}`),
    )
    expect(texts.filter((text) => text.startsWith('x')).join('')).toBe('x'.repeat(40000))
  })
})

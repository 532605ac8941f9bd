import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LocalProcess } from '@radtune/core/render'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nodeService, readJournal } from '../../../test/local/node-service.ts'
import type { RuntimeEvent } from '../../ports/runtime.ts'
import { findFreePorts } from './free-ports.ts'
import { createLocalRuntime } from './local-runtime.ts'
import { endOrphans } from './orphans.ts'
import { isSameProcess, readProcess } from './process-table.ts'
import { openStackGroups } from './stack-groups.ts'
import { askSupervisor, findSupervisor, startSupervisor } from './supervisor-client.ts'
import { readState, type SupervisorState, writeState } from './supervisor-state.ts'

let projectDir: string
let localFolder: string
let journal: string
let a: LocalProcess
let b: LocalProcess

beforeEach(async () => {
  projectDir = mkdtempSync(join(tmpdir(), 'radtune-project-'))
  localFolder = join(projectDir, '.radtune', 'local')
  journal = join(projectDir, 'journal')
  const [portA = 0, portB = 0] = await findFreePorts(2)
  a = nodeService({ name: 'a', journal, port: portA })
  b = nodeService({ name: 'b', journal, port: portB, dependsOn: ['a'] })
})

afterEach(async () => {
  await createLocalRuntime({ projectDir }).stop({ onEvent: () => undefined })
  rmSync(projectDir, { recursive: true, force: true })
})

const start = (folder = localFolder) =>
  startSupervisor({ localFolder: folder, workingFolder: projectDir, environment: process.env })

const launch = (supervisor: SupervisorState, processes: LocalProcess[], events: RuntimeEvent[] = []) =>
  askSupervisor(
    supervisor,
    { kind: 'launch', launch: { test: true }, processes },
    { onEvent: (event) => events.push(event) },
  )

const untilGone = (identity: { pid: number; startToken: string }) =>
  vi.waitFor(async () => expect(await isSameProcess(identity)).toBe(false), { timeout: 10_000 })

describe('a supervisor process', () => {
  it('outlives its client, answers others over a private socket, and ends with a stop, leaving nothing', async () => {
    const supervisor = await start()
    expect(statSync(supervisor.socket).mode & 0o777).toBe(0o600)
    await launch(supervisor, [a, b])
    const found = await findSupervisor(localFolder)
    expect(found?.services.map(({ name }) => name)).toEqual(['a', 'b'])
    const views = await Promise.all([1, 2, 3].map(() => askSupervisor(supervisor, { kind: 'inspect' })))
    for (const view of views)
      expect(view?.services.map(({ condition }) => condition)).toEqual(['healthy', 'healthy'])
    await askSupervisor(supervisor, { kind: 'stop' })
    await untilGone(supervisor.supervisor)
    for (const service of found?.services ?? []) expect(await isSameProcess(service)).toBe(false)
    expect(readJournal(journal).slice(-2)).toEqual(['b stops', 'a stops'])
    expect(existsSync(supervisor.socket)).toBe(false)
    expect(readState(localFolder)).toBeUndefined()
  })

  it('runs its services at the same time for two clients that stop it', async () => {
    const supervisor = await start()
    await launch(supervisor, [a, b])
    await Promise.all([
      askSupervisor(supervisor, { kind: 'stop' }),
      askSupervisor(supervisor, { kind: 'stop' }),
    ])
    await untilGone(supervisor.supervisor)
    expect(readJournal(journal).filter((line) => line.endsWith('stops'))).toHaveLength(2)
  })

  it('refuses a second launch while one runs', async () => {
    const supervisor = await start()
    const unready = nodeService({ name: 'c', journal, port: a.ports[0] as number, script: 'healthy = false' })
    const events: RuntimeEvent[] = []
    const first = launch(supervisor, [unready], events).catch((error: unknown) => error)
    await vi.waitFor(() => expect(events.length).toBeGreaterThan(1), { timeout: 5000 })
    await expect(launch(supervisor, [b])).rejects.toMatchObject({ code: 'RT-LOCAL-010' })
    await askSupervisor(supervisor, { kind: 'stop' })
    expect(await first).toMatchObject({ code: 'RT-LOCAL-010' })
  })

  it('stops what a launch started, and ends, when the command that asked for it dies', async () => {
    const supervisor = await start()
    const unready = nodeService({ name: 'c', journal, port: b.ports[0] as number, script: 'healthy = false' })
    const gone = new AbortController()
    const events: RuntimeEvent[] = []
    const launching = askSupervisor(
      supervisor,
      { kind: 'launch', launch: {}, processes: [a, unready] },
      { signal: gone.signal, onEvent: (event) => events.push(event) },
    )
    const ended = expect(launching).rejects.toThrow('gone')
    await vi.waitFor(() => expect(readJournal(journal)).toContain('c listens'), { timeout: 5000 })
    gone.abort(new Error('gone'))
    await ended
    await untilGone(supervisor.supervisor)
    expect(
      readJournal(journal)
        .filter((line) => line.endsWith('stops'))
        .sort(),
    ).toEqual(['a stops', 'c stops'])
  })

  it('stops its services when the system asks it to end', async () => {
    const supervisor = await start()
    await launch(supervisor, [a, b])
    process.kill(supervisor.supervisor.pid, 'SIGTERM')
    await untilGone(supervisor.supervisor)
    expect(readJournal(journal).slice(-2)).toEqual(['b stops', 'a stops'])
  })

  it('takes a socket elsewhere when the path of the project is too long for one', async () => {
    const deep = join(projectDir, 'long-name-of-a-folder/'.repeat(6), 'local')
    mkdirSync(deep, { recursive: true })
    const supervisor = await start(deep)
    expect(supervisor.socket.startsWith(deep)).toBe(false)
    expect(statSync(join(supervisor.socket, '..')).mode & 0o777).toBe(0o700)
    await askSupervisor(supervisor, { kind: 'stop' })
    await untilGone(supervisor.supervisor)
    expect(existsSync(join(supervisor.socket, '..'))).toBe(false)
  })

  it('ignores a client that sends nonsense', async () => {
    const supervisor = await start()
    await new Promise<void>((resolve) => {
      const socket = connect(supervisor.socket, () => socket.write('{"kind":"format the disk"}\n'))
      socket.once('close', () => resolve())
    })
    expect(await askSupervisor(supervisor, { kind: 'inspect' })).toBeUndefined()
  })
})

it('a supervisor whose folder was removed stops its services and ends', async () => {
  const supervisor = await start()
  await launch(supervisor, [a, b])
  rmSync(localFolder, { recursive: true })
  await untilGone(supervisor.supervisor)
  expect(readJournal(journal).slice(-2)).toEqual(['b stops', 'a stops'])
})

describe('a supervisor that was killed', () => {
  const killed = async (processes: LocalProcess[]) => {
    const supervisor = await start()
    await launch(supervisor, processes)
    const { services } = readState(localFolder) as SupervisorState
    process.kill(supervisor.supervisor.pid, 'SIGKILL')
    await untilGone(supervisor.supervisor)
    return services
  }

  it('leaves services that the next look finds and ends in reverse order', async () => {
    const services = await killed([a, b])
    for (const service of services) expect(await isSameProcess(service)).toBe(true)
    expect(await createLocalRuntime({ projectDir }).inspect()).toBeUndefined()
    for (const service of services) expect(await isSameProcess(service)).toBe(false)
    expect(readJournal(journal).slice(-2)).toEqual(['b stops', 'a stops'])
    expect(readState(localFolder)).toBeUndefined()
  })

  it('has its services ended by down, which says so', async () => {
    await killed([a])
    const events: RuntimeEvent[] = []
    expect(await createLocalRuntime({ projectDir }).stop({ onEvent: (event) => events.push(event) })).toBe(
      true,
    )
    expect(events).toEqual([{ kind: 'note', text: expect.stringContaining('a was left behind') }])
    expect(await createLocalRuntime({ projectDir }).stop({ onEvent: () => undefined })).toBe(false)
  })

  it.runIf(process.platform === 'linux')('leaves no grandchild either', async () => {
    const script =
      "const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true }); note('child ' + child.pid)"
    await killed([nodeService({ name: 'c', journal, port: a.ports[0] as number, script })])
    const child = Number(
      readJournal(journal)
        .find((line) => line.includes('child'))
        ?.split(' ')
        .at(-1),
    )
    expect(await readProcess(child)).toBeDefined()
    await endOrphans(localFolder)
    expect(await readProcess(child)).toBeUndefined()
  })

  it('never has another process killed that has got one of its pids', async () => {
    mkdirSync(localFolder, { recursive: true })
    const stranger = { name: 'a', pid: process.pid, startToken: 'another start', graceMs: 100 }
    writeState(localFolder, {
      version: 1,
      supervisor: { pid: process.pid, startToken: 'another start' },
      socket: join(localFolder, 'none.sock'),
      services: [stranger],
    })
    expect(await endOrphans(localFolder)).toEqual([])
    expect(readState(localFolder)).toBeUndefined()
  })
})

describe('a supervisor that hangs', () => {
  it('does not keep down from ending its services', async () => {
    const supervisor = await start()
    await launch(supervisor, [a, b])
    const { services } = readState(localFolder) as SupervisorState
    process.kill(supervisor.supervisor.pid, 'SIGSTOP')
    expect(await createLocalRuntime({ projectDir }).stop({ onEvent: () => undefined })).toBe(true)
    for (const service of services) expect(await isSameProcess(service)).toBe(false)
    expect(await isSameProcess(supervisor.supervisor)).toBe(false)
  })
})

describe('control groups', async () => {
  const trial = await openStackGroups(join(tmpdir(), `radtune-trial-${process.pid}`))
  await trial.remove()

  it.skipIf(!trial.enforcing)(
    `go with the services that a killed supervisor leaves behind${trial.enforcing ? '' : ` (skipped: ${trial.how})`}`,
    async () => {
      const limits = { memoryBytes: 200_000_000, cpus: 0.5, reservedCpus: 0.1 }
      const supervisor = await start()
      await launch(supervisor, [
        { ...a, limits },
        { ...b, limits },
      ])
      const state = readState(localFolder)
      const groups = state?.groups ?? []
      expect(groups.length).toBeGreaterThan(0)
      for (const group of groups) expect(existsSync(join(group, 'b'))).toBe(true)
      process.kill(supervisor.supervisor.pid, 'SIGKILL')
      await untilGone(supervisor.supervisor)
      expect(await createLocalRuntime({ projectDir }).inspect()).toBeUndefined()
      for (const service of state?.services ?? []) expect(await isSameProcess(service)).toBe(false)
      for (const group of groups) expect(existsSync(group)).toBe(false)
    },
  )
})

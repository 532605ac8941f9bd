import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createGroupTree, type GroupTree } from '../../../test/local/group-tree.ts'
import { nodeService, readJournal } from '../../../test/local/node-service.ts'
import type { RuntimeEvent } from '../../ports/runtime.ts'
import { joinCommand } from './control-group.ts'
import { findFreePorts } from './free-ports.ts'
import { usualPatience } from './service.ts'
import { findStackFolders, openStackGroups, removeStackGroups, type StackGroups } from './stack-groups.ts'
import { Supervisor } from './supervisor.ts'

const MIB = 1024 * 1024

describe('the groups of a stack on a tree of cgroup v2', () => {
  let tree: GroupTree
  beforeEach(() => {
    tree = createGroupTree({
      'proc/self/cgroup': '0::/app\n',
      'sys/fs/cgroup/cgroup.controllers': 'cpu memory\n',
      'sys/fs/cgroup/app/cgroup.controllers': 'cpu memory\n',
      'sys/fs/cgroup/app/cgroup.subtree_control': 'cpu memory\n',
    })
  })
  afterEach(() => tree.close())

  it('are tried out, one per service below one for all, and removed together', async () => {
    const groups = await openStackGroups('/project/.radtune/local', tree.system)
    expect(groups).toMatchObject({ how: 'cgroup v2', enforcing: true })
    const [folder = ''] = groups.folders
    expect(folder).toMatch(/\/sys\/fs\/cgroup\/app\/radtune-[0-9a-f]{12}$/)
    expect(findStackFolders('/project/.radtune/local', tree.system)).toEqual([])
    expect(existsSync(folder)).toBe(false)

    groups.reserveCpus(2.7)
    groups.create('kafka')?.limitCpus(0.5)
    expect(readFileSync(join(folder, 'cpu.weight'), 'utf8')).toBe('270')
    expect(readFileSync(join(folder, 'cgroup.subtree_control'), 'utf8')).toBe('+cpu +memory')
    expect(readFileSync(join(folder, 'kafka', 'cpu.max'), 'utf8')).toBe('50000 100000')

    expect(findStackFolders('/project/.radtune/local', tree.system)).toEqual([folder])
    expect(findStackFolders('/other/.radtune/local', tree.system)).toEqual([])
    writeFileSync(join(folder, 'kafka', 'cgroup.procs'), '77\n')
    await groups.remove()
    expect(tree.killed).toContain(77)
    expect(existsSync(folder)).toBe(false)
  })

  it('are advice where none can be made, with the reason', async () => {
    const [folder = ''] = (await openStackGroups('/project/.radtune/local', tree.system)).folders
    writeFileSync(`${folder}-trial-${process.pid}`, 'in the way')
    const groups = await openStackGroups('/project/.radtune/local', tree.system)
    expect(groups.enforcing).toBe(false)
    expect(groups.how).toMatch(/^advisory: heap flags and niceness \(no control group can be made: E\w+ at /)
    expect(groups.create('kafka')).toBeUndefined()
  })
})

const obstacle = await findObstacle()

describe.skipIf(obstacle !== undefined)(
  `limits that the kernel enforces${obstacle ? ` (skipped: ${obstacle})` : ''}`,
  { timeout: 60_000 },
  () => {
    let folder: string
    let journal: string
    let groups: StackGroups
    let supervisor: Supervisor
    let port: number

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'radtune-limits-'))
    })
    afterAll(() => rmSync(folder, { recursive: true, force: true }))

    beforeEach(async () => {
      journal = join(folder, `journal-${crypto.randomUUID()}`)
      ;[port = 0] = await findFreePorts(1)
      groups = await openStackGroups(folder)
      supervisor = new Supervisor({
        localFolder: folder,
        workingFolder: folder,
        environment: { PATH: process.env.PATH ?? '' },
        patience: { ...usualPatience, readyPollMs: 20, healthPollMs: 50, firstBackoffMs: 50 },
        groups,
        onChange: () => undefined,
      })
    })
    afterEach(async () => {
      await supervisor.stop(() => undefined)
      for (const left of groups.folders) expect(existsSync(left)).toBe(false)
    })

    const limits = { memoryBytes: 200 * MIB, cpus: 0.5, reservedCpus: 0.25 }
    const service = (options: Partial<Parameters<typeof nodeService>[0]> = {}) =>
      nodeService({ name: 'a', journal, port, limits, ...options })
    const bring = (processes: ReturnType<typeof nodeService>[], events: RuntimeEvent[] = []) =>
      supervisor.bring(
        { launch: {}, processes },
        { signal: new AbortController().signal, onEvent: (event) => events.push(event) },
      )
    const state = () => supervisor.view()?.services[0]
    /** Program text that notes the CPU limit of its own group. */
    const noteQuota = () => {
      const file =
        groups.how === 'cgroup v1'
          ? `${groups.folders.find((path) => existsSync(join(path, '..', 'cpu.cfs_quota_us')))}/a/cpu.cfs_quota_us`
          : `${groups.folders[0]}/a/cpu.max`
      return `note('quota ' + require('node:fs').readFileSync(${JSON.stringify(file)}, 'utf8').trim());`
    }

    it('hold from the first instruction of a process, and for its children', async () => {
      const group = groups.create('a')
      const { command, args } = joinCommand(group?.joinFiles ?? [], 'sh', ['-c', 'cat /proc/self/cgroup'])
      const { stdout } = spawnSync(command, args, { encoding: 'utf8' })
      const name = groups.folders[0]?.split('/').at(-1)
      expect(stdout.split(`/${name}/a\n`).length - 1).toBe(groups.folders.length)
      await removeStackGroups(groups.folders)
    })

    it('are applied after the start-up, read back, and followed by use and throttling', async () => {
      const events: RuntimeEvent[] = []
      const seen: unknown[] = []
      const script = `${noteQuota()} setTimeout(() => { for (;;); }, 2000)`
      // So little that it is used up also on a busy machine.
      const little = { ...limits, cpus: 0.04 }
      await supervisor.bring(
        { launch: {}, processes: [service({ script, limits: little })] },
        {
          signal: new AbortController().signal,
          onEvent(event) {
            if (event.kind === 'service' && event.condition === 'healthy') seen.push(state()?.limits)
            events.push(event)
          },
        },
      )
      expect(seen).toEqual([
        {
          memoryBytes: limits.memoryBytes,
          cpus: 0.04,
          enforced: false,
          how: `${groups.how}, but CPU: not limited during the start-up`,
        },
      ])
      expect(readJournal(journal)).toContain(groups.how === 'cgroup v1' ? 'a quota -1' : 'a quota max 100000')
      expect(events.at(-1)).toEqual({ kind: 'limits', enforced: true, how: groups.how })
      expect(state()?.limits).toEqual({ memoryBytes: 200 * MIB, cpus: 0.04, enforced: true, how: groups.how })
      await vi.waitFor(
        async () => {
          await supervisor.sample()
          const { throttling, cpus, memoryBytes } = state() ?? {}
          expect(throttling?.known && throttling.value.throttledPeriods).toBeGreaterThan(3)
          expect(throttling?.known && throttling.value.recentShare).toBeGreaterThan(0.2)
          expect(cpus?.known && cpus.value).toBeGreaterThan(0)
          expect(memoryBytes?.known && memoryBytes.value).toBeLessThan(200 * MIB)
        },
        { timeout: 30_000, interval: 500 },
      )
    })

    it('change without a restart', async () => {
      await bring([service()])
      const pid = state()?.pid
      await bring([service({ limits: { memoryBytes: 300 * MIB, cpus: 0.75, reservedCpus: 0.5 } })])
      expect(state()).toMatchObject({ pid, limits: { memoryBytes: 300 * MIB, cpus: 0.75, enforced: true } })
      await bring([service()])
      expect(state()).toMatchObject({ pid, limits: { memoryBytes: 200 * MIB, cpus: 0.5, enforced: true } })
    })

    it('are lifted for a restart until the service is healthy again', async () => {
      await bring([service({ script: noteQuota() })])
      process.kill(state()?.pid as number, 'SIGKILL')
      await vi.waitFor(
        () =>
          expect(state()).toMatchObject({ condition: 'healthy', restarts: 1, limits: { enforced: true } }),
        { timeout: 20_000 },
      )
      const quotas = readJournal(journal).filter((line) => line.includes('quota'))
      expect(quotas).toHaveLength(2)
      expect(new Set(quotas).size).toBe(1)
      expect(state()?.exit).toEqual({ code: null, signal: 'SIGKILL', outOfMemory: false })
    })

    it('kill what takes more memory, and it is told from every other kill', async () => {
      const script = 'const held = []; for (;;) held.push(Buffer.alloc(4 * 1024 * 1024, 1))'
      const tight = { memoryBytes: 96 * MIB, cpus: 0.5, reservedCpus: 0.25 }
      const failure = await bring([service({ script, limits: tight })]).catch((error: unknown) => error)
      expect(failure).toMatchObject({
        code: 'RT-UP-003',
        message: 'a is killed for memory',
        why: expect.stringContaining('killed by the kernel, out of memory: used 96 MiB of 96 MiB'),
      })
      expect(state()?.exit).toEqual({ code: null, signal: 'SIGKILL', outOfMemory: true })
    })
  },
)

/** Why the kernel enforces nothing here; undefined when it does. */
async function findObstacle(): Promise<string | undefined> {
  const groups = await openStackGroups(join(tmpdir(), `radtune-obstacle-${process.pid}`))
  await groups.remove()
  return groups.enforcing ? undefined : groups.how
}

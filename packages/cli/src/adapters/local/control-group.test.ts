import { mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { createGroupTree, type GroupTree } from '../../../test/local/group-tree.ts'
import { findGroupPlace } from './control-group-place.ts'
import { createControlGroupV1 } from './control-group-v1.ts'
import { createControlGroupV2 } from './control-group-v2.ts'

const MIB = 1024 * 1024

let tree: GroupTree

afterEach(() => tree.close())

const treeOf = (files: Record<string, string>) => {
  tree = createGroupTree(files)
  return tree
}

describe('where groups are made', () => {
  it('is below the own group, and not told by a cgroup2 mount without controllers', () => {
    const { system, path } = treeOf({
      'proc/self/cgroup': '4:memory:/jobs/7\n2:cpuacct,cpu:/\n0::/\n',
      'sys/fs/cgroup/unified/cgroup.controllers': '',
      'sys/fs/cgroup/memory/cgroup.procs': '',
      'sys/fs/cgroup/memory/jobs/7/cgroup.procs': '',
      'sys/fs/cgroup/cpu,cpuacct/cgroup.procs': '',
    })
    symlinkSync('cpu,cpuacct', path('sys/fs/cgroup/cpu'))
    symlinkSync('cpu,cpuacct', path('sys/fs/cgroup/cpuacct'))
    expect(findGroupPlace(system)).toEqual({
      kind: 'v1',
      parents: {
        cpu: path('sys/fs/cgroup/cpu,cpuacct'),
        memory: path('sys/fs/cgroup/memory/jobs/7'),
        cpuacct: path('sys/fs/cgroup/cpu,cpuacct'),
      },
    })
  })

  it('is the mount itself where the path of the host does not exist below it', () => {
    const { system, path } = treeOf({
      'proc/self/cgroup': '4:memory:/docker/1\n2:cpu:/docker/1\n',
      'sys/fs/cgroup/memory/cgroup.procs': '',
      'sys/fs/cgroup/cpu/cgroup.procs': '',
    })
    expect(findGroupPlace(system)).toMatchObject({ parents: { memory: path('sys/fs/cgroup/memory') } })
  })

  const unified = {
    'proc/self/cgroup': '0::/user/app/scope\n',
    'sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory pids\n',
    'sys/fs/cgroup/cgroup.subtree_control': 'cpu memory pids\n',
    'sys/fs/cgroup/user/cgroup.controllers': 'cpu memory pids\n',
    'sys/fs/cgroup/user/cgroup.subtree_control': 'cpu memory\n',
    'sys/fs/cgroup/user/app/cgroup.controllers': 'cpu memory\n',
    'sys/fs/cgroup/user/app/cgroup.subtree_control': 'cpu memory\n',
    'sys/fs/cgroup/user/app/scope/cgroup.controllers': 'cpu memory\n',
  }

  it('is the nearest group of v2 that hands its controllers on', () => {
    const { system, path, read } = treeOf(unified)
    // A group that holds processes refuses to hand on; here the file cannot be written.
    mkdirSync(path('sys/fs/cgroup/user/app/scope/cgroup.subtree_control'))
    expect(findGroupPlace(system)).toEqual({ kind: 'v2', parent: path('sys/fs/cgroup/user/app') })
    tree.write({ 'sys/fs/cgroup/user/app/cgroup.subtree_control': '' })
    expect(findGroupPlace(system)).toEqual({ kind: 'v2', parent: path('sys/fs/cgroup/user/app') })
    expect(read('sys/fs/cgroup/user/app/cgroup.subtree_control')).toBe('+cpu +memory')
  })

  it('never escapes a limit of the own group', () => {
    const { system, path } = treeOf({ ...unified, 'sys/fs/cgroup/user/app/scope/memory.max': '1073741824\n' })
    mkdirSync(path('sys/fs/cgroup/user/app/scope/cgroup.subtree_control'))
    expect(findGroupPlace(system)).toMatchObject({
      kind: 'none',
      why: expect.stringContaining('its limits hold for everything in it'),
    })
  })

  it('says what is missing where there is none', () => {
    const { system } = treeOf({ 'proc/self/cgroup': '' })
    expect(findGroupPlace(system)).toEqual({ kind: 'none', why: 'this system has no control groups' })
    tree.write({ 'sys/fs/cgroup/memory/cgroup.procs': '' })
    expect(findGroupPlace(system)).toEqual({ kind: 'none', why: 'the cpu controller is not mounted' })
  })
})

describe('a group of v2', () => {
  it('writes limits, and reads back what the files then say', () => {
    const { system, path, read } = treeOf({ 'g/memory.swap.max': 'max\n' })
    const group = createControlGroupV2(system, path('g'))
    group.limitMemory(512 * MIB)
    group.limitCpus(0.5)
    group.reserveCpus(0.3)
    expect(read('g/memory.max')).toBe(String(512 * MIB))
    expect(read('g/memory.swap.max')).toBe('0')
    expect(read('g/cpu.max')).toBe('50000 100000')
    expect(read('g/cpu.weight')).toBe('30')
    // The kernel rounds to pages and has its own idea of a quota.
    tree.write({ 'g/memory.max': '536866816\n', 'g/cpu.max': '49999 100000\n' })
    expect(group.read()).toMatchObject({ memoryLimitBytes: 536_866_816, cpuLimit: 0.49999 })
    group.limitCpus(undefined)
    expect(read('g/cpu.max')).toBe('max 100000')
    expect(group.read().cpuLimit).toBeUndefined()
  })

  it('reads use, throttling and kills', () => {
    const { system, path } = treeOf({
      'g/memory.current': '104857600\n',
      'g/memory.stat': 'anon 1\ninactive_file 4857600\nactive_file 9\n',
      'g/memory.events': 'low 0\nhigh 0\nmax 12\noom 2\noom_kill 1\noom_group_kill 0\n',
      'g/memory.peak': '209715200\n',
      'g/cpu.stat':
        'usage_usec 5000000\nuser_usec 1\nsystem_usec 1\nnr_periods 100\nnr_throttled 40\nthrottled_usec 1500000\n',
    })
    expect(createControlGroupV2(system, path('g')).read()).toMatchObject({
      workingSetBytes: 100_000_000,
      cpuMs: 5000,
      throttling: { periods: 100, throttledPeriods: 40, throttledMs: 1500 },
      memoryKills: 1,
      limitHits: 12,
      peakBytes: 209_715_200,
    })
  })

  it('says why a limit was refused, until it is taken', () => {
    const { system, path } = treeOf({})
    mkdirSync(path('g/cpu.max'), { recursive: true })
    const group = createControlGroupV2(system, path('g'))
    group.limitCpus(1)
    expect(group.refusal).toBe('cpu.max = 100000 100000: EISDIR')
    group.limitMemory(MIB)
    expect(group.refusal).toContain('cpu.max')
  })
})

describe('a group of v1', () => {
  it('writes limits with swap and shares, and reads use, throttling and kills', () => {
    const { system, path, read } = treeOf({
      'memory/g/memory.memsw.limit_in_bytes': '9223372036854771712\n',
      'memory/g/memory.usage_in_bytes': '104857600\n',
      'memory/g/memory.stat': 'inactive_file 1\ntotal_inactive_file 4857600\n',
      'memory/g/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 3\n',
      'memory/g/memory.failcnt': '7\n',
      'cpu/g/cpu.stat': 'nr_periods 10\nnr_throttled 4\nthrottled_time 150000000\n',
      'cpuacct/g/cpuacct.usage': '2500000000\n',
    })
    const folders = { cpu: path('cpu/g'), memory: path('memory/g'), cpuacct: path('cpuacct/g') }
    const group = createControlGroupV1(system, folders)
    group.limitMemory(256 * MIB)
    group.limitCpus(1.5)
    group.reserveCpus(0.3)
    expect(read('memory/g/memory.limit_in_bytes')).toBe(String(256 * MIB))
    expect(read('memory/g/memory.memsw.limit_in_bytes')).toBe(String(256 * MIB))
    expect(read('cpu/g/cpu.cfs_quota_us')).toBe('150000')
    expect(read('cpu/g/cpu.shares')).toBe('307')
    expect(group.read()).toEqual({
      memoryLimitBytes: 256 * MIB,
      cpuLimit: 1.5,
      workingSetBytes: 100_000_000,
      cpuMs: 2500,
      throttling: { periods: 10, throttledPeriods: 4, throttledMs: 150 },
      memoryKills: 3,
      limitHits: 7,
      peakBytes: undefined,
    })
    tree.write({
      'memory/g/memory.limit_in_bytes': '9223372036854771712\n',
      'cpu/g/cpu.cfs_quota_us': '-1\n',
    })
    expect(group.read()).toMatchObject({ memoryLimitBytes: undefined, cpuLimit: undefined })
  })

  it('kills what is left in it before it goes', async () => {
    const { system, path, killed } = treeOf({
      'cpu/g/cgroup.procs': '41\n42\n',
      'memory/g/cgroup.procs': '41\n',
    })
    const group = createControlGroupV1(system, {
      cpu: path('cpu/g'),
      memory: path('memory/g'),
      cpuacct: undefined,
    })
    await group.remove()
    expect(killed).toEqual([41, 42, 41])
    expect(readdirSync(path('cpu'))).toEqual([])
    await group.remove()
  })
})

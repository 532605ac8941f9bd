import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findOwnGroup } from './control-group.ts'

const PARENT = 77
let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'radtune-group-'))
})
afterEach(() => rmSync(root, { recursive: true }))

function write(files: Record<string, string | number>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), `${text}\n`)
  }
}

const read = (parentPid = PARENT) => findOwnGroup({ root, parentPid })?.()

/** Of v2, in the folder where this process is. */
const v2 = (folder: string) => ({
  'sys/fs/cgroup/cgroup.controllers': 'cpu io memory pids',
  [`${folder}/cgroup.procs`]: '88\n89',
  [`${folder}/memory.max`]: 536_870_912,
  [`${folder}/memory.current`]: 300_000_000,
  [`${folder}/memory.stat`]: 'anon 1\ninactive_file 100000000\nactive_file 5',
  [`${folder}/cpu.max`]: '30000 100000',
  [`${folder}/cpu.stat`]: 'usage_usec 2500000\nnr_periods 40\nnr_throttled 4\nthrottled_usec 9',
})
const STATS = {
  cpuLimit: 0.3,
  memoryLimitBytes: 536_870_912,
  workingSetBytes: 200_000_000,
  cpuMs: 2500,
  throttling: { periods: 40, throttledPeriods: 4 },
}

describe('cgroup v2', () => {
  test('the group that a supervisor has made for the service', () => {
    write({ 'proc/self/cgroup': '0::/radtune/backend', ...v2('sys/fs/cgroup/radtune/backend') })
    expect(read()).toEqual(STATS)
  })

  test('a container, whose group is the root of what it sees, with an init or without', () => {
    write({ 'proc/self/cgroup': '0::/', ...v2('sys/fs/cgroup'), 'sys/fs/cgroup/cgroup.procs': '1\n8' })
    expect(read(0)).toEqual(STATS)
    expect(read(1)).toEqual(STATS)
  })

  test('no limit is null, and so is what is not told', () => {
    write({ 'proc/self/cgroup': '0::/own', ...v2('sys/fs/cgroup/own') })
    write({ 'sys/fs/cgroup/own/memory.max': 'max', 'sys/fs/cgroup/own/cpu.max': 'max 100000' })
    rmSync(join(root, 'sys/fs/cgroup/own/memory.current'))
    expect(read()).toMatchObject({ cpuLimit: null, memoryLimitBytes: null, workingSetBytes: null })
  })

  test('the group that the parent is in too is not its own: it counts others', () => {
    write({ 'proc/self/cgroup': '0::/user', ...v2('sys/fs/cgroup/user') })
    write({ 'sys/fs/cgroup/user/cgroup.procs': `88\n${PARENT}` })
    expect(read()).toBeUndefined()
  })
})

describe('cgroup v1', () => {
  const v1 = (path: string) => ({
    'proc/self/cgroup': ['memory', 'cpu', 'cpuacct'].map((name, n) => `${n + 1}:${name}:${path}`).join('\n'),
    [`sys/fs/cgroup/memory${path}/cgroup.procs`]: '88',
    [`sys/fs/cgroup/memory${path}/memory.limit_in_bytes`]: 536_870_912,
    [`sys/fs/cgroup/memory${path}/memory.usage_in_bytes`]: 300_000_000,
    [`sys/fs/cgroup/memory${path}/memory.stat`]: 'cache 1\ntotal_inactive_file 100000000',
    [`sys/fs/cgroup/cpu${path}/cgroup.procs`]: '88',
    [`sys/fs/cgroup/cpu${path}/cpu.cfs_quota_us`]: 30_000,
    [`sys/fs/cgroup/cpu${path}/cpu.cfs_period_us`]: 100_000,
    [`sys/fs/cgroup/cpu${path}/cpu.stat`]: 'nr_periods 40\nnr_throttled 4\nthrottled_time 9',
    [`sys/fs/cgroup/cpuacct${path}/cgroup.procs`]: '88',
    [`sys/fs/cgroup/cpuacct${path}/cpuacct.usage`]: 2_500_000_000,
  })

  test('one group in each hierarchy', () => {
    write(v1('/radtune/backend'))
    expect(read()).toEqual(STATS)
  })

  test('a container that is told the path of the host sees its group as the root', () => {
    write(v1(''))
    write({ 'proc/self/cgroup': '4:memory:/docker/abc\n2:cpuacct:/docker/abc\n1:cpu:/docker/abc' })
    expect(read(0)).toEqual(STATS)
  })

  test('no limits, as the kernel writes them', () => {
    write(v1('/own'))
    write({
      'sys/fs/cgroup/memory/own/memory.limit_in_bytes': '9223372036854771712',
      'sys/fs/cgroup/cpu/own/cpu.cfs_quota_us': -1,
    })
    expect(read()).toMatchObject({ cpuLimit: null, memoryLimitBytes: null })
  })
})

test('a system without control groups has none', () => {
  expect(read()).toBeUndefined()
})

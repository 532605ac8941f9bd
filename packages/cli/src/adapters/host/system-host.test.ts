import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSystemHost } from './system-host.ts'

const GIB = 1024 ** 3
let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'radtune-host-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

/** A tree of the files that the kernel shows. */
const place = (files: Record<string, string>) => {
  const all = {
    'proc/meminfo': 'MemTotal:       16777216 kB\nMemFree: 1 kB\nMemAvailable:    8388608 kB\n',
    ...files,
  }
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return createSystemHost({ root }).facts()
}

const machine = { cpus: availableParallelism(), memoryBytes: 16 * GIB, availableMemoryBytes: 8 * GIB }

describe('createSystemHost', () => {
  it('is the machine where nothing is limited', async () => {
    expect(await place({})).toMatchObject(machine)
  })

  it('knows what tells it from other machines', async () => {
    const { cpuModel, kernel, arch } = await createSystemHost().identity()
    expect(cpuModel).not.toBe('')
    expect(kernel).toMatch(/^\w+ \d+\.\d+$/)
    expect(arch).toBe(process.arch)
  })

  it('respects cgroup v2, the tightest group upwards', async () => {
    const facts = await place({
      'proc/self/cgroup': '0::/user/radtune\n',
      'sys/fs/cgroup/cgroup.controllers': 'cpu memory',
      'sys/fs/cgroup/user/cpu.max': '50000 100000\n',
      'sys/fs/cgroup/user/memory.max': `${4 * GIB}\n`,
      'sys/fs/cgroup/user/memory.current': `${3 * GIB}\n`,
      'sys/fs/cgroup/user/memory.stat': `anon 1\ninactive_file ${GIB}\n`,
      'sys/fs/cgroup/user/radtune/cpu.max': 'max 100000\n',
      'sys/fs/cgroup/user/radtune/memory.max': 'max\n',
    })
    expect(facts).toMatchObject({ cpus: 0.5, memoryBytes: 4 * GIB, availableMemoryBytes: 2 * GIB })
  })

  it('finds the limits of a container at the mount, where the path of the host does not exist', async () => {
    const facts = await place({
      'proc/self/cgroup': '0::/system.slice/docker-1234.scope\n',
      'sys/fs/cgroup/cgroup.controllers': 'cpu memory',
      'sys/fs/cgroup/cpu.max': '100000 100000\n',
      'sys/fs/cgroup/memory.max': `${2 * GIB}\n`,
    })
    expect(facts).toMatchObject({ cpus: 1, memoryBytes: 2 * GIB })
  })

  it('respects cgroup v1, also where a cgroup2 is mounted beside it', async () => {
    const facts = await place({
      'proc/self/cgroup': '12:cpu,cpuacct:/box\n5:memory:/box\n0::/\n',
      'sys/fs/cgroup/unified/cgroup.controllers': '',
      'sys/fs/cgroup/cpu/box/cpu.cfs_quota_us': '25000\n',
      'sys/fs/cgroup/cpu/box/cpu.cfs_period_us': '100000\n',
      'sys/fs/cgroup/memory/box/memory.limit_in_bytes': `${GIB}\n`,
      'sys/fs/cgroup/memory/box/memory.usage_in_bytes': `${GIB / 2}\n`,
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    })
    expect(facts).toMatchObject({ cpus: 0.25, memoryBytes: GIB, availableMemoryBytes: GIB / 2 })
  })

  it('takes unlimited values of cgroup v1 for none', async () => {
    const facts = await place({
      'proc/self/cgroup': '12:cpu,cpuacct:/\n5:memory:/\n',
      'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
      'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    })
    expect(facts).toMatchObject(machine)
  })

  it('tells how busy this machine is', async () => {
    const { cpus, cpuShare, perCore, memoryBytes, usedBytes } = await createSystemHost().load()
    expect(cpus).toBeGreaterThan(0)
    for (const share of [cpuShare, ...perCore]) expect(share).toBeGreaterThanOrEqual(0)
    expect(perCore).toHaveLength(availableParallelism())
    expect(usedBytes).toBeGreaterThan(0)
    expect(usedBytes).toBeLessThanOrEqual(memoryBytes)
  })

  it('tells how busy its group is where that is limited', async () => {
    const group = 'sys/fs/cgroup/user'
    const write = (cpuMs: number) =>
      writeFileSync(join(root, group, 'cpu.stat'), `usage_usec ${cpuMs * 1000}\nuser_usec 1\n`)
    await place({
      'proc/self/cgroup': '0::/user\n',
      'sys/fs/cgroup/cgroup.controllers': 'cpu memory',
      [`${group}/cpu.max`]: '20000 100000\n',
      [`${group}/memory.max`]: `${GIB}\n`,
      [`${group}/memory.current`]: `${GIB / 4}\n`,
      [`${group}/cpu.stat`]: 'usage_usec 0\n',
    })
    const host = createSystemHost({ root })
    expect(await host.load()).toMatchObject({ cpus: 0.2, cpuShare: 0, usedBytes: GIB / 4 })
    write(20)
    expect((await host.load()).cpuShare).toBeGreaterThan(0)
    expect((await host.load()).cpuShare).toBe(0)
  })

  it('reads this machine', async () => {
    const facts = await createSystemHost().facts()
    expect(facts.cpus).toBeGreaterThan(0)
    expect(facts.availableMemoryBytes).toBeLessThanOrEqual(facts.memoryBytes)
  })
})

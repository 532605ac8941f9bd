import { readFile } from 'node:fs/promises'
import { arch, availableParallelism, cpus, freemem, release, totalmem, type } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Host, HostFacts } from '../../ports/host.ts'

/** A limit above this is how cgroup v1 writes "none" (2^63 rounded down to a page). */
const UNLIMITED_BYTES = 2 ** 60

/** Reads the machine, and the cgroup limits of the place that radtune runs in. `root` stands in for `/` in tests. */
export function createSystemHost({ root = '/' }: { root?: string } = {}): Host {
  return {
    async facts() {
      const [memory, cgroup] = await Promise.all([machineMemory(root), cgroupLimits(root)])
      return {
        ...sizeOf([memory, cgroup]),
        platform: process.platform,
        machine: { cpus: availableParallelism(), memoryBytes: memory.totalBytes },
        ...limitsOf(cgroup),
      }
    },
    identity: async () => ({
      cpuModel: cpus()[0]?.model.trim() || 'an unnamed CPU',
      kernel: `${type()} ${release().split('.').slice(0, 2).join('.')}`,
      arch: arch(),
    }),
    load: createLoadMeter(root),
  }
}

function sizeOf([memory, cgroup]: [Awaited<ReturnType<typeof machineMemory>>, CgroupLimits]) {
  const memoryBytes = Math.min(memory.totalBytes, cgroup.memoryBytes ?? Number.POSITIVE_INFINITY)
  const freeInGroup =
    cgroup.memoryBytes === undefined ? Number.POSITIVE_INFINITY : cgroup.memoryBytes - (cgroup.usedBytes ?? 0)
  return {
    cpus: Math.min(availableParallelism(), cgroup.cpus ?? Number.POSITIVE_INFINITY),
    memoryBytes,
    availableMemoryBytes: Math.max(0, Math.min(memory.availableBytes, freeInGroup, memoryBytes)),
  }
}

/** A first answer needs a moment to compare with. */
const FIRST_MOMENT_MS = 100
/** Whether there is a limit at all is looked at this often: that reads two dozen files. */
const UNLIMITED_FOR_MS = 30_000

/** CPU in use since the call before: of the whole machine, or of our own group where that is limited to less; and memory. */
function createLoadMeter(root: string): Host['load'] {
  let before: { at: number; cores: CoreTimes[]; groupMs: number | undefined } | undefined
  let unlimitedAt: number | undefined

  async function limits(): Promise<CgroupLimits> {
    if (unlimitedAt !== undefined && performance.now() - unlimitedAt < UNLIMITED_FOR_MS) return UNLIMITED
    const found = await cgroupLimits(root)
    const limited = found.cpus !== undefined || found.memoryBytes !== undefined
    unlimitedAt = limited ? undefined : performance.now()
    return found
  }

  return async () => {
    if (!before) {
      before = { at: performance.now(), cores: coreTimes(), groupMs: (await limits()).cpuMs }
      await delay(FIRST_MOMENT_MS)
    }
    const [memory, group] = await Promise.all([machineMemory(root), limits()])
    const now = { at: performance.now(), cores: coreTimes(), groupMs: group.cpuMs }
    const { cpus, memoryBytes, availableMemoryBytes } = sizeOf([memory, group])
    const perCore = now.cores.map((core, index) => busyShare(before?.cores[index], core))
    const elapsedMs = now.at - before.at
    const groupMs =
      now.groupMs === undefined || before.groupMs === undefined ? undefined : now.groupMs - before.groupMs
    before = now
    const ofMachine = perCore.reduce((sum, share) => sum + share, 0) / Math.max(1, perCore.length)
    const ofGroup = cpus < availableParallelism() && groupMs !== undefined && elapsedMs > 0
    return {
      cpus,
      cpuShare: ofGroup ? Math.max(0, groupMs) / elapsedMs / cpus : ofMachine,
      perCore,
      memoryBytes,
      usedBytes: memoryBytes - availableMemoryBytes,
    }
  }
}

interface CoreTimes {
  busyMs: number
  allMs: number
}

function coreTimes(): CoreTimes[] {
  return cpus().map(({ times: { user, nice, sys, irq, idle } }) => {
    const busyMs = user + nice + sys + irq
    return { busyMs, allMs: busyMs + idle }
  })
}

function busyShare(before: CoreTimes | undefined, now: CoreTimes): number {
  const allMs = now.allMs - (before?.allMs ?? 0)
  return allMs > 0 ? Math.max(0, now.busyMs - (before?.busyMs ?? 0)) / allMs : 0
}

async function machineMemory(root: string): Promise<{ totalBytes: number; availableBytes: number }> {
  const text = await readText(join(root, 'proc/meminfo'))
  const bytes = (name: string) => {
    const match = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text ?? '')
    return match ? Number(match[1]) * 1024 : undefined
  }
  return { totalBytes: bytes('MemTotal') ?? totalmem(), availableBytes: bytes('MemAvailable') ?? freemem() }
}

function limitsOf({ how, cpus, memoryBytes }: CgroupLimits): Pick<HostFacts, 'limits'> {
  if (cpus === undefined && memoryBytes === undefined) return {}
  return {
    limits: {
      how,
      ...(cpus === undefined ? {} : { cpus }),
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
    },
  }
}

interface CgroupLimits {
  how: 'cgroup v1' | 'cgroup v2'
  /** Undefined: not limited. */
  cpus: number | undefined
  /** CPU time of the group that sets that limit. */
  cpuMs: number | undefined
  memoryBytes: number | undefined
  usedBytes: number | undefined
}

const UNLIMITED: CgroupLimits = {
  how: 'cgroup v1',
  cpus: undefined,
  cpuMs: undefined,
  memoryBytes: undefined,
  usedBytes: undefined,
}

/** The tightest limits from our own cgroup up to the root: each ancestor's limit holds as well. */
async function cgroupLimits(root: string): Promise<CgroupLimits> {
  const limits: CgroupLimits = { ...UNLIMITED }
  const text = await readText(join(root, 'proc/self/cgroup'))
  if (text === undefined) return limits
  const mount = join(root, 'sys/fs/cgroup')
  const unified = (await readText(join(mount, 'cgroup.controllers'))) !== undefined
  if (unified) limits.how = 'cgroup v2'
  for (const line of text.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.+)$/.exec(line) ?? []
    if (controllers === undefined || path === undefined) continue
    if (unified && controllers === '') {
      for (const folder of upwards(mount, path)) tighten(limits, await readUnified(folder))
    } else if (!unified) {
      const names = controllers.split(',')
      for (const name of ['cpu', 'memory'] as const) {
        if (!names.includes(name)) continue
        for (const folder of upwards(join(mount, name), path)) {
          tighten(limits, name === 'cpu' ? await readCpuV1(folder) : await readMemoryV1(folder))
        }
      }
    }
  }
  return limits
}

/** In a container with its own mount the path from /proc may not exist below it; the mount itself then is our group. */
function upwards(mount: string, path: string): string[] {
  const folders: string[] = []
  for (let at = path; ; at = dirname(at)) {
    folders.push(join(mount, at))
    if (at === '/' || at === '.') return folders
  }
}

async function readUnified(folder: string): Promise<Partial<CgroupLimits>> {
  const [quota, period] = ((await readText(join(folder, 'cpu.max'))) ?? 'max').trim().split(/\s+/)
  return {
    cpus: quota === 'max' ? undefined : ratio(Number(quota), Number(period ?? 100_000)),
    cpuMs: numberIn(/^usage_usec (\d+)$/m.exec((await readText(join(folder, 'cpu.stat'))) ?? '')?.[1], 1e-3),
    ...(await readMemory(folder, 'memory.max', 'memory.current', 'inactive_file')),
  }
}

async function readCpuV1(folder: string): Promise<Partial<CgroupLimits>> {
  const quota = Number((await readText(join(folder, 'cpu.cfs_quota_us'))) ?? -1)
  const period = Number((await readText(join(folder, 'cpu.cfs_period_us'))) ?? 100_000)
  return {
    cpus: quota > 0 ? ratio(quota, period) : undefined,
    cpuMs: numberIn(await readText(join(folder, 'cpuacct.usage')), 1e-6),
  }
}

function readMemoryV1(folder: string): Promise<Partial<CgroupLimits>> {
  return readMemory(folder, 'memory.limit_in_bytes', 'memory.usage_in_bytes', 'total_inactive_file')
}

async function readMemory(
  folder: string,
  limitFile: string,
  usageFile: string,
  reclaimable: string,
): Promise<Partial<CgroupLimits>> {
  const limit = Number((await readText(join(folder, limitFile)))?.trim())
  if (!Number.isFinite(limit) || limit >= UNLIMITED_BYTES) return {}
  const usage = Number((await readText(join(folder, usageFile)))?.trim() ?? 0)
  const stat = (await readText(join(folder, 'memory.stat'))) ?? ''
  const inactive = Number(new RegExp(`^${reclaimable} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0)
  return { memoryBytes: limit, usedBytes: Math.max(0, usage - inactive) }
}

function tighten(limits: CgroupLimits, found: Partial<CgroupLimits>): void {
  if (found.cpus !== undefined && found.cpus < (limits.cpus ?? Number.POSITIVE_INFINITY)) {
    limits.cpus = found.cpus
    limits.cpuMs = found.cpuMs
  }
  if (
    found.memoryBytes !== undefined &&
    found.memoryBytes < (limits.memoryBytes ?? Number.POSITIVE_INFINITY)
  ) {
    limits.memoryBytes = found.memoryBytes
    limits.usedBytes = found.usedBytes
  }
}

function ratio(quota: number, period: number): number | undefined {
  return quota > 0 && period > 0 ? quota / period : undefined
}

function numberIn(text: string | undefined, factor: number): number | undefined {
  const value = Number(text?.trim() || Number.NaN)
  return Number.isFinite(value) ? value * factor : undefined
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return undefined
  }
}

import { readFile } from 'node:fs/promises'
import { availableParallelism, freemem, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import type { Host, HostFacts } from '../../ports/host.ts'

/** A limit above this is how cgroup v1 writes "none" (2^63 rounded down to a page). */
const UNLIMITED_BYTES = 2 ** 60

/** Reads the machine, and the cgroup limits of the place that radtune runs in. `root` stands in for `/` in tests. */
export function createSystemHost({ root = '/' }: { root?: string } = {}): Host {
  return {
    async facts() {
      const [memory, cgroup] = await Promise.all([machineMemory(root), cgroupLimits(root)])
      const cpus = Math.min(availableParallelism(), cgroup.cpus ?? Number.POSITIVE_INFINITY)
      const memoryBytes = Math.min(memory.totalBytes, cgroup.memoryBytes ?? Number.POSITIVE_INFINITY)
      const freeInGroup =
        cgroup.memoryBytes === undefined
          ? Number.POSITIVE_INFINITY
          : cgroup.memoryBytes - (cgroup.usedBytes ?? 0)
      return {
        cpus,
        memoryBytes,
        availableMemoryBytes: Math.max(0, Math.min(memory.availableBytes, freeInGroup, memoryBytes)),
        platform: process.platform,
        machine: { cpus: availableParallelism(), memoryBytes: memory.totalBytes },
        ...limitsOf(cgroup),
      }
    },
  }
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
  memoryBytes: number | undefined
  usedBytes: number | undefined
}

/** The tightest limits from our own cgroup up to the root: each ancestor's limit holds as well. */
async function cgroupLimits(root: string): Promise<CgroupLimits> {
  const limits: CgroupLimits = {
    how: 'cgroup v1',
    cpus: undefined,
    memoryBytes: undefined,
    usedBytes: undefined,
  }
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
    ...(await readMemory(folder, 'memory.max', 'memory.current', 'inactive_file')),
  }
}

async function readCpuV1(folder: string): Promise<Partial<CgroupLimits>> {
  const quota = Number((await readText(join(folder, 'cpu.cfs_quota_us'))) ?? -1)
  const period = Number((await readText(join(folder, 'cpu.cfs_period_us'))) ?? 100_000)
  return { cpus: quota > 0 ? ratio(quota, period) : undefined }
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
  if (found.cpus !== undefined && found.cpus < (limits.cpus ?? Number.POSITIVE_INFINITY))
    limits.cpus = found.cpus
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

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return undefined
  }
}

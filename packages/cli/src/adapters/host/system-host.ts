import { readFile } from 'node:fs/promises'
import { availableParallelism, freemem, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Host } from '../../ports/host.ts'

/** A limit above this is how cgroup v1 writes "none" (2^63 rounded down to a page). */
const UNLIMITED_BYTES = 2 ** 60

/** Reads the machine, and the cgroup limits of the place that radtune runs in. `root` stands in for `/` in tests. */
export function createSystemHost({ root = '/' }: { root?: string } = {}): Host {
  const measureLoad = createLoadMeter(root)
  const host: Host = {
    async load() {
      const { memoryBytes, availableMemoryBytes } = await host.facts()
      return { ...(await measureLoad()), memoryBytes, usedBytes: memoryBytes - availableMemoryBytes }
    },
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
      }
    },
  }
  return host
}

/** `currentLoad` counts from its last call on, and from the boot the first time. */
const FIRST_MOMENT_MS = 250

/**
 * CPU in use since the call before: of the whole machine, or of our own group where that is limited to less. Loads the library when
 * it is called.
 */
function createLoadMeter(root: string): () => Promise<{ cpus: number; cpuShare: number; perCore: number[] }> {
  let before: { at: number; cpuMs: number | undefined } | undefined
  return async () => {
    const { currentLoad } = await import('systeminformation')
    if (!before) {
      await currentLoad()
      before = { at: performance.now(), cpuMs: (await cgroupLimits(root)).cpuMs }
      await delay(FIRST_MOMENT_MS)
    }
    const [load, group] = await Promise.all([currentLoad(), cgroupLimits(root)])
    const at = performance.now()
    const machine = { cpus: availableParallelism(), cpuShare: load.currentLoad / 100 }
    const perCore = load.cpus.map((core) => core.load / 100)
    const { cpus = machine.cpus, cpuMs } = group
    const usedMs = cpuMs === undefined || before.cpuMs === undefined ? undefined : cpuMs - before.cpuMs
    const elapsedMs = at - before.at
    before = { at, cpuMs }
    if (cpus >= machine.cpus || usedMs === undefined || elapsedMs <= 0) return { ...machine, perCore }
    return { cpus, cpuShare: Math.max(0, usedMs) / elapsedMs / cpus, perCore }
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

interface CgroupLimits {
  /** Undefined: not limited. */
  cpus: number | undefined
  /** CPU time of the group that sets that limit. */
  cpuMs: number | undefined
  memoryBytes: number | undefined
  usedBytes: number | undefined
}

/** The tightest limits from our own cgroup up to the root: each ancestor's limit holds as well. */
async function cgroupLimits(root: string): Promise<CgroupLimits> {
  const limits: CgroupLimits = {
    cpus: undefined,
    cpuMs: undefined,
    memoryBytes: undefined,
    usedBytes: undefined,
  }
  const text = await readText(join(root, 'proc/self/cgroup'))
  if (text === undefined) return limits
  const mount = join(root, 'sys/fs/cgroup')
  const unified = (await readText(join(mount, 'cgroup.controllers'))) !== undefined
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

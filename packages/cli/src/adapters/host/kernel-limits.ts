import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { known, type Reading, unknown } from '@radtune/core/metrics'
import type { ProcessLimits } from '../../ports/runtime.ts'

/** A memory limit above this is how cgroup v1 writes "none" (2^63 rounded down to a page). */
const UNLIMITED_BYTES = 2 ** 60

/**
 * The limits of the control group that a process is in, as the kernel says them; those of groups above it are not looked at.
 * `root` stands in for `/`; a process of which no group is named like `within` is another one.
 */
export function readKernelLimits(
  pid: number,
  { now, root = '/', within = '' }: { now: number; root?: string; within?: string },
): Reading<ProcessLimits> {
  const text = read(join(root, 'proc', String(pid), 'cgroup'))
  if (text === undefined || !text.includes(within)) return unknown('its process cannot be seen from here')
  const paths = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.+)$/.exec(line) ?? []
    if (controllers === undefined || path === undefined) continue
    for (const name of controllers.split(',')) paths.set(name, path)
  }
  const mount = join(root, 'sys/fs/cgroup')
  const unified = (read(join(mount, 'cgroup.controllers')) ?? '').split(/\s+/)
  const isUnified = unified.includes('memory') && unified.includes('cpu')
  const memory = isUnified
    ? join(mount, paths.get('') ?? '/')
    : join(mount, 'memory', paths.get('memory') ?? '/')
  const cpu = isUnified ? memory : join(mount, 'cpu', paths.get('cpu') ?? '/')
  if (!existsSync(memory) || !existsSync(cpu)) return unknown('its control group cannot be seen from here')
  return known(isUnified ? unifiedLimits(memory) : { memoryBytes: memoryV1(memory), cpus: cpusV1(cpu) }, now)
}

function unifiedLimits(folder: string): ProcessLimits {
  const [quota, period] = (read(join(folder, 'cpu.max')) ?? '').split(' ')
  return { memoryBytes: numberIn(join(folder, 'memory.max')), cpus: share(Number(quota), Number(period)) }
}

function memoryV1(folder: string): number | undefined {
  const bytes = numberIn(join(folder, 'memory.limit_in_bytes'))
  return bytes !== undefined && bytes < UNLIMITED_BYTES ? bytes : undefined
}

function cpusV1(folder: string): number | undefined {
  return share(
    numberIn(join(folder, 'cpu.cfs_quota_us')) ?? -1,
    numberIn(join(folder, 'cpu.cfs_period_us')) ?? 0,
  )
}

function share(quota: number, period: number): number | undefined {
  return quota > 0 && period > 0 ? quota / period : undefined
}

function numberIn(path: string): number | undefined {
  const text = read(path)?.trim()
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

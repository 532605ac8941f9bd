import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ControlGroupStats } from '@radtune/core/contract'

/** The file system that groups live in, and who has started this process: tests have a tree of their own. */
export interface GroupView {
  /** Stands in for `/`. */
  root: string
  parentPid: number
}

/** A limit above this is how the kernel writes "none" (2^63 rounded down to a page). */
const UNLIMITED_BYTES = 2 ** 60
const NS_PER_MS = 1_000_000
const US_PER_MS = 1000
/** What runs in a container has no parent, or the container's init, which is in the same group. */
const INIT_PID = 1

/**
 * Finds the control group of this process and answers how to read it; undefined when it has none of its own: one that its
 * parent is in as well counts others too, and its limits are not those of this service.
 */
export function findOwnGroup(
  { root, parentPid }: GroupView = { root: '/', parentPid: process.ppid },
): (() => ControlGroupStats) | undefined {
  const mount = join(root, 'sys/fs/cgroup')
  const paths = groupPaths(root)
  const isOwn = (folder: string) => {
    const pids = readText(join(folder, 'cgroup.procs'))
    return pids !== undefined && (parentPid <= INIT_PID || !pids.split('\n').includes(String(parentPid)))
  }
  const folderOf = (hierarchy: string, controller: string) => {
    const folder = join(hierarchy, paths.get(controller) ?? '/')
    // In a container the path may be that of the host; what is mounted then is our own group.
    const existing = existsSync(folder) ? folder : hierarchy
    return isOwn(existing) ? existing : undefined
  }
  // A machine with v1 may have an empty v2 mounted as well: only one has the controllers.
  if (readText(join(mount, 'cgroup.controllers'))?.includes('memory')) {
    const folder = folderOf(mount, '')
    return folder && existsSync(join(folder, 'memory.max')) ? () => readV2(folder) : undefined
  }
  const [cpu, memory, cpuacct] = ['cpu', 'memory', 'cpuacct'].map((name) => folderOf(join(mount, name), name))
  return cpu && memory ? () => readV1({ cpu, memory, cpuacct }) : undefined
}

function readV1(folders: { cpu: string; memory: string; cpuacct: string | undefined }): ControlGroupStats {
  const { cpu, memory, cpuacct } = folders
  const quota = readNumber(join(cpu, 'cpu.cfs_quota_us'))
  const period = readNumber(join(cpu, 'cpu.cfs_period_us'))
  const limit = readNumber(join(memory, 'memory.limit_in_bytes'))
  const usedNs = cpuacct === undefined ? null : readNumber(join(cpuacct, 'cpuacct.usage'))
  return {
    cpuLimit: quota !== null && quota > 0 && period ? quota / period : null,
    memoryLimitBytes: limit !== null && limit < UNLIMITED_BYTES ? limit : null,
    workingSetBytes: workingSet(
      readNumber(join(memory, 'memory.usage_in_bytes')),
      readField(readText(join(memory, 'memory.stat')), 'total_inactive_file'),
    ),
    cpuMs: usedNs === null ? null : usedNs / NS_PER_MS,
    throttling: throttlingIn(readText(join(cpu, 'cpu.stat'))),
  }
}

function readV2(folder: string): ControlGroupStats {
  const [quota, period] = (readText(join(folder, 'cpu.max')) ?? 'max').split(' ').map(Number)
  const cpu = readText(join(folder, 'cpu.stat'))
  const usedUs = readField(cpu, 'usage_usec')
  return {
    // `max`, which is not a number, is no limit.
    cpuLimit: quota && period ? quota / period : null,
    memoryLimitBytes: readNumber(join(folder, 'memory.max')),
    workingSetBytes: workingSet(
      readNumber(join(folder, 'memory.current')),
      readField(readText(join(folder, 'memory.stat')), 'inactive_file'),
    ),
    cpuMs: usedUs === null ? null : usedUs / US_PER_MS,
    throttling: throttlingIn(cpu),
  }
}

function workingSet(usedBytes: number | null, inactiveBytes: number | null): number | null {
  return usedBytes === null ? null : Math.max(0, usedBytes - (inactiveBytes ?? 0))
}

function throttlingIn(stat: string | undefined): ControlGroupStats['throttling'] {
  const periods = readField(stat, 'nr_periods')
  return periods === null ? null : { periods, throttledPeriods: readField(stat, 'nr_throttled') ?? 0 }
}

/** Paths of this process's groups by controller; that of cgroup v2 has no name. */
function groupPaths(root: string): Map<string, string> {
  const paths = new Map<string, string>()
  for (const line of (readText(join(root, 'proc/self/cgroup')) ?? '').split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.+)$/.exec(line) ?? []
    if (controllers === undefined || path === undefined) continue
    for (const name of controllers.split(',')) paths.set(name, path)
  }
  return paths
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}

function readNumber(path: string): number | null {
  const text = readText(path)
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : null
}

/** Number of the line `name 123` of several. */
function readField(text: string | undefined, name: string): number | null {
  const match = new RegExp(`^${name} (\\d+)$`, 'm').exec(text ?? '')
  return match ? Number(match[1]) : null
}

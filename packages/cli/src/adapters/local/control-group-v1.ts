import { join } from 'node:path'
import {
  type ControlGroup,
  CPU_PERIOD_US,
  type GroupReading,
  type GroupSystem,
  makeFolder,
  quotaUs,
  readGroupField,
  readGroupFile,
  readGroupNumber,
  removeGroupFolders,
  writeGroupFile,
} from './control-group.ts'

/** Folders of one group in the hierarchies of cgroup v1. Two of them are the same where the system mounts them as one. */
export interface FoldersV1 {
  cpu: string
  memory: string
  /** Counts CPU time; not every system lets its user write it. */
  cpuacct: string | undefined
}

/** A limit above this is how the kernel writes "none" (2^63 rounded down to a page). */
const UNLIMITED_BYTES = 2 ** 60
/** Shares of a group that has reserved one CPU: the kernel's own default. */
const SHARES_PER_CPU = 1024
const NS_PER_MS = 1_000_000

/** Makes a group of cgroup v1. Throws when a folder cannot be made. */
export function createControlGroupV1(system: GroupSystem, folders: FoldersV1): ControlGroup {
  const { cpu, memory, cpuacct } = folders
  const all = foldersOf(folders)
  for (const folder of all) makeFolder(folder)
  const refusals = new Map<string, string>()
  const note = (of: string, refusal: string | undefined) => {
    if (refusal === undefined) refusals.delete(of)
    else refusals.set(of, refusal)
  }
  return {
    how: 'cgroup v1',
    joinFiles: all.map((folder) => join(folder, 'cgroup.procs')),
    get refusal() {
      return [...refusals.values()][0]
    },
    limitMemory(bytes) {
      note('memory', limitMemory(memory, bytes))
    },
    limitCpus(cpus) {
      const quota = cpus === undefined ? -1 : quotaUs(cpus)
      const refusal =
        writeGroupFile(join(cpu, 'cpu.cfs_period_us'), CPU_PERIOD_US) ??
        writeGroupFile(join(cpu, 'cpu.cfs_quota_us'), quota)
      note('cpu', refusal)
    },
    reserveCpus(cpus) {
      note('shares', writeGroupFile(join(cpu, 'cpu.shares'), Math.max(2, Math.round(cpus * SHARES_PER_CPU))))
    },
    read: () => read(cpu, memory, cpuacct),
    remove: () => removeGroupFolders(system, all),
  }
}

/** Of hierarchies that are mounted as one, the folder once. */
export function foldersOf({ cpu, memory, cpuacct }: FoldersV1): string[] {
  return [...new Set([cpu, memory, ...(cpuacct === undefined ? [] : [cpuacct])])]
}

/** Memory and memory with swap: the first may never be above the second, whichever way the limit moves. */
function limitMemory(folder: string, bytes: number): string | undefined {
  const memory = join(folder, 'memory.limit_in_bytes')
  const withSwap = join(folder, 'memory.memsw.limit_in_bytes')
  const swapIsCounted = readGroupFile(withSwap) !== undefined
  if (writeGroupFile(memory, bytes) !== undefined && swapIsCounted) writeGroupFile(withSwap, bytes)
  return writeGroupFile(memory, bytes) ?? (swapIsCounted ? writeGroupFile(withSwap, bytes) : undefined)
}

function read(cpu: string, memory: string, cpuacct: string | undefined): GroupReading {
  const quota = readGroupNumber(join(cpu, 'cpu.cfs_quota_us'))
  const period = readGroupNumber(join(cpu, 'cpu.cfs_period_us'))
  const limit = readGroupNumber(join(memory, 'memory.limit_in_bytes'))
  const usage = readGroupNumber(join(memory, 'memory.usage_in_bytes'))
  const inactive = readGroupField(join(memory, 'memory.stat'), 'total_inactive_file')
  const usedNs = cpuacct === undefined ? undefined : readGroupNumber(join(cpuacct, 'cpuacct.usage'))
  const stat = (name: string) => readGroupField(join(cpu, 'cpu.stat'), name)
  const periods = stat('nr_periods')
  return {
    memoryLimitBytes: limit !== undefined && limit < UNLIMITED_BYTES ? limit : undefined,
    cpuLimit: quota !== undefined && quota > 0 && period ? quota / period : undefined,
    workingSetBytes: usage === undefined ? undefined : Math.max(0, usage - (inactive ?? 0)),
    cpuMs: usedNs === undefined ? undefined : usedNs / NS_PER_MS,
    throttling:
      periods === undefined
        ? undefined
        : {
            periods,
            throttledPeriods: stat('nr_throttled') ?? 0,
            throttledMs: (stat('throttled_time') ?? 0) / NS_PER_MS,
          },
    memoryKills: readGroupField(join(memory, 'memory.oom_control'), 'oom_kill'),
    limitHits: readGroupNumber(join(memory, 'memory.failcnt')),
    peakBytes: readGroupNumber(join(memory, 'memory.max_usage_in_bytes')),
  }
}

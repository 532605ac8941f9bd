import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** What a control group says of itself; undefined is what its files do not tell. */
export interface GroupReading {
  /** Limits in force, as read back; undefined where none is. */
  memoryLimitBytes: number | undefined
  cpuLimit: number | undefined
  /** Used memory less the page cache that the kernel can take back at once. */
  workingSetBytes: number | undefined
  /** CPU time used by all that ever ran in it. */
  cpuMs: number | undefined
  throttling: { periods: number; throttledPeriods: number; throttledMs: number } | undefined
  /** Processes that the kernel killed in it for memory; undefined where the kernel does not count. */
  memoryKills: number | undefined
  /** How often its memory limit was hit. */
  limitHits: number | undefined
  /** Most memory ever used, page cache included. */
  peakBytes: number | undefined
}

/** The control group of one service: limits that hold for a process and all that comes from it. */
export interface ControlGroup {
  /** `cgroup v1` or `cgroup v2`. */
  readonly how: string
  /** Files that a process writes its pid to in order to join. */
  readonly joinFiles: readonly string[]
  /** Why the last limit was refused; undefined when all were taken. */
  readonly refusal: string | undefined
  /** Sets the memory limit, swap included. */
  limitMemory(bytes: number): void
  /** Sets the CPU limit; undefined lifts it. */
  limitCpus(cpus: number | undefined): void
  /** Sets the share of the CPU that it gets when all want it, as reserved CPUs. */
  reserveCpus(cpus: number): void
  read(): GroupReading
  /** Kills what is left in it and removes it. */
  remove(): Promise<void>
}

/** The file system that groups live in. Tests have a tree of their own, in which files are made by writing them. */
export interface GroupSystem {
  /** Stands in for `/`. */
  root: string
  removeFolder(path: string): void
  kill(pid: number): void
}

export const kernelGroups: GroupSystem = {
  root: '/',
  removeFolder: (path) => rmdirSync(path),
  kill(pid) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has just ended.
    }
  },
}

/** Microseconds over which a CPU limit is measured: the kernel's own default, and that of container engines. */
export const CPU_PERIOD_US = 100_000
/** The kernel refuses shorter quotas. */
const SHORTEST_QUOTA_US = 1000

export function quotaUs(cpus: number): number {
  return Math.max(SHORTEST_QUOTA_US, Math.round(cpus * CPU_PERIOD_US))
}

/**
 * The command as one that first joins the groups and then becomes `command` in the same process: whatever it does, it does
 * inside. It ends with 125 and says why when it cannot join.
 */
export function joinCommand(
  joinFiles: readonly string[],
  command: string,
  args: readonly string[],
): { command: string; args: string[] } {
  return {
    command: '/bin/sh',
    args: ['-c', JOIN_SCRIPT, 'sh', String(joinFiles.length), ...joinFiles, command, ...args],
  }
}

const JOIN_SCRIPT =
  'n=$1; shift; while [ "$n" -gt 0 ]; do echo $$ > "$1" || exit 125; shift; n=$((n - 1)); done; exec "$@"'

export function makeFolder(path: string): void {
  mkdirSync(path, { recursive: true })
}

/** Text of a file of a group; undefined when there is no such file. */
export function readGroupFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}

export function readGroupNumber(path: string): number | undefined {
  const text = readGroupFile(path)
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined
}

/** Number of the line `name 123` of a file of several. */
export function readGroupField(path: string, name: string): number | undefined {
  const match = new RegExp(`^${name} (\\d+)$`, 'm').exec(readGroupFile(path) ?? '')
  return match ? Number(match[1]) : undefined
}

/** Writes a value; returns why it was refused, or undefined when it was taken. */
export function writeGroupFile(path: string, value: string | number): string | undefined {
  try {
    writeFileSync(path, String(value))
    return undefined
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return `${path.split('/').at(-1)} = ${value}: ${code ?? message}`
  }
}

const REMOVE_MS = 5000

/** Kills every process in the folders' groups and removes them; what has just ended may hold them for a moment. */
export async function removeGroupFolders(system: GroupSystem, folders: readonly string[]): Promise<void> {
  const end = performance.now() + REMOVE_MS
  for (const folder of folders) {
    for (;;) {
      const pids = (readGroupFile(`${folder}/cgroup.procs`) ?? '').split('\n').filter((text) => text !== '')
      for (const pid of pids) system.kill(Number(pid))
      try {
        system.removeFolder(folder)
        break
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') break
        if (performance.now() >= end) throw error
        await delay(10)
      }
    }
  }
}

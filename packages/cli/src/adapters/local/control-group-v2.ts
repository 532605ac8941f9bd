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

/** Weight of a group that has reserved one CPU: the kernel's own default. Weights are 1 to 10,000. */
const WEIGHT_PER_CPU = 100
const LARGEST_WEIGHT = 10_000
const US_PER_MS = 1000

/** Makes a group of cgroup v2 below a parent that hands on its cpu and memory controllers. Throws when it cannot be made. */
export function createControlGroupV2(system: GroupSystem, folder: string): ControlGroup {
  makeFolder(folder)
  const refusals = new Map<string, string>()
  const write = (file: string, value: string | number) => {
    const refusal = writeGroupFile(join(folder, file), value)
    if (refusal === undefined) refusals.delete(file)
    else refusals.set(file, refusal)
  }
  return {
    how: 'cgroup v2',
    joinFiles: [join(folder, 'cgroup.procs')],
    get refusal() {
      return [...refusals.values()][0]
    },
    limitMemory(bytes) {
      write('memory.max', bytes)
      // Absent where the kernel does not account swap: nothing to write then.
      if (readGroupFile(join(folder, 'memory.swap.max')) !== undefined) write('memory.swap.max', 0)
    },
    limitCpus(cpus) {
      write('cpu.max', `${cpus === undefined ? 'max' : quotaUs(cpus)} ${CPU_PERIOD_US}`)
    },
    reserveCpus(cpus) {
      write('cpu.weight', Math.min(LARGEST_WEIGHT, Math.max(1, Math.round(cpus * WEIGHT_PER_CPU))))
    },
    read: () => read(folder),
    remove: () => removeGroupFolders(system, [folder]),
  }
}

function read(folder: string): GroupReading {
  const [quota, period] = (readGroupFile(join(folder, 'cpu.max')) ?? 'max').split(' ').map(Number)
  const usage = readGroupNumber(join(folder, 'memory.current'))
  const inactive = readGroupField(join(folder, 'memory.stat'), 'inactive_file')
  const cpu = (name: string) => readGroupField(join(folder, 'cpu.stat'), name)
  const usedUs = cpu('usage_usec')
  const periods = cpu('nr_periods')
  return {
    // `max`, which is not a number, is no limit.
    memoryLimitBytes: readGroupNumber(join(folder, 'memory.max')),
    cpuLimit: quota && period ? quota / period : undefined,
    workingSetBytes: usage === undefined ? undefined : Math.max(0, usage - (inactive ?? 0)),
    cpuMs: usedUs === undefined ? undefined : usedUs / US_PER_MS,
    throttling:
      periods === undefined
        ? undefined
        : {
            periods,
            throttledPeriods: cpu('nr_throttled') ?? 0,
            throttledMs: (cpu('throttled_usec') ?? 0) / US_PER_MS,
          },
    memoryKills: readGroupField(join(folder, 'memory.events'), 'oom_kill'),
    limitHits: readGroupField(join(folder, 'memory.events'), 'max'),
    peakBytes: readGroupNumber(join(folder, 'memory.peak')),
  }
}

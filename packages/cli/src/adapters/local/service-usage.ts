import { known, type Reading, unknown } from '@radtune/core/metrics'
import type { Throttling } from '../../ports/runtime.ts'
import type { ControlGroup, GroupReading } from './control-group.ts'
import { type ProcessEntry, readProcessTable } from './process-table.ts'

/** Memory and CPU of one service: its process and all that come from it. */
export interface ServiceUsage {
  /** Working set of its group; without one the sum of resident sets, in which shared pages count for each process. */
  memoryBytes: Reading<number>
  cpus: Reading<number>
  throttling: Reading<Throttling>
}

/** A service that runs: the leader of its processes, and its group when it has one. */
export interface RunningService {
  pid: number
  group: ControlGroup | undefined
}

export const NOT_RUNNING: ServiceUsage = {
  memoryBytes: unknown('it does not run'),
  cpus: unknown('it does not run'),
  throttling: unknown('it does not run'),
}

const JUST_STARTED = unknown('it has just started')
/** Throttling is judged over as much as this. */
const THROTTLING_WINDOW_MS = 10_000

/** Follows the use of services from sample to sample: CPU needs two. */
export function createUsageSampler({ now = Date.now }: { now?: () => number } = {}) {
  const processes = createProcessSampler()
  const groups = createGroupSampler()
  let usage = new Map<string, ServiceUsage>()
  return {
    /** Takes a sample of the services, by name. */
    async sample(running: ReadonlyMap<string, RunningService>): Promise<void> {
      const table = running.size > 0 ? await readProcessTable() : []
      const at = now()
      const next = new Map<string, ServiceUsage>()
      for (const [name, service] of running) {
        const members = membersOf(table, service.pid)
        if (members.length === 0) continue
        const ofProcesses = processes.usageOf(service.pid, members, at)
        const ofGroup = service.group && groups.usageOf(service.group, at)
        next.set(name, {
          memoryBytes: ofGroup?.memoryBytes ?? ofProcesses.memoryBytes,
          cpus: ofGroup?.cpus ?? ofProcesses.cpus,
          throttling: ofGroup?.throttling ?? unknown('no CPU limit is enforced'),
        })
      }
      processes.turn(at)
      usage = next
    },
    usageOf: (name: string): ServiceUsage | undefined => usage.get(name),
  }
}

/** Use by the sums over processes, where there are no groups. */
function createProcessSampler() {
  let before: { at: number; cpuMsByProcess: Map<string, number> } | undefined
  let cpuMsByProcess = new Map<string, number>()
  return {
    usageOf(leader: number, members: readonly ProcessEntry[], at: number) {
      let usedMs = 0
      let complete = before !== undefined
      for (const member of members) {
        const identity = `${member.pid}/${member.startToken}`
        const earlier = before?.cpuMsByProcess.get(identity)
        cpuMsByProcess.set(identity, member.cpuMs)
        usedMs += member.cpuMs - (earlier ?? 0)
        if (member.pid === leader && earlier === undefined) complete = false
      }
      const elapsedMs = at - (before?.at ?? at)
      return {
        memoryBytes: known(
          members.reduce((sum, member) => sum + member.residentBytes, 0),
          at,
        ),
        cpus: complete && elapsedMs > 0 ? known(Math.max(0, usedMs) / elapsedMs, at) : JUST_STARTED,
      }
    },
    /** Ends a sample. */
    turn(at: number): void {
      before = { at, cpuMsByProcess }
      cpuMsByProcess = new Map()
    },
  }
}

interface GroupSample {
  at: number
  cpuMs: number
  throttling: NonNullable<GroupReading['throttling']>
}

/** Use as groups count it; undefined is what a group does not tell. */
function createGroupSampler() {
  const histories = new WeakMap<ControlGroup, GroupSample[]>()
  return {
    usageOf(group: ControlGroup, at: number): Partial<ServiceUsage> {
      const { workingSetBytes, cpuMs, throttling, cpuLimit } = group.read()
      const usage: Partial<ServiceUsage> = {}
      if (workingSetBytes !== undefined) usage.memoryBytes = known(workingSetBytes, at)
      const history = histories.get(group) ?? []
      histories.set(group, history)
      const last = history.at(-1)
      if (cpuMs !== undefined)
        usage.cpus = last && at > last.at ? known((cpuMs - last.cpuMs) / (at - last.at), at) : JUST_STARTED
      if (throttling === undefined) return usage
      history.push({ at, cpuMs: cpuMs ?? 0, throttling })
      while (history.length > 2 && (history[1]?.at ?? at) <= at - THROTTLING_WINDOW_MS) history.shift()
      usage.throttling =
        cpuLimit === undefined
          ? unknown('no CPU limit is in force')
          : known({ ...throttling, recentShare: recentShare(history) }, at)
      return usage
    },
  }
}

/** Throttled periods in all periods of the window; 0 when the service used no CPU in it. */
function recentShare(history: readonly GroupSample[]): number {
  const first = history[0]?.throttling
  const last = history.at(-1)?.throttling
  if (!first || !last || last.periods === first.periods) return 0
  return (last.throttledPeriods - first.throttledPeriods) / (last.periods - first.periods)
}

/** The leader, its process group, and all descendants of either. */
export function membersOf(table: readonly ProcessEntry[], leader: number): ProcessEntry[] {
  const members = new Map<number, ProcessEntry>()
  for (const entry of table) {
    if (entry.pid === leader || entry.groupPid === leader) members.set(entry.pid, entry)
  }
  for (let grown = true; grown; ) {
    grown = false
    for (const entry of table) {
      if (members.has(entry.pid) || !members.has(entry.parentPid)) continue
      members.set(entry.pid, entry)
      grown = true
    }
  }
  return [...members.values()]
}

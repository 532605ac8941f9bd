import { known, type Reading, unknown } from '@radtune/core/metrics'
import { type ProcessEntry, readProcessTable } from './process-table.ts'

/** Memory and CPU of one service: its process and all that come from it. */
export interface ServiceUsage {
  /** Sum of the resident sets; pages that processes of one service share are counted in each. */
  memoryBytes: Reading<number>
  cpus: Reading<number>
}

export const NOT_RUNNING: ServiceUsage = {
  memoryBytes: unknown('it does not run'),
  cpus: unknown('it does not run'),
}

/** Follows the use of services from sample to sample: CPU needs two. */
export function createUsageSampler({ now = Date.now }: { now?: () => number } = {}) {
  let before: { at: number; cpuMsByProcess: Map<string, number> } | undefined
  let usage = new Map<string, ServiceUsage>()
  return {
    /** Takes a sample for the services, given as pid of the leader by name. */
    async sample(leaders: ReadonlyMap<string, number>): Promise<void> {
      const table = leaders.size > 0 ? await readProcessTable() : []
      const at = now()
      const cpuMsByProcess = new Map<string, number>()
      const next = new Map<string, ServiceUsage>()
      for (const [name, leader] of leaders) {
        const members = membersOf(table, leader)
        if (members.length === 0) continue
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
        next.set(name, {
          memoryBytes: known(
            members.reduce((sum, member) => sum + member.residentBytes, 0),
            at,
          ),
          cpus:
            complete && elapsedMs > 0
              ? known(Math.max(0, usedMs) / elapsedMs, at)
              : unknown('it has just started'),
        })
      }
      before = { at, cpuMsByProcess }
      usage = next
    },
    usageOf: (name: string): ServiceUsage | undefined => usage.get(name),
  }
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

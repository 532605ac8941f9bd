import { readFileSync } from 'node:fs'
import { formatBytes } from '@radtune/core/units'
import type { GroupReading } from './control-group.ts'

export interface ServiceExit {
  code: number | null
  signal: NodeJS.Signals | null
  outOfMemory: boolean
}

/** How often the kernel has killed for memory since the machine started; undefined where it does not say. */
export function readKernelMemoryKills(): number | undefined {
  try {
    const match = /^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))
    return match ? Number(match[1]) : undefined
  } catch {
    return undefined
  }
}

/** What the process's own control group said before its start and after its end. */
export interface GroupHistory {
  before: GroupReading
  after: GroupReading
}

/** Puts into words how a process ended, and finds out whether memory was the cause. `lines` are its last log lines. */
export function explainExit(ended: {
  code: number | null
  signal: NodeJS.Signals | null
  lines: readonly string[]
  kernelKillsBefore: number | undefined
  kernelKillsAfter: number | undefined
  group?: GroupHistory | undefined
}): { exit: ServiceExit; reason: string } {
  const { code, signal, lines } = ended
  const how = signal ? `ended by ${signal}` : `ended with exit code ${code}`
  const answer = (outOfMemory: boolean, reason: string) => ({ exit: { code, signal, outOfMemory }, reason })
  if (lines.some((line) => /heap out of memory|ERR_WORKER_OUT_OF_MEMORY|Reached heap limit/.test(line)))
    return answer(true, `${how}: its V8 heap was used up`)
  if (lines.some((line) => /java\.lang\.OutOfMemoryError/.test(line)))
    return answer(true, `${how}: its Java heap was used up`)
  if (code === 134 || signal === 'SIGABRT')
    return answer(false, `${how}: aborted, which is also how a used-up heap ends`)
  if (signal !== 'SIGKILL' && code !== 137) return answer(false, how)
  const killed = ended.group && killedInGroup(ended.group)
  if (killed) return answer(true, `${how}: killed by the kernel, out of memory: ${killed}`)
  if (ended.group?.after.memoryKills !== undefined)
    return answer(false, `${how}: killed by someone; the kernel killed nothing in its group for memory`)
  const { kernelKillsBefore: before, kernelKillsAfter: after } = ended
  if (before === undefined || after === undefined)
    return answer(false, `${how}: killed, likely for memory; this system does not say`)
  return after > before
    ? answer(true, `${how}: killed by the kernel, out of memory`)
    : answer(false, `${how}: killed by someone; the kernel killed nothing for memory`)
}

/** How much was used of how much, when the kernel killed in the group for memory; undefined when it did not. */
function killedInGroup({ before, after }: GroupHistory): string | undefined {
  const grown = (count: keyof GroupReading) => Number(after[count] ?? 0) > Number(before[count] ?? 0)
  // An older kernel does not count kills by group. A limit that was hit, and then a SIGKILL, is the evidence there.
  const killed = after.memoryKills === undefined ? grown('limitHits') : grown('memoryKills')
  if (!killed) return undefined
  const limit = after.memoryLimitBytes
  const used = after.peakBytes ?? limit
  return limit === undefined || used === undefined
    ? 'its limit was used up'
    : `used ${formatBytes(used)} of ${formatBytes(limit)}`
}

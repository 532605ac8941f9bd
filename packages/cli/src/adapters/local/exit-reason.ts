import { readFileSync } from 'node:fs'

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

/** Puts into words how a process ended, and finds out whether memory was the cause. `lines` are its last log lines. */
export function explainExit(ended: {
  code: number | null
  signal: NodeJS.Signals | null
  lines: readonly string[]
  kernelKillsBefore: number | undefined
  kernelKillsAfter: number | undefined
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
  const { kernelKillsBefore: before, kernelKillsAfter: after } = ended
  if (before === undefined || after === undefined)
    return answer(false, `${how}: killed, likely for memory; this system does not say`)
  return after > before
    ? answer(true, `${how}: killed by the kernel, out of memory`)
    : answer(false, `${how}: killed by someone; the kernel killed nothing for memory`)
}

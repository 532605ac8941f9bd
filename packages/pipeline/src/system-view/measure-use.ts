import type { ProcessSample } from '@radtune/core/contract'
import { known, type Reading, unknown } from '@radtune/core/metrics'

/** What a service uses, and what the kernel allows it. A null limit is none in force, or none that can be seen. */
export interface ServiceUse {
  /** CPUs since the sample before; 1 is one core. */
  cpus: Reading<number>
  memoryBytes: Reading<number>
  /** Share of the CPU periods of the last ten seconds in which its limit held it back. */
  throttled: Reading<number>
  cpuLimit: number | null
  memoryLimitBytes: number | null
}

/** As much of the past as throttling is judged over. */
const THROTTLING_WINDOW_MS = 10_000

interface Counted {
  at: number
  /** Whose counters these are: those of another process, or of its group instead of the process, go on from elsewhere. */
  of: string
  cpuMs: number
  throttling: { periods: number; throttledPeriods: number } | null
}

/** Follows the use of one service from sample to sample: shares of time need two. */
export function createUseMeter(): (sample: Reading<ProcessSample>) => ServiceUse {
  let past: Counted[] = []
  let newest: ServiceUse | undefined
  return (sample) => {
    if (!sample.known) {
      const silent = unknown(sample.why)
      return { cpus: silent, memoryBytes: silent, throttled: silent, cpuLimit: null, memoryLimitBytes: null }
    }
    const now = countedIn(sample.value)
    const last = past.at(-1)
    if (newest && last && now.of === last.of && now.at === last.at) return newest
    if (last && (now.of !== last.of || now.at < last.at || now.cpuMs < last.cpuMs)) past = []
    newest = useOf(sample, { past, now })
    past.push(now)
    while (past.length > 2 && (past[1] as Counted).at <= now.at - THROTTLING_WINDOW_MS) past.shift()
    return newest
  }
}

function countedIn({ at, pid, cpuMs, group }: ProcessSample): Counted {
  const ofGroup = group?.cpuMs ?? null
  return {
    at,
    of: `${pid} ${ofGroup === null ? 'process' : 'group'}`,
    cpuMs: ofGroup ?? cpuMs,
    throttling: group?.throttling ?? null,
  }
}

function useOf(
  { value: { group, rssBytes }, at }: Extract<Reading<ProcessSample>, { known: true }>,
  { past, now }: { past: readonly Counted[]; now: Counted },
): ServiceUse {
  const last = past.at(-1)
  return {
    cpus: last
      ? known((now.cpuMs - last.cpuMs) / (now.at - last.at), at)
      : unknown('it has just been seen for the first time'),
    memoryBytes: known(group?.workingSetBytes ?? rssBytes, at),
    throttled: throttledSince(past[0], now, { at, limit: group?.cpuLimit ?? null }),
    cpuLimit: group?.cpuLimit ?? null,
    memoryLimitBytes: group?.memoryLimitBytes ?? null,
  }
}

function throttledSince(
  first: Counted | undefined,
  now: Counted,
  { at, limit }: { at: number; limit: number | null },
): Reading<number> {
  if (limit === null) return unknown('no CPU limit is in force')
  if (!first?.throttling || !now.throttling) return unknown('it has just been seen for the first time')
  const periods = now.throttling.periods - first.throttling.periods
  // It used no CPU then.
  if (periods <= 0) return known(0, at)
  return known((now.throttling.throttledPeriods - first.throttling.throttledPeriods) / periods, at)
}

import { known, type Reading, unknown } from '@radtune/core/metrics'
import type { ContainerStats } from 'dockerode'
import type { Throttling } from '../../ports/runtime.ts'
import type { Engine } from './engine.ts'

/** What a container uses, as far as the engine's counters tell. */
export interface ContainerUsage {
  memoryBytes: Reading<number>
  cpus: Reading<number>
  throttling: Reading<Throttling>
  /** The memory limit as its control group has it. */
  memoryLimitBytes: number | undefined
}

interface Sample {
  atNs: bigint
  stats: ContainerStats
}

/** A rate over less than this is noise: the counter of CPU time moves in steps of a scheduler's tick. */
const SHORTEST_MS = 250
/** Older than this, an earlier sample says little of now. */
const LONGEST_MS = 10_000

/** Measures containers by their counters, from one question to the next; the first one waits for a second look. */
export function createUsageMeter(engine: Engine): {
  measure(ids: readonly string[]): Promise<Map<string, ContainerUsage>>
} {
  const earlier = new Map<string, Sample>()
  return {
    async measure(ids) {
      const now = process.hrtime.bigint()
      const stale = ids.some((id) => !isFresh(earlier.get(id), now))
      if (stale) {
        await Promise.all(
          ids.map((id) => look(engine, id).then((sample) => sample && earlier.set(id, sample))),
        )
        await new Promise((resolve) => setTimeout(resolve, SHORTEST_MS))
      }
      const usages = await Promise.all(
        ids.map(async (id) => {
          const sample = await look(engine, id)
          const usage = sample ? usageOf(sample, earlier.get(id)) : unanswered()
          if (sample) earlier.set(id, sample)
          return [id, usage] as const
        }),
      )
      return new Map(usages)
    },
  }
}

function isFresh(sample: Sample | undefined, nowNs: bigint): boolean {
  if (!sample) return false
  const ageMs = Number(nowNs - sample.atNs) / 1e6
  return ageMs >= SHORTEST_MS && ageMs <= LONGEST_MS
}

async function look(engine: Engine, id: string): Promise<Sample | undefined> {
  try {
    const stats = await engine.getContainer(id).stats({ stream: false, 'one-shot': true })
    return { atNs: process.hrtime.bigint(), stats }
  } catch {
    return undefined
  }
}

function unanswered(): ContainerUsage {
  const nothing = unknown('the engine gives no statistics of it')
  return { memoryBytes: nothing, cpus: nothing, throttling: nothing, memoryLimitBytes: undefined }
}

/** Memory is the working set: usage without the page cache that can be taken back, whichever version the control group has. */
export function usageOf({ atNs, stats }: Sample, before: Sample | undefined): ContainerUsage {
  const at = Date.now()
  const { memory_stats: memory, cpu_stats: cpu } = stats
  const cache = memory.stats?.total_inactive_file ?? memory.stats?.inactive_file ?? 0
  const { throttling_data: throttling } = cpu
  const last = before?.stats.cpu_stats
  const restarted = last !== undefined && cpu.cpu_usage.total_usage < last.cpu_usage.total_usage
  const since = restarted ? undefined : before
  return {
    memoryBytes:
      memory.usage === undefined ? unknown('it does not run') : known(Math.max(0, memory.usage - cache), at),
    cpus: since
      ? known(
          (cpu.cpu_usage.total_usage - since.stats.cpu_stats.cpu_usage.total_usage) /
            Number(atNs - since.atNs),
          at,
        )
      : unknown('not measured yet'),
    throttling:
      throttling === undefined || throttling.periods === 0
        ? unknown('no CPU limit is enforced')
        : known(
            {
              periods: throttling.periods,
              throttledPeriods: throttling.throttled_periods,
              throttledMs: throttling.throttled_time / 1e6,
              recentShare: shareOf(throttling, since?.stats.cpu_stats.throttling_data),
            },
            at,
          ),
    memoryLimitBytes: memory.limit,
  }
}

type ThrottlingData = ContainerStats['cpu_stats']['throttling_data']

function shareOf(now: ThrottlingData, before: ThrottlingData | undefined): number {
  const periods = now.periods - (before?.periods ?? 0)
  const throttled = now.throttled_periods - (before?.throttled_periods ?? 0)
  return periods > 0 ? throttled / periods : 0
}

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

/** The counters of a container, with the time at which they came here. */
export interface StatsLook {
  stats: ContainerStats
  at: number
}

/** A rate over less than this is noise: the counter of CPU time moves in steps of a scheduler's tick. */
const SHORTEST_MS = 250
/** Older than this, an earlier look says little of now. */
const LONGEST_MS = 10_000

/** Measures containers by their counters, from one question to the next; the first one waits for a second look. */
export function createUsageMeter(engine: Engine): {
  measure(ids: readonly string[]): Promise<Map<string, ContainerUsage>>
} {
  const earlier = new Map<string, StatsLook>()
  return {
    async measure(ids) {
      const stale = ids.some((id) => !isFresh(earlier.get(id)))
      if (stale) {
        await Promise.all(ids.map((id) => lookAt(engine, id).then((look) => look && earlier.set(id, look))))
        await new Promise((resolve) => setTimeout(resolve, SHORTEST_MS))
      }
      const usages = await Promise.all(
        ids.map(async (id) => {
          const look = await lookAt(engine, id)
          const usage = look
            ? usageOf(look, { before: earlier.get(id) })
            : usageUnknown('the engine gives no statistics of it')
          if (look) earlier.set(id, look)
          return [id, usage] as const
        }),
      )
      return new Map(usages)
    },
  }
}

function isFresh(look: StatsLook | undefined): boolean {
  if (!look) return false
  const ageMs = Date.now() - look.at
  return ageMs >= SHORTEST_MS && ageMs <= LONGEST_MS
}

/** Asks for the counters once; undefined when the engine does not give them. */
export async function lookAt(
  engine: Engine,
  id: string,
  now: () => number = Date.now,
): Promise<StatsLook | undefined> {
  try {
    const stats = await engine.getContainer(id).stats({ stream: false, 'one-shot': true })
    return { stats, at: now() }
  } catch {
    return undefined
  }
}

export function usageUnknown(why: string): ContainerUsage {
  const nothing = unknown(why)
  return { memoryBytes: nothing, cpus: nothing, throttling: nothing, memoryLimitBytes: undefined }
}

/** Milliseconds at which the engine read the counters, by its own clock. */
export function takenAt({ stats }: StatsLook): number {
  return Date.parse(stats.read)
}

/**
 * Memory is the working set: usage without the page cache that can be taken back, whichever version the control group has. CPU is
 * the mean since `before`, the throttled share that of the periods since `earliest`.
 */
export function usageOf(
  look: StatsLook,
  { before, earliest = before }: { before: StatsLook | undefined; earliest?: StatsLook | undefined },
): ContainerUsage {
  const { stats, at } = look
  const { memory_stats: memory, cpu_stats: cpu } = stats
  const cache = memory.stats?.total_inactive_file ?? memory.stats?.inactive_file ?? 0
  const { throttling_data: throttling } = cpu
  const beganAnew = (then: StatsLook | undefined) =>
    then !== undefined && cpu.cpu_usage.total_usage < then.stats.cpu_stats.cpu_usage.total_usage
  const since = beganAnew(before) ? undefined : before
  const long = beganAnew(earliest) ? undefined : earliest
  const usedNs = cpu.cpu_usage.total_usage - (since?.stats.cpu_stats.cpu_usage.total_usage ?? 0)
  return {
    memoryBytes:
      memory.usage === undefined ? unknown('it does not run') : known(Math.max(0, memory.usage - cache), at),
    cpus: since ? known(usedNs / 1e6 / (takenAt(look) - takenAt(since)), at) : unknown('not measured yet'),
    throttling:
      throttling === undefined || throttling.periods === 0
        ? unknown('no CPU limit is enforced')
        : known(
            {
              periods: throttling.periods,
              throttledPeriods: throttling.throttled_periods,
              throttledMs: throttling.throttled_time / 1e6,
              recentShare: shareOf(throttling, long?.stats.cpu_stats.throttling_data),
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

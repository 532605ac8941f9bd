import type { BackendSample, ProviderSample, WorkerSample } from '../contract/index.ts'
import { known, type Reading, unknown } from './reading.ts'
import type { ServiceSnapshot, Snapshot } from './snapshot.ts'

/** What services remember of the last minutes, oldest first; empty where one remembers nothing. */
export interface RememberedSamples {
  workers: readonly { service: string; samples: readonly WorkerSample[] }[]
  provider: readonly ProviderSample[]
  backend: readonly BackendSample[]
}

const TICK_MS = 1000
/** No service remembers more than a quarter of an hour. */
const LONGEST_MS = 15 * 60_000
const BEFORE = unknown('nobody asked at that time')

/**
 * Snapshots of each second before `now.at` of which a service remembers something, oldest first. CPU and memory are those of the
 * processes, as shares of the limits that hold now; what nobody remembers is unknown.
 */
export function pastSnapshots(remembered: RememberedSamples, now: Snapshot): Snapshot[] {
  const workers = remembered.workers.map(({ service, samples }) => ({ service, at: byTick(samples) }))
  const provider = byTick(remembered.provider)
  const backend = byTick(remembered.backend)
  const all = [...workers.map(({ at }) => at), provider, backend]
  const ticks = new Set(all.flatMap((samples) => [...samples.keys()]))
  const newest = Math.floor(now.at / TICK_MS)
  const services = now.services.known ? now.services.value : []
  const before = new Map<string, ProcessNumbers>()
  return [...ticks]
    .filter((tick) => tick < newest && tick >= newest - LONGEST_MS / TICK_MS)
    .sort((a, b) => a - b)
    .map((tick): Snapshot => {
      const processes = new Map<string, { was: ProcessNumbers | undefined; is: ProcessNumbers }>()
      for (const samples of all) {
        const is = samples.get(tick)
        if (!is) continue
        processes.set(is.service, { was: before.get(is.service), is })
        before.set(is.service, is)
      }
      return {
        schema: 'radtune.snapshot/1',
        at: tick * TICK_MS,
        stack: now.stack,
        host: BEFORE,
        services: known(
          services.flatMap((service) => {
            const process = processes.get(service.name)
            return process ? [pastService(service, process)] : []
          }),
          tick * TICK_MS,
        ),
        kafka: { topics: BEFORE, commits: BEFORE, group: BEFORE, sizes: BEFORE },
        workers: workers.map(({ service, at }) => ({ service, sample: sampleAt(at, tick) })),
        provider: sampleAt(provider, tick),
        backend: sampleAt(backend, tick),
        settings: BEFORE,
        events: [],
      }
    })
}

interface ProcessNumbers {
  at: number
  service: string
  cpuMs: number
  rssBytes: number
  pid: number
}

function byTick<Sample extends { at: number }>(samples: readonly Sample[]): Map<number, Sample> {
  return new Map(samples.map((sample) => [Math.floor(sample.at / TICK_MS), sample]))
}

function sampleAt<Sample extends { at: number }>(
  samples: Map<number, Sample>,
  tick: number,
): Reading<Sample> {
  const sample = samples.get(tick)
  return sample ? known(sample, sample.at) : BEFORE
}

function pastService(
  service: ServiceSnapshot,
  { was, is }: { was: ProcessNumbers | undefined; is: ProcessNumbers },
): ServiceSnapshot {
  const elapsedMs = was && was.pid === is.pid ? is.at - was.at : 0
  return {
    ...service,
    pid: is.pid,
    cpus: elapsedMs > 0 && was ? known((is.cpuMs - was.cpuMs) / elapsedMs, is.at) : BEFORE,
    memoryBytes: known(is.rssBytes, is.at),
    throttling: BEFORE,
  }
}

import { measureFlow } from './measure-flow.ts'
import { measureServices } from './measure-services.ts'
import { measureWorkers } from './measure-workers.ts'
import { rateBetween } from './rate.ts'
import type { Reading } from './reading.ts'
import type { Snapshot } from './snapshot.ts'

/** Measurements of one instant by name (docs/monitor.md). Shares are 0 to 1, times in milliseconds, rates per second. */
export type Measures = ReadonlyMap<string, Reading<number>>

/** What a measurement compares with: the newest that each source has said before, and what was measured then. */
export interface Before {
  snapshot: Snapshot
  measures: Measures
}

export interface MeasureOptions {
  before?: Before | undefined
  /** The past as the services remember it, in which nobody asked Kafka: rates and lag are what they say of themselves. */
  fromServices?: boolean
}

/** Adds measurements under their names. */
export interface Measuring {
  set(metric: string, reading: Reading<number>): void
  /** A counter as the rate since the snapshot before. */
  rate(
    metric: string,
    now: Reading<number>,
    counterIn: (before: Snapshot) => Reading<number> | undefined,
  ): Reading<number>
}

/** Turns a snapshot into numbers. What cannot be known of it is there too, as a Reading with the why. */
export function measure(snapshot: Snapshot, { before, fromServices = false }: MeasureOptions = {}): Measures {
  const measures = new Map<string, Reading<number>>()
  const measuring: Measuring = {
    set: (metric, reading) => measures.set(metric, reading),
    rate(metric, now, counterIn) {
      const rate = rateBetween(before && counterIn(before.snapshot), now, before?.measures.get(metric))
      measures.set(metric, rate)
      return rate
    },
  }
  measureServices(snapshot, measuring)
  measureWorkers(snapshot, measuring)
  measureFlow(snapshot, { measuring, fromServices })
  return measures
}

/** The newest that each source has said up to now: a source that is silent for a while is compared with its last word. */
export function newestOfEach(before: Snapshot | undefined, now: Snapshot): Snapshot {
  if (!before) return now
  const newest = <Value>(earlier: Reading<Value>, later: Reading<Value>) => (later.known ? later : earlier)
  const earlierWorkers = new Map(before.workers.map(({ service, sample }) => [service, sample]))
  return {
    ...now,
    stack: newest(before.stack, now.stack),
    host: newest(before.host, now.host),
    services: newest(before.services, now.services),
    kafka: {
      topics: newest(before.kafka.topics, now.kafka.topics),
      commits: newest(before.kafka.commits, now.kafka.commits),
      group: newest(before.kafka.group, now.kafka.group),
      sizes: newest(before.kafka.sizes, now.kafka.sizes),
    },
    workers: now.workers.map(({ service, sample }) => ({
      service,
      sample: newest(earlierWorkers.get(service) ?? sample, sample),
    })),
    provider: newest(before.provider, now.provider),
    backend: newest(before.backend, now.backend),
    settings: newest(before.settings, now.settings),
  }
}

import {
  type BackendSample,
  emptyCounters,
  LATENCY_BOUNDS_MS,
  type Latency,
  type PartitionCounters,
  type PartitionProgress,
  type ProviderSample,
  type SettingsReport,
  type SlotStats,
  sumDirty,
  TOPICS,
  type WorkerSample,
} from '@radtune/core/contract'
import { type KafkaSnapshot, known, type Reading, unknown } from '@radtune/core/metrics'
import type { StackSpec } from '@radtune/core/stack'
import type { Broker } from '../../ports/broker.ts'
import type { StatsSource } from '../../ports/stats.ts'
import { type MemoryKafka, plannedKafka } from './memory-kafka.ts'
import { type MemoryLog, readMemoryLog, snapshotOfLog } from './memory-log.ts'

/** What flows through the pipeline of a memory world; tests change it as they go. */
export interface MemoryPipeline {
  /** Rows of the data; Infinity is the generator. */
  rows: number
  perSecond: number
  /** Share of the rows that is dirty and that is a duplicate; the rest is normal. */
  dirtyShare: number
  duplicateShare: number
  /** Rows that an earlier run has published. */
  publishedBefore: number
  /** The provider takes up what the settings topic says of its rate; else it publishes at `perSecond` for ever. */
  followsRate: boolean
  /** Rates that it has taken up, the oldest first. */
  rates: { at: number; perSecond: number }[]
  /** More than this a second is not processed: it waits. */
  mostPerSecond: number
  /** Wall-clock milliseconds since when the provider publishes; undefined while nothing runs. */
  startedAt: number | undefined
  /** No record is processed beyond this many: a stuck worker. */
  processAtMost: number
  /** Kafka does not answer. */
  brokerDown: boolean
  /** The counters of partition 0 miss one record. */
  miscounted: boolean
  providerFailed: boolean
  /** The provider holds its records back. */
  providerPaused: boolean
  /** Share of its time that each slot is busy. */
  slotBusy: number
  /** End to end, of what arrives now. */
  p99Ms: () => number
  /** Ports whose services do not answer, by service name. */
  silent: Set<string>
  /** Records that can be read one by one: what is observed of topics and commits is then theirs. */
  log: MemoryLog | undefined
  /** What somebody has changed in Kafka by hand. */
  alterKafka: (kafka: MemoryKafka) => void
}

export function createMemoryPipeline(): MemoryPipeline {
  return {
    rows: Number.POSITIVE_INFINITY,
    perSecond: 1000,
    dirtyShare: 0.1,
    duplicateShare: 0.05,
    publishedBefore: 0,
    followsRate: false,
    rates: [],
    mostPerSecond: Number.POSITIVE_INFINITY,
    startedAt: undefined,
    processAtMost: Number.POSITIVE_INFINITY,
    brokerDown: false,
    miscounted: false,
    providerFailed: false,
    providerPaused: false,
    slotBusy: 0.31,
    p99Ms: () => 41,
    silent: new Set(),
    log: undefined,
    alterKafka: () => undefined,
  }
}

/** The rate that the provider publishes at now. */
export function rateOf({ rates, perSecond }: MemoryPipeline): number {
  return rates.at(-1)?.perSecond ?? perSecond
}

/** Records that the provider would have published from its start to `now`, with the rates that it had. */
function publishedBy({ startedAt, perSecond, rates, providerPaused }: MemoryPipeline, now: number): number {
  if (startedAt === undefined || providerPaused) return 0
  const pieces = [{ at: startedAt, perSecond }, ...rates]
  return pieces.reduce((sum, piece, index) => {
    const until = Math.min(now, pieces[index + 1]?.at ?? now)
    return sum + (piece.perSecond * Math.max(0, until - piece.at)) / 1000
  }, 0)
}

/** Of those the ones that one server of `mostPerSecond` has processed: since each instant no more than it can. */
function processedBy(pipeline: MemoryPipeline, now: number): number {
  const { startedAt = now, rates, mostPerSecond } = pipeline
  const bounds = [startedAt, ...rates.map(({ at }) => at), now].filter((at) => at <= now)
  return Math.min(
    ...bounds.map((at) => publishedBy(pipeline, at) + (at === now ? 0 : (mostPerSecond * (now - at)) / 1000)),
  )
}

/** Sums of a memory pipeline at one moment. */
function flowAt(pipeline: MemoryPipeline, now: number) {
  const fresh = Math.max(0, pipeline.rows - pipeline.publishedBefore)
  const published = Math.min(fresh, Math.floor(publishedBy(pipeline, now)))
  const total = pipeline.publishedBefore + published
  const processed = Math.min(
    total,
    pipeline.processAtMost,
    pipeline.publishedBefore + Math.floor(processedBy(pipeline, now)),
  )
  const dirty = Math.ceil(processed * pipeline.dirtyShare)
  const duplicates = Math.min(processed - dirty, Math.floor(processed * pipeline.duplicateShare))
  return { fresh, published, total, processed, dirty, duplicates, normal: processed - dirty - duplicates }
}

export function createMemoryBroker(
  pipeline: MemoryPipeline,
  now: () => number,
  spec: () => StackSpec | undefined = () => undefined,
): Broker {
  const broker: Broker = {
    async observe() {
      try {
        const snapshot = observed(await broker.progress(), now())
        return pipeline.log ? { ...snapshot, ...snapshotOfLog(pipeline.log, now()) } : snapshot
      } catch (error) {
        const why = unknown(`Kafka does not answer: ${(error as Error).message}`)
        return { topics: why, commits: why, group: why, sizes: why }
      }
    },
    async progress(): Promise<PartitionProgress[]> {
      if (pipeline.brokerDown) throw new Error('connect ECONNREFUSED 127.0.0.1:9092')
      const { total, processed, dirty, duplicates, normal } = flowAt(pipeline, now())
      const counters = emptyCounters(0)
      counters.normal = pipeline.miscounted ? Math.max(0, normal - 1) : normal
      counters.duplicates = duplicates
      counters.dirty.unit = dirty
      counters.levels.low = counters.normal
      const empty = { low: 0, end: 0, committed: undefined, counters: undefined }
      return [
        { partition: 0, low: 0, end: total, committed: processed, counters },
        { partition: 1, ...empty },
      ]
    },
    async describe() {
      const planned = spec()
      if (pipeline.brokerDown || planned === undefined) throw new Error('connect ECONNREFUSED 127.0.0.1:9092')
      const kafka = plannedKafka(planned)
      pipeline.alterKafka(kafka)
      return kafka
    },
    async readLog(place) {
      if (pipeline.brokerDown) throw new Error('connect ECONNREFUSED 127.0.0.1:9092')
      return readMemoryLog(pipeline.log, place)
    },
    async close() {},
  }
  return broker
}

/** Of a record on disk. */
const RECORD_BYTES = 60

function observed(progress: readonly PartitionProgress[], at: number): KafkaSnapshot {
  const recordsIn = progress.reduce((sum, { end }) => sum + end, 0)
  const counts = (count: (counters: PartitionCounters) => number) =>
    progress.map(({ partition, counters }) => ({ partition, low: 0, end: counters ? count(counters) : 0 }))
  return {
    topics: known(
      [
        {
          topic: TOPICS.input,
          partitions: progress.map(({ partition, low, end }) => ({ partition, low, end })),
        },
        { topic: TOPICS.normal, partitions: counts(({ normal }) => normal) },
        { topic: TOPICS.critical, partitions: counts(({ critical }) => critical) },
        { topic: TOPICS.dirty, partitions: counts(({ dirty }) => sumDirty(dirty)) },
      ],
      at,
    ),
    commits: known(
      progress.map(({ partition, committed, counters }) => ({
        partition,
        committed: committed ?? null,
        counters: counters ?? null,
      })),
      at,
    ),
    group: known(
      { state: 'Stable', owners: progress.map(({ partition }) => ({ partition, owner: 'worker-1-slot-0' })) },
      at,
    ),
    sizes: known({ [TOPICS.input]: recordsIn * RECORD_BYTES }, at),
  }
}

/** Stats of the services that listen on `ports()`, made up from the pipeline. */
export function createMemoryStats(
  pipeline: MemoryPipeline,
  {
    now,
    ports,
    settings,
  }: {
    now: () => number
    ports: () => Readonly<Record<string, number>>
    settings: (service: string) => SettingsReport
  },
): StatsSource {
  const answers = (port: number, service: string) =>
    pipeline.startedAt !== undefined && ports()[service] === port && !pipeline.silent.has(service)
  const silence = (port: number) => unknown(`127.0.0.1:${port} does not answer`)
  const nameOf = (port: number) => Object.entries(ports()).find(([, other]) => other === port)?.[0] ?? ''
  const told = <Sample extends object>(
    port: number,
    service: string,
    sample: () => Sample,
  ): Reading<Sample> =>
    answers(port, service) ? known({ ...sample(), settings: settings(service) }, now()) : silence(port)
  const rememberedBy = async <Sample>(port: number, service: string, at: (time: number) => Sample) => {
    const since = Math.max(pipeline.startedAt ?? now(), now() - 900_000)
    const seconds = Math.max(0, Math.floor((now() - since) / 1000))
    return answers(port, service)
      ? known(
          Array.from({ length: seconds }, (_, second) => at(since + second * 1000)),
          now(),
        )
      : silence(port)
  }
  const workerAt = (service: string, at: number): WorkerSample => ({
    ...processPart(pipeline, at, service),
    slots: [slotStats(pipeline, at)],
  })
  return {
    provider: async (port) => told(port, 'provider', () => providerSample(pipeline, now())),
    backend: async (port) => told(port, 'backend', () => backendSample(pipeline, now())),
    worker: async (port) => told(port, nameOf(port), () => workerAt(nameOf(port), now())),
    providerHistory: (port) => rememberedBy(port, 'provider', (at) => providerSample(pipeline, at)),
    backendHistory: (port) => rememberedBy(port, 'backend', (at) => backendSample(pipeline, at)),
    workerHistory: (port) => rememberedBy(port, nameOf(port), (at) => workerAt(nameOf(port), at)),
    async settings(port) {
      const service = Object.entries(ports()).find(([, other]) => other === port)?.[0] ?? ''
      return answers(port, service) ? known(settings(service), now()) : silence(port)
    },
    async health(port) {
      return pipeline.startedAt === undefined ? silence(port) : known({ healthy: true, reason: null }, now())
    },
  }
}

function processPart(pipeline: MemoryPipeline, at: number, service: string) {
  return {
    at,
    service,
    pid: 4242,
    uptimeMs: at - (pipeline.startedAt ?? at),
    rssBytes: 100_000_000,
    cpuMs: 1000,
    settingsRevision: null,
  }
}

function slotStats(pipeline: MemoryPipeline, at: number): SlotStats {
  const { processed } = flowAt(pipeline, at)
  const nothing = { count: 0, p50Ms: null, p95Ms: null, p99Ms: null, p999Ms: null, maxMs: null }
  const buckets = { count: 0, sumMs: 0, counts: LATENCY_BOUNDS_MS.map(() => 0) }
  const batches = { batches: 10, records: rateOf(pipeline) / 2, bytes: 1e5, fill: 0.1 }
  return {
    slot: 0,
    partitions: [0],
    in: processed,
    out: { normal: processed, critical: 0, dirty: 0 },
    duplicates: 0,
    rejects: {},
    recordsPerSecond: rateOf(pipeline) / 2,
    busyMs: pipeline.slotBusy * 1000,
    idleMs: (1 - pipeline.slotBusy) * 1000,
    backPressuredMs: 0,
    stageMs: { parse: 90, validate: 60, deduplicate: 40, route: 10, serialise: 80 },
    fetch: batches,
    produce: batches,
    queuedBytes: 0,
    lag: { 0: 0 },
    commitAgeMs: 100,
    arrival: nothing,
    processing: nothing,
    latencyBuckets: { arrival: buckets, processing: buckets },
    eventLoopDelayMs: 1,
    heapUsedBytes: 3e7,
    heapLimitBytes: 4e8,
    gcMs: 2,
  }
}

function providerSample(pipeline: MemoryPipeline, at: number): ProviderSample {
  const { fresh, published } = flowAt(pipeline, at)
  const finished = published >= fresh
  return {
    ...processPart(pipeline, at, 'provider'),
    state: pipeline.providerFailed
      ? 'failed'
      : finished
        ? 'finished'
        : pipeline.providerPaused
          ? 'paused'
          : 'running',
    source: 'memory',
    targetPerSecond: rateOf(pipeline),
    recordsPerSecond: finished ? 0 : rateOf(pipeline),
    read: published + Math.min(pipeline.rows, pipeline.publishedBefore),
    published,
    skipped: pipeline.publishedBefore,
    malformed: 0,
    malformedLines: [],
    replacedBytes: 0,
    queuedBytes: 0,
    backPressuredMs: 0,
  }
}

function backendSample(pipeline: MemoryPipeline, at: number): BackendSample {
  const { normal } = flowAt(pipeline, at)
  const received = pipeline.publishedBefore > 0 ? 0 : normal
  const endToEnd: Latency = received
    ? { count: received, p50Ms: 12, p95Ms: 30, p99Ms: pipeline.p99Ms(), p999Ms: 60, maxMs: 80 }
    : { count: 0, p50Ms: null, p95Ms: null, p99Ms: null, p999Ms: null, maxMs: null }
  return {
    ...processPart(pipeline, at, 'backend'),
    received: { normal: received, critical: 0 },
    levels: { low: received, moderate: 0, high: 0 },
    recordsPerSecond: rateOf(pipeline),
    endToEnd,
    clients: 0,
    skippedFrames: 0,
  }
}

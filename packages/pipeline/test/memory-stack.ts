import type { BackendSample, FrontendSample, ProviderSample, WorkerSample } from '@radtune/core/contract'
import {
  liveSettings,
  readSettings,
  type SettingDefinition,
  type SettingValues,
  settings,
} from '@radtune/core/settings'
import type { Answer, AskJson, Question } from '../src/system-view/ask-json.ts'
import type { KafkaSource, OwnSource } from '../src/system-view/watch-services.ts'
import { progressOf } from './fake-readings.ts'

/** How a service behaves to who asks it. */
export type Behaviour =
  | { kind: 'answers' }
  | { kind: 'absent' }
  /** It takes the question, and never answers. */
  | { kind: 'hangs' }
  /** Text that is no answer of this service. */
  | { kind: 'says'; body: unknown }
  | { kind: 'unhealthy'; reason: string }

const NO_LATENCY = { count: 0, p50Ms: null, p95Ms: null, p99Ms: null, p999Ms: null, maxMs: null }

export interface MemoryService {
  behaviour: Behaviour
  pid: number
  cpuMs: number
  workingSetBytes: number
  cpuLimit: number | null
}

const WITH_DEFAULT = liveSettings.filter((key) => {
  const definition: SettingDefinition = settings[key]
  return definition.default !== undefined
})

const OUTLINE = {
  machine: { cpus: 4, memoryBytes: 8 * 1024 ** 3, usableMemoryBytes: 7_301_444_403 },
  workload: { minPerSecond: 1000, maxPerSecond: 10_000, latencyTargetMs: 100 },
  stats: {
    kafka: null,
    'worker-1': '127.0.0.1:9100',
    'worker-2': '127.0.0.1:9101',
    backend: null,
    provider: '127.0.0.1:9103',
    frontend: '127.0.0.1:9104',
  },
}

/** A stack that is only told of: its services answer as they are told to, its clock is turned by hand. */
export class MemoryStack {
  readonly outline = OUTLINE
  at = 1_800_000_000_000
  readonly services = new Map<string, MemoryService>(
    ['worker-1', 'worker-2', 'provider', 'frontend'].map((name, index) => [
      name,
      {
        behaviour: { kind: 'answers' },
        pid: 100 + index,
        cpuMs: 5000,
        workingSetBytes: 200 * 1024 ** 2,
        cpuLimit: 1.5,
      },
    ]),
  )
  /** Undefined: it does not answer. */
  kafkaTookMs: number | undefined = 4
  records = { in: 1_000_000, out: 1_000_000, received: 900_000, published: 1_000_000 }
  busyMs = 300
  providerState: ProviderSample['state'] = 'running'
  settings: Partial<SettingValues> = { ...readSettings({}, WITH_DEFAULT), 'pipeline.parallelism': 2 }
  asked = 0
  #answeredAt = this.at

  readonly now = () => this.at

  /** So much later, in which so much CPU was used and so many records flowed through all places. */
  turn(ms: number, { cpus = 0.3, perSecond = 1000, out = perSecond }: TurnOptions = {}): void {
    this.at += ms
    for (const service of this.services.values()) service.cpuMs += cpus * ms
    const gained = (rate: number) => Math.round((rate * ms) / 1000)
    this.records.in += gained(perSecond)
    this.records.published += gained(perSecond)
    this.records.out += gained(out)
    this.records.received += gained(out)
    if (this.kafkaTookMs !== undefined) this.#answeredAt = this.at
  }

  service(name: string): MemoryService {
    const service = this.services.get(name)
    if (!service) throw new Error(`there is no ${name}`)
    return service
  }

  readonly ask: AskJson = async <Value>(
    address: string,
    { path, schema }: Question<Value>,
  ): Promise<Answer<Value>> => {
    this.asked += 1
    const name = Object.entries(OUTLINE.stats).find(([, of]) => of === address)?.[0] ?? ''
    const { behaviour } = this.service(name)
    if (behaviour.kind === 'hangs') return await new Promise(() => undefined)
    if (behaviour.kind === 'absent') return { kind: 'silent', why: `nothing listens on ${address}` }
    const body =
      behaviour.kind === 'says'
        ? behaviour.body
        : path === '/health'
          ? {
              healthy: behaviour.kind === 'answers',
              reason: behaviour.kind === 'unhealthy' ? behaviour.reason : null,
            }
          : { schema: 'radtune.stats/1', current: this.sampleOf(name), history: [] }
    const read = schema.safeParse(body)
    return read.success
      ? { kind: 'told', value: read.data, at: this.at }
      : { kind: 'strange', why: `${address} answered something else than expected` }
  }

  readonly kafka: KafkaSource = {
    newest: () => ({
      at: this.#answeredAt,
      tookMs: this.kafkaTookMs ?? 0,
      partitions: [progressOf({ end: this.records.in, normal: this.records.out })],
    }),
    failure: () => (this.kafkaTookMs === undefined ? 'connect ECONNREFUSED' : null),
  }

  readonly own: OwnSource = {
    sample: (): BackendSample => ({
      ...this.#process('backend', { pid: 50, cpuMs: this.at / 10, workingSetBytes: 10 ** 8, cpuLimit: 0.3 }),
      received: { normal: this.records.received, critical: 0 },
      levels: { low: 0, moderate: 0, high: 0 },
      recordsPerSecond: 0,
      endToEnd: { ...NO_LATENCY, count: 100, p50Ms: 20, p95Ms: 40, p99Ms: 60 },
      clients: 0,
      skippedFrames: 0,
    }),
    health: () => ({ healthy: true, reason: null }),
  }

  sampleOf(name: string): WorkerSample | ProviderSample | FrontendSample {
    const process = this.#process(name, this.service(name))
    if (name === 'frontend') return { ...process, requests: 0 }
    if (name === 'provider') return this.#provider(process)
    return { ...process, slots: [this.#slot()] }
  }

  #process(
    service: string,
    { pid, cpuMs, workingSetBytes, cpuLimit }: Omit<MemoryService, 'behaviour'>,
  ): Omit<FrontendSample, 'requests'> {
    return {
      at: this.at,
      service,
      pid,
      uptimeMs: 60_000,
      rssBytes: 2 * workingSetBytes,
      cpuMs,
      settingsRevision: null,
      ...(cpuLimit === null
        ? {}
        : {
            group: {
              cpuLimit,
              memoryLimitBytes: 512 * 1024 ** 2,
              workingSetBytes,
              cpuMs,
              throttling: { periods: 0, throttledPeriods: 0 },
            },
          }),
    }
  }

  #provider(process: Omit<FrontendSample, 'requests'>): ProviderSample {
    return {
      ...process,
      state: this.providerState,
      source: 'memory',
      targetPerSecond: 1000,
      recordsPerSecond: 1000,
      read: 0,
      published: this.records.published,
      skipped: 0,
      malformed: 0,
      malformedLines: [],
      replacedBytes: 0,
      queuedBytes: 0,
      backPressuredMs: 0,
    }
  }

  #slot(): WorkerSample['slots'][number] {
    const buckets = { count: 0, sumMs: 0, counts: [] }
    const transfer = { batches: 10, records: 500, bytes: 50_000, fill: 0.5 }
    return {
      slot: 0,
      partitions: [0],
      in: 0,
      out: { normal: 0, critical: 0, dirty: 0 },
      duplicates: 0,
      rejects: {},
      recordsPerSecond: 500,
      busyMs: this.busyMs,
      idleMs: 1000 - this.busyMs,
      backPressuredMs: 0,
      stageMs: { parse: 50, validate: 50, deduplicate: 50, route: 50, serialise: 50 },
      fetch: transfer,
      produce: transfer,
      queuedBytes: 0,
      lag: {},
      commitAgeMs: 100,
      arrival: { ...NO_LATENCY, count: 100, p50Ms: 10, p95Ms: 20, p99Ms: 30 },
      processing: NO_LATENCY,
      latencyBuckets: { arrival: buckets, processing: buckets },
      eventLoopDelayMs: 0,
      heapUsedBytes: 10 ** 7,
      heapLimitBytes: 10 ** 9,
      gcMs: 1,
    }
  }
}

interface TurnOptions {
  cpus?: number
  perSecond?: number
  /** Records per second that leave; as many as come in when left out. */
  out?: number
}

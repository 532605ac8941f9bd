import type { BackendSample, ProviderSample, SlotStats, WorkerSample } from '../src/contract/index.ts'
import { emptyCounters, LATENCY_BOUNDS_MS, TOPICS } from '../src/contract/index.ts'
import { known, type ServiceSnapshot, type Snapshot, unknown } from '../src/metrics/index.ts'

/** The state that a story tells on from; tests change it between seconds. */
export interface Story {
  /** Wall-clock milliseconds. */
  at: number
  partitions: { end: number; committed: number; dirty: number; duplicates: number; owner: string }[]
  /** Per second, of all partitions together; of partition p when it is in `inOf` or `outOf`. */
  in: number
  out: number
  inOf: Map<number, number>
  outOf: Map<number, number>
  dirtyShare: number
  services: Map<string, Omit<ServiceSnapshot, 'name'>>
  cpus: Map<string, number>
  /** Bytes, where they are not those of the service. */
  memory: Map<string, number>
  /** Bytes of heap in use by slot (`worker-1/0`), and milliseconds of collecting garbage in a second. */
  heap: Map<string, number>
  gcMs: Map<string, number>
  heapLimitBytes: number
  hostCpu: number
  /** Of each slot, per second. */
  fetch: { batches: number; records: number; bytes: number; fill: number }
  stageMs: { parse: number; validate: number; deduplicate: number; route: number; serialise: number }
  /** p99 from the provider to the decision. */
  arrivalMs: number | null
  /** Bytes on disk of all topics together; null when nobody asks. */
  diskBytes: number | null
  throttled: Map<string, number>
  slots: { worker: string; slot: number; busy: number; waiting: number; perSecond: number }[]
  provider: { published: number; waiting: number; state: ProviderSample['state'] }
  received: number
  p99Ms: number | null
  groupState: string
  values: Record<string, number | string>
  /** Sources that say nothing, with why: runtime, kafka, host, provider, backend, worker-1… */
  silent: Map<string, string>
  /** A second later (or as much as is said): counters have moved on. */
  next(ms?: number): Snapshot
}

const GIB = 1024 ** 3
export const STORY_START = Date.UTC(2026, 10, 22, 14, 0, 0)

/** A healthy stack of two workers with one slot each over two partitions, at 1,000 records a second. */
export function createStory(): Story {
  const story: Story = {
    at: STORY_START,
    partitions: ['worker-1-slot-0', 'worker-2-slot-0'].map((owner) => ({
      end: 10_000,
      committed: 10_000,
      dirty: 500,
      duplicates: 100,
      owner,
    })),
    in: 1000,
    out: 1000,
    inOf: new Map(),
    outOf: new Map(),
    dirtyShare: 0.05,
    services: new Map(
      (
        [
          ['kafka', 'kafka'],
          ['worker-1', 'worker'],
          ['worker-2', 'worker'],
          ['backend', 'backend'],
          ['provider', 'provider'],
        ] as const
      ).map(([name, role]) => [name, serviceOf(role)]),
    ),
    cpus: new Map(),
    memory: new Map(),
    heap: new Map(),
    gcMs: new Map(),
    heapLimitBytes: 1e8,
    hostCpu: 0.4,
    fetch: { batches: 1, records: 1, bytes: 1, fill: 0.1 },
    stageMs: { parse: 100, validate: 50, deduplicate: 50, route: 10, serialise: 90 },
    arrivalMs: null,
    diskBytes: null,
    throttled: new Map(),
    slots: [1, 2].map((worker) => ({
      worker: `worker-${worker}`,
      slot: 0,
      busy: 0.31,
      waiting: 0,
      perSecond: 500,
    })),
    provider: { published: 20_000, waiting: 0, state: 'running' },
    received: 18_000,
    p99Ms: 41,
    groupState: 'Stable',
    values: { 'provider.rate': 1000 },
    silent: new Map(),
    next(ms = 1000) {
      story.at += ms
      const seconds = ms / 1000
      for (const [index, partition] of story.partitions.entries()) {
        const share = 1 / story.partitions.length
        partition.end += Math.round((story.inOf.get(index) ?? story.in * share) * seconds)
        const done = Math.min(
          Math.max(0, partition.end - partition.committed),
          Math.round((story.outOf.get(index) ?? story.out * share) * seconds),
        )
        partition.committed += done
        partition.dirty += Math.round(done * story.dirtyShare)
      }
      story.provider.published += Math.round(story.in * seconds)
      story.received += Math.round(story.out * seconds)
      return snapshotOf(story)
    },
  }
  return story
}

function serviceOf(role: string): Omit<ServiceSnapshot, 'name'> {
  return {
    role,
    condition: 'healthy',
    reason: null,
    pid: 100,
    restarts: 0,
    since: STORY_START,
    exit: null,
    cpus: unknown('set by the story'),
    memoryBytes: known(GIB / 4, STORY_START),
    throttling: unknown('set by the story'),
    limits: { cpus: 1, memoryBytes: GIB, enforced: true, how: 'cgroup v2' },
  }
}

function snapshotOf(story: Story): Snapshot {
  const { at, silent } = story
  const told = <Value>(source: string, value: Value) => {
    const why = silent.get(source)
    return why === undefined ? known(value, at) : unknown<Value>(why)
  }
  const workers = [...story.services].filter(([, { role }]) => role === 'worker').map(([name]) => name)
  return {
    schema: 'radtune.snapshot/1',
    at,
    stack: told('runtime', {
      profile: '4c8g',
      engine: 'worker',
      runtime: 'local' as const,
      launchedAt: STORY_START,
      availability: 1,
    }),
    host: told('host', {
      cpus: 4,
      cpuShare: story.hostCpu,
      perCore: [0.4, 0.4, 0.4, 0.4],
      memoryBytes: 8 * GIB,
      usedBytes: 4 * GIB,
    }),
    services: told(
      'runtime',
      [...story.services].map(([name, service]) => ({
        ...service,
        name,
        cpus: known(story.cpus.get(name) ?? 0.3, at),
        memoryBytes: story.memory.has(name) ? known(story.memory.get(name) ?? 0, at) : service.memoryBytes,
        throttling: known(
          { periods: 100, throttledPeriods: 0, throttledMs: 0, recentShare: story.throttled.get(name) ?? 0 },
          at,
        ),
      })),
    ),
    kafka: {
      topics: told('kafka', [
        {
          topic: TOPICS.input,
          partitions: story.partitions.map(({ end }, partition) => ({ partition, low: 0, end })),
        },
        {
          topic: TOPICS.normal,
          partitions: story.partitions.map(({ committed }, partition) => ({
            partition,
            low: 0,
            end: committed,
          })),
        },
      ]),
      commits: told(
        'kafka',
        story.partitions.map(({ committed, dirty, duplicates }, partition) => {
          const counters = emptyCounters(0)
          counters.dirty.unit = dirty
          counters.duplicates = duplicates
          counters.normal = committed - dirty - duplicates
          return { partition, committed, counters }
        }),
      ),
      group: told('kafka', {
        state: story.groupState,
        owners: story.partitions.map(({ owner }, partition) => ({ partition, owner })),
      }),
      sizes:
        story.diskBytes === null
          ? unknown('nobody asks')
          : told('kafka', { [TOPICS.input]: story.diskBytes }),
    },
    workers: workers.map((service) => ({ service, sample: told(service, workerOf(story, service)) })),
    provider: told('provider', providerOf(story)),
    backend: told('backend', backendOf(story)),
    settings: told('runtime', { revision: 3, values: { ...story.values }, origins: {} }),
    events: [],
  }
}

function processOf(story: Story, service: string) {
  return {
    at: story.at,
    service,
    pid: 100,
    uptimeMs: story.at - STORY_START,
    rssBytes: 1e8,
    cpuMs: (story.at - STORY_START) * 0.3,
    settingsRevision: 3,
  }
}

function workerOf(story: Story, service: string): WorkerSample {
  const latency = { count: 0, p50Ms: null, p95Ms: null, p99Ms: null, p999Ms: null, maxMs: null }
  const buckets = { count: 0, sumMs: 0, counts: LATENCY_BOUNDS_MS.map(() => 0) }
  const flow = { batches: 1, records: 1, bytes: 1, fill: 0.1 }
  return {
    ...processOf(story, service),
    slots: story.slots
      .filter(({ worker }) => worker === service)
      .map(
        ({ slot, busy, waiting, perSecond }): SlotStats => ({
          slot,
          partitions: story.partitions.flatMap(({ owner }, partition) =>
            owner === `${service}-slot-${slot}` ? [partition] : [],
          ),
          in: 0,
          out: { normal: 0, critical: 0, dirty: 0 },
          duplicates: 0,
          rejects: {},
          recordsPerSecond: perSecond,
          busyMs: busy * 1000,
          idleMs: (1 - busy - waiting) * 1000,
          backPressuredMs: waiting * 1000,
          stageMs: story.stageMs,
          fetch: story.fetch,
          produce: { ...flow, records: perSecond },
          queuedBytes: 0,
          lag: {},
          commitAgeMs: 100,
          arrival: { ...latency, p99Ms: story.arrivalMs },
          processing: latency,
          latencyBuckets: { arrival: buckets, processing: buckets },
          eventLoopDelayMs: 1,
          heapUsedBytes: story.heap.get(`${service}/${slot}`) ?? 1e7,
          heapLimitBytes: story.heapLimitBytes,
          gcMs: story.gcMs.get(`${service}/${slot}`) ?? 1,
        }),
      ),
  }
}

function providerOf(story: Story): ProviderSample {
  return {
    ...processOf(story, 'provider'),
    state: story.provider.state,
    source: 'generator',
    targetPerSecond: story.in,
    recordsPerSecond: story.in,
    read: story.provider.published,
    published: story.provider.published,
    skipped: 0,
    malformed: 0,
    malformedLines: [],
    replacedBytes: 0,
    queuedBytes: 0,
    backPressuredMs: story.provider.waiting * 1000,
  }
}

function backendOf(story: Story): BackendSample {
  const { p99Ms } = story
  return {
    ...processOf(story, 'backend'),
    received: { normal: story.received, critical: 0 },
    levels: { low: story.received, moderate: 0, high: 0 },
    recordsPerSecond: story.out,
    endToEnd: {
      count: p99Ms === null ? 0 : 100,
      p50Ms: p99Ms && p99Ms / 3,
      p95Ms: p99Ms && p99Ms / 1.4,
      p99Ms,
      p999Ms: p99Ms,
      maxMs: p99Ms,
    },
    clients: 2,
    skippedFrames: 0,
  }
}

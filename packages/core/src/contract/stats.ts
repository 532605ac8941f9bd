import { z } from 'zod'
import { LEVELS, REJECT_REASONS } from './records.ts'

/** Latency over the last interval and since start, milliseconds; null when nothing was measured. */
export const latencySchema = z.object({
  count: z.number(),
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable().default(null),
  p99Ms: z.number().nullable(),
  p999Ms: z.number().nullable(),
  maxMs: z.number().nullable(),
})
export type Latency = z.infer<typeof latencySchema>

/** How long the recent end-to-end latencies of a backend are over. */
export const RECENT_LATENCY_MS = 10_000

/** Upper bounds of the buckets of a latency histogram, milliseconds. */
export const LATENCY_BOUNDS_MS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000,
] as const

/** A histogram since start: how many fell into each bucket (not cumulative); later ones are in `count` only. */
export const latencyBucketsSchema = z.object({
  count: z.number(),
  sumMs: z.number(),
  counts: z.array(z.number()),
})
export type LatencyBuckets = z.infer<typeof latencyBucketsSchema>

const perReason = z.partialRecord(z.enum(REJECT_REASONS), z.number())

/** One slot over the last second (`…PerSecond`, `…Ms` of that second) and since its start (plain counters). */
export const slotStatsSchema = z.object({
  slot: z.number(),
  partitions: z.array(z.number()),
  /** Records since the slot started. */
  in: z.number(),
  out: z.object({ normal: z.number(), critical: z.number(), dirty: z.number() }),
  duplicates: z.number(),
  rejects: perReason,
  recordsPerSecond: z.number(),
  /** Milliseconds per second, as Flink defines them: they sum to about 1000. */
  busyMs: z.number(),
  idleMs: z.number(),
  backPressuredMs: z.number(),
  /** Milliseconds per second in each stage, sampled. */
  stageMs: z.object({
    parse: z.number(),
    validate: z.number(),
    deduplicate: z.number(),
    route: z.number(),
    serialise: z.number(),
  }),
  /** Records and bytes of the fetches of the last second. */
  fetch: z.object({ batches: z.number(), records: z.number(), bytes: z.number(), fill: z.number() }),
  produce: z.object({ batches: z.number(), records: z.number(), bytes: z.number(), fill: z.number() }),
  queuedBytes: z.number(),
  /** Records not yet processed, by input partition. */
  lag: z.record(z.string(), z.number()),
  /** Milliseconds since the last successful commit; null before the first. */
  commitAgeMs: z.number().nullable(),
  /** Provider's `sent-at` to decision, and fetch to acknowledged output. */
  arrival: latencySchema,
  processing: latencySchema,
  latencyBuckets: z.object({ arrival: latencyBucketsSchema, processing: latencyBucketsSchema }),
  eventLoopDelayMs: z.number(),
  heapUsedBytes: z.number(),
  heapLimitBytes: z.number(),
  gcMs: z.number(),
})
export type SlotStats = z.infer<typeof slotStatsSchema>

/** The live settings that a service runs by, as far as it has applied the settings topic. */
export const settingsReportSchema = z.object({
  /** Highest offset of `radtune.settings` up to which everything is applied; null when nothing was read. */
  revision: z.number().nullable(),
  /** What is in force, by key, in the unit of the settings table. */
  applied: z.record(z.string(), z.union([z.number(), z.string()])),
  /** The newest records that are not applied, and why. */
  rejected: z.array(z.object({ key: z.string(), why: z.string(), offset: z.number() })),
  /** Why the topic is not being followed just now; null while it is. */
  problem: z.string().nullable(),
})
export type SettingsReport = z.infer<typeof settingsReportSchema>

/** What the kernel counts of the control group of a service, and allows it; null is what it does not tell. */
export const controlGroupSchema = z.object({
  /** In force; null where none is. 1 is one core. */
  cpuLimit: z.number().nullable(),
  memoryLimitBytes: z.number().nullable(),
  /** Used memory less the page cache that the kernel can take back at once. */
  workingSetBytes: z.number().nullable(),
  /** CPU time of all that ever ran in it. */
  cpuMs: z.number().nullable(),
  /** CPU periods since the group was made, and those in which the limit held it back. */
  throttling: z.object({ periods: z.number(), throttledPeriods: z.number() }).nullable(),
})
export type ControlGroupStats = z.infer<typeof controlGroupSchema>

const processStats = {
  at: z.number(),
  service: z.string(),
  pid: z.number(),
  uptimeMs: z.number(),
  rssBytes: z.number(),
  cpuMs: z.number(),
  /** Highest offset of `radtune.settings` applied; null when none was read. */
  settingsRevision: z.number().nullable(),
  /** Absent for a service that has no live settings. */
  settings: settingsReportSchema.optional(),
  /** Absent where a service has no control group of its own. */
  group: controlGroupSchema.optional(),
}

/** What every service says of its process, whatever else it says. */
export const processSampleSchema = z.object(processStats)
export type ProcessSample = z.infer<typeof processSampleSchema>

export const workerSampleSchema = z.object({ ...processStats, slots: z.array(slotStatsSchema) })
export type WorkerSample = z.infer<typeof workerSampleSchema>

export const PROVIDER_STATES = ['starting', 'running', 'paused', 'finished', 'failed'] as const

/** Silences of the data that were cut since the provider started, and the newest of them: captured times, ISO, and when it was cut. */
export const playbackGapsSchema = z.object({
  cut: z.number(),
  newest: z.object({ from: z.string(), to: z.string(), at: z.number() }).nullable(),
})
export type PlaybackGaps = z.infer<typeof playbackGapsSchema>

export const providerSampleSchema = z.object({
  ...processStats,
  state: z.enum(PROVIDER_STATES),
  source: z.string(),
  targetPerSecond: z.number(),
  recordsPerSecond: z.number(),
  /** Rows read, published and acknowledged, skipped because an earlier run published them, and malformed. */
  read: z.number(),
  published: z.number(),
  skipped: z.number(),
  malformed: z.number(),
  /** The first malformed lines, bounded. */
  malformedLines: z.array(z.object({ source: z.string(), line: z.number(), message: z.string() })),
  replacedBytes: z.number(),
  queuedBytes: z.number(),
  /** Milliseconds of the last second in which reading waited for Kafka. */
  backPressuredMs: z.number(),
  /** The pace in force: seconds of captured time per second (0 paces by rate), readings per second, and whether it is paused. */
  playback: z.object({ speed: z.number(), ratePerSecond: z.number(), paused: z.boolean() }).optional(),
  gaps: playbackGapsSchema.optional(),
})
export type ProviderSample = z.infer<typeof providerSampleSchema>

export const backendSampleSchema = z.object({
  ...processStats,
  received: z.object({ normal: z.number(), critical: z.number() }),
  levels: z.record(z.enum(LEVELS), z.number()),
  /** The newest critical reading, in CPM; null when there was none. */
  newestAlert: z
    .object({ value: z.number(), latitude: z.number(), longitude: z.number() })
    .nullable()
    .optional(),
  recordsPerSecond: z.number(),
  /** `sent-at` to receipt, over the last ten seconds and in buckets since start. */
  endToEnd: latencySchema,
  endToEndBuckets: latencyBucketsSchema.optional(),
  clients: z.number(),
  skippedFrames: z.number(),
})
export type BackendSample = z.infer<typeof backendSampleSchema>

export const frontendSampleSchema = z.object({ ...processStats, requests: z.number() })
export type FrontendSample = z.infer<typeof frontendSampleSchema>

/** What `/stats` answers: the newest sample and the ring of the last 15 minutes, oldest first. `?history=thin` has a fifth of what is older than 150 samples, `?history=0` none. */
export interface StatsAnswer<Sample> {
  schema: 'radtune.stats/1'
  current: Sample | null
  history: Sample[]
}

/** What `/health` answers, with status 200 or 503. */
export const healthSchema = z.object({ healthy: z.boolean(), reason: z.string().nullable() })
export type Health = z.infer<typeof healthSchema>

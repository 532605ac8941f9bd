import { z } from 'zod'
import { readingSchema } from './reading.ts'
import { monitorEventSchema } from './snapshot.ts'

const number = z.number().nullable()
const word = z.enum(['ok', 'WARN', 'CRIT'])

/** One metric over a window. A null is "not known in this window", never 0. */
export const metricSchema = z.object({
  /** The newest value; `at` tells its age. */
  now: readingSchema(z.number()),
  average: number,
  min: number,
  max: number,
  p95: number,
  /** Slope of a straight line through the window, per minute; null with fewer than three samples. */
  perMinute: number,
  samples: z.number(),
  /** Over which it is WARN; null where it is not judged. */
  limit: number,
  state: word.nullable(),
})
export type Metric = z.infer<typeof metricSchema>

/** When the input is processed up to now at the rates of the last ten seconds. */
export const drainSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('nothing') }),
  /** As much as arrives between two commits is always on its way. */
  z.object({ kind: z.literal('in-flow') }),
  /** Of the slowest partition. */
  z.object({ kind: z.literal('drains'), ms: z.number(), partition: z.number() }),
  z.object({ kind: z.literal('never'), partition: z.number() }),
  z.object({ kind: z.literal('unknown'), why: z.string() }),
])
export type Drain = z.infer<typeof drainSchema>

export const bottleneckSchema = z.object({
  /** What holds the flow back; null when nothing does, or when it cannot be told. */
  stage: z.enum(['provider', 'kafka', 'workers', 'backend']).nullable(),
  /** The service that is throttled or busiest in it. */
  service: z.string().nullable(),
  cause: z.enum(['throttled', 'busy', 'uneven', 'slow']).nullable(),
  /** Who waits for it. */
  waiting: z.array(z.string()),
  /** Since when; null when nothing is. */
  sinceMs: number,
  /** Chronic after a minute. */
  lasting: z.enum(['transient', 'chronic']).nullable(),
  sentence: z.string(),
})
export type Bottleneck = z.infer<typeof bottleneckSchema>

export const serviceEvaluationSchema = z.object({
  name: z.string(),
  role: z.string(),
  condition: z.string(),
  reason: z.string().nullable(),
  pid: number,
  restarts: z.number(),
  /** Seen since the evaluation began. */
  outOfMemoryKills: z.number(),
  limits: z.object({ cpus: z.number(), memoryBytes: z.number(), enforced: z.boolean() }),
  memoryBytes: readingSchema(z.number()),
  cpu: metricSchema,
  memory: metricSchema,
  throttled: metricSchema,
  /** Records per second into and out of it; null where none pass. */
  in: readingSchema(z.number()).nullable(),
  out: readingSchema(z.number()).nullable(),
})
export type ServiceEvaluation = z.infer<typeof serviceEvaluationSchema>

export const partitionEvaluationSchema = z.object({
  partition: z.number(),
  end: readingSchema(z.number()),
  lag: metricSchema,
  in: metricSchema,
  out: metricSchema,
  owner: z.string().nullable(),
  drain: drainSchema,
})

export const slotEvaluationSchema = z.object({
  worker: z.string(),
  slot: z.number(),
  partitions: z.array(z.number()),
  busy: metricSchema,
  waiting: metricSchema,
  recordsPerSecond: z.number(),
  lag: z.number(),
})

/** What a window of snapshots means. */
export const evaluationSchema = z.object({
  schema: z.literal('radtune.evaluation/1'),
  at: z.number(),
  windowMs: z.number(),
  /** The worst word of all metrics and services; null while nothing is known. */
  state: word.nullable(),
  host: z.object({ cpu: metricSchema, memory: metricSchema }),
  services: readingSchema(z.array(serviceEvaluationSchema)),
  flow: z.object({
    in: metricSchema,
    out: metricSchema,
    provider: metricSchema,
    received: metricSchema,
    lag: metricSchema,
    drain: drainSchema,
    p50: metricSchema,
    p95: metricSchema,
    p99: metricSchema,
    rejects: metricSchema,
    duplicates: metricSchema,
  }),
  /** Records per second into each topic. */
  topics: z.array(z.object({ topic: z.string(), rate: metricSchema, bytes: number })),
  partitions: readingSchema(z.array(partitionEvaluationSchema)),
  slots: z.object({
    busy: metricSchema,
    waiting: metricSchema,
    /** Fastest over mean, and the coefficient of variation of the newest sample. */
    balance: metricSchema,
    variation: readingSchema(z.number()),
    each: z.array(slotEvaluationSchema),
  }),
  /** Share of slot time. */
  stages: z.array(z.object({ stage: z.string(), share: metricSchema })),
  rejected: z.array(z.object({ reason: z.string(), perSecond: z.number(), share: number })),
  provider: z.object({
    state: z.string().nullable(),
    target: readingSchema(z.number()),
    waiting: metricSchema,
  }),
  clients: readingSchema(z.number()),
  group: readingSchema(z.string()),
  settings: z.object({ revision: number }),
  bottleneck: bottleneckSchema,
  /** What is not ok, the worst first. */
  alarms: z.array(z.object({ metric: z.string(), state: z.enum(['WARN', 'CRIT']), sentence: z.string() })),
  /** Newest last. */
  events: z.array(monitorEventSchema),
})
export type Evaluation = z.infer<typeof evaluationSchema>

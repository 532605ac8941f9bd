import { z } from 'zod'
import {
  backendSampleSchema,
  LEVELS,
  type PartitionCounters,
  providerSampleSchema,
  REJECT_REASONS,
  workerSampleSchema,
} from '../contract/index.ts'
import { readingSchema } from './reading.ts'

const countersSchema = z.object({
  first: z.number(),
  normal: z.number(),
  critical: z.number(),
  duplicates: z.number(),
  dirty: z.record(z.enum(REJECT_REASONS), z.number()),
  levels: z.record(z.enum(LEVELS), z.number()),
}) satisfies z.ZodType<PartitionCounters>

export const stackFactsSchema = z.object({
  profile: z.string(),
  engine: z.string(),
  runtime: z.enum(['local', 'docker']),
  launchedAt: z.number(),
  /** Share of the time since all were ready in which all were healthy; null before that. */
  availability: z.number().nullable(),
})
export type StackFacts = z.infer<typeof stackFactsSchema>

/** The machine, or the part of it that the limits of our own place leave. */
export const hostLoadSchema = z.object({
  cpus: z.number(),
  /** Of all those CPUs, 0 to 1. */
  cpuShare: z.number(),
  /** Of each core of the machine, 0 to 1. */
  perCore: z.array(z.number()),
  memoryBytes: z.number(),
  usedBytes: z.number(),
})
export type HostLoad = z.infer<typeof hostLoadSchema>

export const serviceSnapshotSchema = z.object({
  name: z.string(),
  role: z.string(),
  condition: z.string(),
  reason: z.string().nullable(),
  pid: z.number().nullable(),
  restarts: z.number(),
  /** Wall-clock milliseconds of the last change of condition. */
  since: z.number(),
  exit: z
    .object({ code: z.number().nullable(), signal: z.string().nullable(), outOfMemory: z.boolean() })
    .nullable(),
  /** CPUs in use over the last second or so (1 is one core), and the working set. */
  cpus: readingSchema(z.number()),
  memoryBytes: readingSchema(z.number()),
  /** Counters since its start; `recentShare` over the last ten seconds. */
  throttling: readingSchema(
    z.object({
      periods: z.number(),
      throttledPeriods: z.number(),
      throttledMs: z.number(),
      recentShare: z.number(),
    }),
  ),
  /** In force where enforced, else those of the plan. */
  limits: z.object({ cpus: z.number(), memoryBytes: z.number(), enforced: z.boolean(), how: z.string() }),
})
export type ServiceSnapshot = z.infer<typeof serviceSnapshotSchema>

export const topicOffsetsSchema = z.object({
  topic: z.string(),
  partitions: z.array(z.object({ partition: z.number(), low: z.number(), end: z.number() })),
})
export type TopicOffsets = z.infer<typeof topicOffsetsSchema>

/** What the worker group has committed of one input partition; null before the first commit. */
export const commitSchema = z.object({
  partition: z.number(),
  committed: z.number().nullable(),
  counters: countersSchema.nullable(),
})
export type Commit = z.infer<typeof commitSchema>

export const groupSchema = z.object({
  /** In Kafka's words: Stable, PreparingRebalance, CompletingRebalance, Empty, Dead. */
  state: z.string(),
  owners: z.array(z.object({ partition: z.number(), owner: z.string() })),
})
export type Group = z.infer<typeof groupSchema>

/** One connection, several questions: each may fail alone. */
export const kafkaSnapshotSchema = z.object({
  topics: readingSchema(z.array(topicOffsetsSchema)),
  commits: readingSchema(z.array(commitSchema)),
  group: readingSchema(groupSchema),
  /** Bytes on disk by topic. */
  sizes: readingSchema(z.record(z.string(), z.number())),
})
export type KafkaSnapshot = z.infer<typeof kafkaSnapshotSchema>

/** What the services run by: the plan with the overlay, and over it what they report of the settings topic. */
export const settingsInForceSchema = z.object({
  /** Highest revision that a service reports; null when none has read the topic. */
  revision: z.number().nullable(),
  values: z.record(z.string(), z.union([z.number(), z.string()])),
  /** Where values that are not derived come from, by key. */
  origins: z.record(z.string(), z.string()),
})
export type SettingsInForce = z.infer<typeof settingsInForceSchema>

export const monitorEventSchema = z.object({
  at: z.number(),
  severity: z.enum(['info', 'warn', 'crit']),
  kind: z.enum([
    'condition',
    'restart',
    'out-of-memory',
    'rebalance',
    'topic',
    'provider',
    'settings',
    'source',
    'threshold',
    'alert',
  ]),
  /** What it is about: a service, a topic, a metric, a setting, a source, the readings. */
  subject: z.string(),
  sentence: z.string(),
})
export type MonitorEvent = z.infer<typeof monitorEventSchema>

const slimWorkerSchema = workerSampleSchema.omit({ settings: true })

/** What the sources said at one instant. A source that said nothing is a Reading with its why. Fields are only ever added. */
export const snapshotSchema = z.object({
  schema: z.literal('radtune.snapshot/1'),
  at: z.number(),
  stack: readingSchema(stackFactsSchema),
  host: readingSchema(hostLoadSchema),
  services: readingSchema(z.array(serviceSnapshotSchema)),
  kafka: kafkaSnapshotSchema,
  workers: z.array(z.object({ service: z.string(), sample: readingSchema(slimWorkerSchema) })),
  provider: readingSchema(providerSampleSchema.omit({ settings: true })),
  backend: readingSchema(backendSampleSchema.omit({ settings: true })),
  settings: readingSchema(settingsInForceSchema),
  /** What sources told to have happened since the snapshot before. */
  events: z.array(monitorEventSchema),
})
export type Snapshot = z.infer<typeof snapshotSchema>

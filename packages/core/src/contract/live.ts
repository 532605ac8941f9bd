import { z } from 'zod'
import { LEVELS, REJECT_REASONS } from './records.ts'
import { latencySchema } from './stats.ts'

/** The newest reading of one sensor, as the page shows it. */
export const livePointSchema = z.object({
  /** `device:<id>`, else `drive:<loader id>:<rounded position>`, else `place:<position>`. */
  sensor: z.string(),
  latitude: z.number(),
  longitude: z.number(),
  value: z.number(),
  usvh: z.number(),
  level: z.enum(LEVELS),
  critical: z.boolean(),
  capturedTime: z.string(),
  flags: z.array(z.string()),
  /** `sent-at` to receipt at the backend; null when the record carries no time. */
  latencyMs: z.number().nullable(),
})
export type LivePoint = z.infer<typeof livePointSchema>

export const recordSumsSchema = z.object({
  in: z.number(),
  normal: z.number(),
  critical: z.number(),
  dirty: z.number(),
  dirtyByReason: z.partialRecord(z.enum(REJECT_REASONS), z.number()),
  duplicates: z.number(),
  inFlight: z.number(),
  levels: z.record(z.enum(LEVELS), z.number()),
})

export const liveStatsSchema = z.object({
  /** Records received by the backend per second. */
  recordsPerSecond: z.number(),
  received: z.object({ normal: z.number(), critical: z.number() }),
  levels: z.record(z.enum(LEVELS), z.number()),
  endToEnd: latencySchema,
  /** From the committed offsets; null while Kafka does not answer. */
  records: recordSumsSchema.nullable(),
  /** Frames that this client did not get because it was too slow. */
  skippedFrames: z.number(),
  clients: z.number(),
  /** Sensors whose latest reading the backend holds; a client is shown the newest of them. */
  sensors: z.number(),
})
export type LiveStats = z.infer<typeof liveStatsSchema>

/** What `GET /api/state` answers and `/ws` sends first. */
export const liveStateSchema = z.object({
  type: z.literal('snapshot'),
  seq: z.number(),
  at: z.number(),
  /** Newest captured time seen, ISO; null before the first record. */
  eventTime: z.string().nullable(),
  points: z.array(livePointSchema),
  alerts: z.array(livePointSchema),
  stats: liveStatsSchema,
  thresholds: z.object({ moderate: z.number(), high: z.number(), critical: z.number() }),
})
export type LiveState = z.infer<typeof liveStateSchema>

/** Sent every 250 ms: the newest reading per sensor of this frame; critical readings are never coalesced away. */
export const liveFrameSchema = z.object({
  type: z.literal('frame'),
  seq: z.number(),
  at: z.number(),
  eventTime: z.string().nullable(),
  points: z.array(livePointSchema),
  alerts: z.array(livePointSchema),
  stats: liveStatsSchema,
})
export type LiveFrame = z.infer<typeof liveFrameSchema>

import { z } from 'zod'
import { LEVELS, REJECT_REASONS } from './records.ts'
import { latencySchema, PROVIDER_STATES, playbackGapsSchema } from './stats.ts'

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

/**
 * What is known of one square of the map, over all sensors in it that are held: column and row of the tile of Web Mercator at
 * zoom `LIVE_CELL_ZOOM`, number of sensors, mean and highest dose rate in µSv/h. 0 sensors: the square is empty now.
 */
export const liveCellSchema = z.tuple([z.number(), z.number(), z.number(), z.number(), z.number()])
export type LiveCell = z.infer<typeof liveCellSchema>
export const LIVE_CELL_ZOOM = 8

/** What `GET /api/state` answers and `/ws` sends first. */
export const liveStateSchema = z.object({
  type: z.literal('snapshot'),
  /** Of this backend process: `seq` counts within it. A client that comes back with both gets the frames that it missed. */
  session: z.string(),
  seq: z.number(),
  at: z.number(),
  /** Newest captured time seen, ISO; null before the first record. */
  eventTime: z.string().nullable(),
  points: z.array(livePointSchema),
  /** All squares, when there are more sensors than `points` holds; absent otherwise. */
  cells: z.array(liveCellSchema).optional(),
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
  /** Squares that changed, from the first frame in which not all points had room on; absent before, and when none did. */
  cells: z.array(liveCellSchema).optional(),
  alerts: z.array(livePointSchema),
  stats: liveStatsSchema,
})
export type LiveFrame = z.infer<typeof liveFrameSchema>

/** How the data are replayed: what was asked for, and what the provider says of it. */
export const playbackSchema = z.object({
  /** Seconds of captured time per second; 0 paces by rate. */
  speed: z.number(),
  /** Readings per second when paced by rate; 0 is as fast as possible. */
  ratePerSecond: z.number(),
  /** Whether a pause was asked for. */
  paused: z.boolean(),
  /** What the provider does; null while it does not answer. */
  state: z.enum(PROVIDER_STATES).nullable(),
  gaps: playbackGapsSchema.nullable(),
})
export type Playback = z.infer<typeof playbackSchema>

/** One service as the backend sees it; a null is "not known to the backend", and `reason` says why. */
export const liveServiceSchema = z.object({
  name: z.string(),
  role: z.string(),
  condition: z.enum(['healthy', 'unhealthy', 'silent', 'unknown']),
  reason: z.string().nullable(),
  /** CPUs in use over the last second or so (1 is one core), and the working set. */
  cpus: z.number().nullable(),
  cpuLimit: z.number().nullable(),
  memoryBytes: z.number().nullable(),
  memoryLimitBytes: z.number().nullable(),
})
export type LiveService = z.infer<typeof liveServiceSchema>

/** The pipeline as a whole: what `GET /api/system` answers and `/ws` sends once a second beside the frames. */
export const liveSystemSchema = z.object({
  type: z.literal('system'),
  at: z.number(),
  playback: playbackSchema,
  services: z.array(liveServiceSchema),
  /** Records per second published by the provider, decided by the workers, received by the backend. */
  flow: z.object({
    published: z.number().nullable(),
    processed: z.number().nullable(),
    received: z.number().nullable(),
  }),
  /** Records in the input topic that no worker has processed yet. */
  lag: z.number().nullable(),
  /** What the p99 of the delay is to stay under, milliseconds; absent where the backend was not told. */
  latencyTargetMs: z.number().optional(),
  /** What holds the flow back, in a sentence; null when nothing does or it cannot be told. */
  bottleneck: z.string().nullable(),
  /** What the tuning rules find of what the backend sees; null while they have not been asked. */
  advice: z
    .object({ findings: z.array(z.string()), undecided: z.number(), why: z.string().nullable() })
    .nullable(),
})
export type LiveSystem = z.infer<typeof liveSystemSchema>

/** What comes over `/ws`. */
export type LiveMessage = LiveState | LiveFrame | LiveSystem

/** Answer of a write route, with status 202: the setting is written, and in force once services report the revision. */
export const settingWrittenSchema = z.object({
  key: z.string(),
  value: z.union([z.number(), z.string()]),
  /** Its offset in the settings topic. */
  revision: z.number(),
})
export type SettingWritten = z.infer<typeof settingWrittenSchema>

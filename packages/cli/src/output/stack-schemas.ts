import { LEVELS, OUTPUT_TOPICS, REJECT_REASONS } from '@radtune/core/contract'
import { z } from 'zod'
import { envelopeSchema } from './envelope-schema.ts'

const port = z.number().int().min(1).max(65_535)
const count = z.number().int().nonnegative()

const service = z.object({
  name: z.string(),
  state: z.enum([
    'waiting',
    'starting',
    'healthy',
    'unhealthy',
    'restarting',
    'failed',
    'stopping',
    'stopped',
  ]),
  pid: z.number().nullable(),
  /** Bytes. */
  memory: z.number().nullable(),
  /** CPUs in use; 1 is one core. */
  cpu: z.number().nullable(),
  limits: z.object({ memory: z.number(), cpu: z.number(), enforced: z.boolean(), how: z.string() }),
  /** Periods of 100 ms since the start of the service, and what its CPU limit did in them. */
  throttling: z
    .object({
      periods: count,
      throttledPeriods: count,
      throttledMs: z.number().nonnegative(),
      /** Over the last 10 seconds. */
      recentShare: z.number().min(0).max(1),
    })
    .nullable(),
  restarts: count,
  lastExit: z
    .object({ code: z.number().nullable(), signal: z.string().nullable(), outOfMemory: z.boolean() })
    .nullable(),
  since: z.string(),
  reason: z.string().nullable(),
  /** Why memory, cpu or throttling is null. */
  unknown: z.array(z.string()),
})

const records = z.object({
  in: count,
  normal: count,
  critical: count,
  dirty: count,
  dirtyByReason: z.partialRecord(z.enum(REJECT_REASONS), count),
  duplicates: count,
  inFlight: count,
})

const levels = z.record(z.enum(LEVELS), count)

const up = z.object({
  how: z.enum(['launched', 'changed', 'already']),
  runtime: z.enum(['local', 'docker']),
  profile: z.string(),
  elapsedMs: z.number(),
  services: z.array(service),
  ports: z.object({ kafka: port, backend: port, frontend: port, stats: z.record(z.string(), port) }),
  firstRecord: z
    .object({
      kind: z.enum(['through', 'nothing-valid', 'nothing-new', 'paused']),
      latencyMs: z.number().nullable(),
      elapsedMs: z.number(),
    })
    .nullable(),
  records: records.extend({ levels }).nullable(),
  criticalPath: z.array(z.object({ name: z.string(), elapsedMs: z.number().nonnegative() })),
  /** Round trips through Kafka before data flow; null when Kafka ran already. */
  warmUp: z
    .object({
      firstP50Ms: z.number().nonnegative(),
      lastP50Ms: z.number().nonnegative(),
      roundTrips: count,
      elapsedMs: z.number().nonnegative(),
    })
    .nullable(),
})

const status = z.object({
  running: z.boolean(),
  at: z.string(),
  runtime: z.enum(['local', 'docker']).nullable(),
  profile: z.string().nullable(),
  launchedAt: z.string().nullable(),
  availability: z.object({ share: z.number(), overMs: z.number(), target: z.number() }).nullable(),
  ports: z.object({ kafka: port, backend: port, frontend: port }).nullable(),
  services: z.array(service),
  records: records.nullable(),
  recordsWhy: z.string().nullable(),
  levels: levels.nullable(),
  mismatches: z.array(z.object({ partition: count, processed: z.number(), counted: z.number().nullable() })),
  provider: z
    .object({ state: z.string(), read: count, malformed: count, recordsPerSecond: z.number() })
    .nullable(),
  endToEnd: z
    .object({ p50Ms: z.number().nullable(), p99Ms: z.number().nullable(), targetMs: z.number() })
    .nullable(),
})

const down = z.object({
  stopped: z.boolean(),
  services: z.array(z.string()),
  records: records.extend({ levels }).nullable(),
  recordsWhy: z.string().nullable(),
  droppedBytes: z.number().nullable(),
  elapsedMs: z.number(),
})

const logs = z.object({
  services: z.array(z.string()),
  lines: z.array(z.object({ service: z.string(), at: z.string().nullable(), text: z.string() })),
})

const value = z.union([z.string(), z.number()]).nullable()
const effect = z.enum(['live', 'restart', 'recreate', 'irreversible'])
const origin = z.enum(['derived', 'profile', 'user config', 'radtune.yaml', 'overlay', 'environment', 'flag'])

const set = z.object({
  running: z.boolean(),
  settings: z.array(
    z.object({
      name: z.string(),
      /** In the unit of the settings table. */
      from: value,
      to: value,
      text: z.string(),
      effect,
      state: z.enum(['in force', 'next up', 'planned']),
      restarts: z.array(z.string()),
      follows: z.boolean(),
    }),
  ),
  revision: count.nullable(),
  acknowledgements: z.array(z.object({ service: z.string(), revision: count.nullable() })),
})

const get = z.object({
  running: z.boolean(),
  profile: z.string(),
  settings: z.array(
    z.object({
      name: z.string(),
      value,
      text: z.string(),
      unit: z.string(),
      effect,
      origin,
      at: z.string().nullable(),
      revision: count.nullable(),
      by: z.string().nullable(),
      services: z.array(
        z.object({ service: z.string(), revision: count.nullable(), value, why: z.string().nullable() }),
      ),
      mismatches: z.array(z.string()),
    }),
  ),
})

const trace = z.object({
  partition: count,
  offset: count,
  key: z.string().nullable(),
  /** As published; base64 when it is not UTF-8 text. */
  value: z.string().nullable(),
  valueEncoding: z.enum(['utf-8', 'base64']),
  row: z.string().nullable(),
  outcome: z.object({
    kind: z.enum(['kept', 'dirty', 'duplicate', 'waiting', 'unknown']),
    topic: z.enum(OUTPUT_TOPICS).nullable(),
    offset: count.nullable(),
    level: z.enum(LEVELS).nullable(),
    critical: z.boolean().nullable(),
    reason: z.enum(REJECT_REASONS).nullable(),
    detail: z.string().nullable(),
    why: z.string().nullable(),
  }),
  stages: z.array(
    z.object({
      stage: z.enum(['parse', 'validate', 'deduplicate', 'classify', 'route']),
      verdict: z.enum(['passed', 'rejected', 'dropped', 'skipped', 'waiting', 'untold']),
      detail: z.string().nullable(),
    }),
  ),
  times: z.array(z.object({ event: z.string(), at: z.string().nullable(), afterMs: z.number().nullable() })),
})

/** The JSON documents of the commands about a running stack. */
export const stackSchemas = {
  'radtune.up/1': envelopeSchema('radtune.up/1', up),
  'radtune.status/1': envelopeSchema('radtune.status/1', status),
  'radtune.down/1': envelopeSchema('radtune.down/1', down),
  'radtune.set/1': envelopeSchema('radtune.set/1', set),
  'radtune.get/1': envelopeSchema('radtune.get/1', get),
  'radtune.trace/1': envelopeSchema('radtune.trace/1', trace),
  'radtune.logs/1': envelopeSchema('radtune.logs/1', logs),
} as const

import { evaluationSchema, snapshotSchema } from '@radtune/core/metrics'
import { z } from 'zod'
import { envelopeSchema } from './envelope-schema.ts'
import { stackSchemas } from './stack-schemas.ts'

const origin = z.enum(['derived', 'profile', 'user config', 'radtune.yaml', 'overlay', 'environment', 'flag'])

const reason = z.object({
  of: z.string(),
  rule: z.string(),
  sentence: z.string(),
  origin: origin.optional(),
  at: z.string().optional(),
})

const service = z.object({
  name: z.string(),
  role: z.enum(['kafka', 'worker', 'backend', 'provider', 'frontend']),
  memoryBytes: z.number().int().positive(),
  cpus: z.number().positive(),
  reservedMemoryBytes: z.number().int().nonnegative(),
  reservedCpus: z.number().nonnegative(),
  heapBytes: z.number().int().positive().optional(),
  slots: z.number().int().nonnegative().optional(),
  reasons: z.array(reason).min(1),
})

const plan = z.object({
  profile: z.string(),
  profileSource: z.object({ origin: z.string(), kind: z.string(), path: z.string().nullable() }),
  engine: z.literal('worker'),
  machine: z.object({ cpus: z.number(), memoryBytes: z.number(), usableMemoryBytes: z.number() }),
  workload: z.object({ minPerSecond: z.number(), maxPerSecond: z.number(), latencyTargetMs: z.number() }),
  services: z.array(service),
  topics: z.array(
    z.object({
      name: z.string(),
      partitions: z.number().int().positive(),
      replicationFactor: z.number().int().positive(),
      config: z.record(z.string(), z.string()),
    }),
  ),
  settings: z.record(
    z.string(),
    z.object({ value: z.union([z.string(), z.number()]), origin, at: z.string().optional(), reason }),
  ),
  totals: z.object({
    memoryBytes: z.number(),
    cpus: z.number(),
    reservedMemoryBytes: z.number(),
    reservedCpus: z.number(),
    cpuOvercommit: z.number(),
    maxCpuOvercommit: z.number(),
  }),
  deviations: z.array(z.object({ documented: z.string(), instead: z.string(), reason: z.string() })),
})

const listedProfile = z.object({ name: z.string(), source: z.enum(['project', 'shipped']), path: z.string() })

const profiles = z.object({
  default: z.string(),
  profiles: z.array(
    z.union([
      listedProfile.extend({
        ok: z.literal(true),
        cpus: z.number(),
        memoryBytes: z.number(),
        minPerSecond: z.number(),
        maxPerSecond: z.number(),
        pins: z.number(),
      }),
      listedProfile.extend({ ok: z.literal(false), problem: z.string() }),
    ]),
  ),
})

const profile = z.object({
  name: z.string(),
  file: z.string().optional(),
  machine: z.object({ cpus: z.number(), memoryBytes: z.number() }),
  workload: z.object({ minPerSecond: z.number(), maxPerSecond: z.number(), latencyTargetMs: z.number() }),
  pins: z.array(
    z.object({
      key: z.string(),
      value: z.union([z.string(), z.number()]),
      line: z.number(),
      service: z.string().optional(),
    }),
  ),
  source: z.enum(['path', 'project', 'shipped', 'name']),
  path: z.string().nullable(),
})

const profilesDiff = z.object({
  from: z.string(),
  to: z.string(),
  differences: z.array(z.object({ path: z.string(), from: z.unknown(), to: z.unknown() })),
})

const explain = z.union([
  z.object({ settings: z.array(z.string()), errors: z.array(z.string()) }),
  z.object({
    kind: z.literal('setting'),
    key: z.string(),
    title: z.string(),
    unit: z.string(),
    range: z.string(),
    planned: z
      .object({
        value: z.string(),
        profile: z.string(),
        origin,
        at: z.string().nullable(),
        rule: z.string(),
        reason: z.string(),
      })
      .nullable(),
    default: z.string().nullable(),
    why: z.string(),
    source: z.string(),
    effect: z.enum(['live', 'restart', 'recreate', 'irreversible']),
    readers: z.array(z.string()),
    lands: z.string(),
    environment: z.string(),
  }),
  z.object({
    kind: z.literal('error'),
    code: z.string(),
    title: z.string(),
    exitCode: z.number(),
    explanation: z.string(),
    fix: z.array(z.string()),
  }),
])

const generate = z.object({
  profile: z.string(),
  check: z.boolean(),
  files: z.array(
    z.object({
      path: z.string(),
      state: z.enum(['new', 'unchanged', 'outdated', 'edited']),
      backup: z.string().nullable(),
      differences: z.array(
        z.object({
          path: z.string(),
          found: z.string().nullable(),
          wanted: z.string().nullable(),
          line: z.number().int().positive(),
          column: z.number().int().positive(),
        }),
      ),
    }),
  ),
  leftOut: z.array(z.string()),
})

const init = z.object({ path: z.string(), profile: z.string(), backup: z.string().nullable() })

/** The JSON documents of all commands, by name; docs/reference/schemas is made from them. */
export const answerSchemas = {
  'radtune.plan/1': envelopeSchema('radtune.plan/1', plan),
  'radtune.profiles/1': envelopeSchema('radtune.profiles/1', profiles),
  'radtune.profile/1': envelopeSchema('radtune.profile/1', profile),
  'radtune.profiles-diff/1': envelopeSchema('radtune.profiles-diff/1', profilesDiff),
  'radtune.explain/1': envelopeSchema('radtune.explain/1', explain),
  'radtune.generate/1': envelopeSchema('radtune.generate/1', generate),
  'radtune.init/1': envelopeSchema('radtune.init/1', init),
  'radtune.error/1': envelopeSchema('radtune.error/1', z.null()),
  'radtune.monitor/1': envelopeSchema(
    'radtune.monitor/1',
    z.object({ snapshot: snapshotSchema, evaluation: evaluationSchema }),
  ),
  ...stackSchemas,
} as const

import { evaluationSchema, snapshotSchema } from '@radtune/core/metrics'
import { z } from 'zod'
import { adviseSchemas } from './advise-schema.ts'
import { benchSchemas, calibratedPlanSchema } from './bench-schema.ts'
import { driftSchema } from './drift-schema.ts'
import { envelopeSchema } from './envelope-schema.ts'
import { importSchema } from './import-schema.ts'
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

const nonNegative = z.number().nonnegative()

const ledger = z.object({
  services: z.array(
    z.object({
      service: z.string(),
      role: service.shape.role,
      memoryBytes: nonNegative,
      reservedMemoryBytes: nonNegative,
      cpus: nonNegative,
      reservedCpus: nonNegative,
      heapBytes: nonNegative,
      outsideHeapBytes: nonNegative,
      processBytes: nonNegative,
      pageCacheBytes: nonNegative,
      spareBytes: nonNegative,
      bufferBytes: nonNegative,
      slots: nonNegative.optional(),
      partitions: nonNegative.optional(),
    }),
  ),
  sums: z.object({
    memoryBytes: z.number(),
    usableMemoryBytes: z.number(),
    freeMemoryBytes: z.number(),
    systemMemoryBytes: z.number(),
    heapBytes: z.number(),
    pageCacheBytes: z.number(),
    reservedMemoryBytes: z.number(),
    cpus: z.number(),
    machineCpus: z.number(),
    cpuOvercommit: z.number(),
    maxCpuOvercommit: z.number(),
    reservedCpus: z.number(),
    slots: z.number(),
  }),
  disk: z.object({
    topics: z.array(
      z.object({
        topic: z.string(),
        partitions: z.number(),
        capBytes: z.number(),
        atRates: z.array(
          z.object({
            perSecond: z.number(),
            wantedBytes: z.number(),
            bytes: z.number(),
            keptMs: z.number(),
            boundBy: z.enum(['time', 'size']),
          }),
        ),
      }),
    ),
    atRates: z.array(z.object({ perSecond: z.number(), bytes: z.number() })),
    allowanceBytes: z.number(),
    recordBytes: z.number(),
  }),
  shrunk: z.array(z.object({ key: z.string(), wanted: z.string(), got: z.string(), why: z.string() })),
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
  ledger,
  /** With --calibrated: what was measured on this machine says about it. */
  calibrated: calibratedPlanSchema.optional(),
})

const doctor = z.object({
  profile: z.string(),
  runtime: z.enum(['local', 'docker']),
  checks: z.array(
    z.object({
      id: z.string(),
      state: z.enum(['ok', 'note', 'problem', 'unchecked']),
      found: z.string(),
      fix: z.array(z.string()).optional(),
    }),
  ),
  counts: z.object({ ok: z.number(), note: z.number(), problem: z.number(), unchecked: z.number() }),
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

const difference = z.object({ path: z.string(), from: z.unknown(), to: z.unknown() })

const machine = z.object({ cpus: z.number(), memoryBytes: z.number() })

const profilesDetect = z.object({
  facts: machine.extend({
    availableMemoryBytes: z.number(),
    platform: z.string(),
    machine,
    limits: z
      .object({
        how: z.enum(['cgroup v1', 'cgroup v2']),
        cpus: z.number().optional(),
        memoryBytes: z.number().optional(),
      })
      .optional(),
  }),
  auto: z.union([
    z.object({ name: z.string(), totals: plan.shape.totals }),
    z.object({ name: z.string(), problem: z.string() }),
  ]),
  profiles: z.array(
    z.object({
      name: z.string(),
      verdict: z.enum(['fits', 'fits with warnings', 'too large', 'cannot be planned']),
      why: z.string(),
      neededMemoryBytes: z.number().nullable(),
    }),
  ),
})

const profilesNew = z.object({
  path: z.string(),
  how: z.enum(['written', 'replaced', 'the same already', 'dry run']),
  backup: z.string().nullable(),
  text: z.string(),
})

const profilesDiff = z.object({
  from: z.string(),
  to: z.string(),
  profile: z.array(difference),
  differences: z.array(difference),
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
        formula: z.string().nullable(),
        expect: z.string(),
        landings: z.array(z.object({ in: z.string(), text: z.string() })),
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
  'radtune.profiles-detect/1': envelopeSchema('radtune.profiles-detect/1', profilesDetect),
  'radtune.profiles-new/1': envelopeSchema('radtune.profiles-new/1', profilesNew),
  'radtune.explain/1': envelopeSchema('radtune.explain/1', explain),
  'radtune.doctor/1': envelopeSchema('radtune.doctor/1', doctor),
  'radtune.drift/1': envelopeSchema('radtune.drift/1', driftSchema),
  'radtune.import/1': envelopeSchema('radtune.import/1', importSchema),
  'radtune.generate/1': envelopeSchema('radtune.generate/1', generate),
  'radtune.init/1': envelopeSchema('radtune.init/1', init),
  'radtune.error/1': envelopeSchema('radtune.error/1', z.null()),
  'radtune.monitor/1': envelopeSchema(
    'radtune.monitor/1',
    z.object({ snapshot: snapshotSchema, evaluation: evaluationSchema }),
  ),
  ...adviseSchemas,
  ...benchSchemas,
  ...stackSchemas,
} as const

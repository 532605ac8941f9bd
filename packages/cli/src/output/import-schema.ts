import { z } from 'zod'

const place = z.object({ file: z.string(), line: z.number(), column: z.number() })
const machine = z.object({ cpus: z.number(), memoryBytes: z.number() })
const nullable = z.number().nullable()

const row = z.object({
  service: z.string(),
  role: z.enum(['broker', 'jobmanager', 'taskmanager', 'worker', 'backend', 'provider', 'frontend', 'other']),
  recognisedBy: z.string(),
  replicas: z.number(),
  memoryBytes: nullable,
  cpus: nullable,
  reservedMemoryBytes: nullable,
  reservedCpus: nullable,
  heap: z
    .object({ bytes: z.number(), how: z.enum(['set', 'derived', 'default']), by: z.string() })
    .nullable(),
  slots: nullable,
  ports: z.array(z.string()),
  file: z.string(),
  line: z.number(),
})

/** `data` of radtune.import/1. */
export const importSchema = z.object({
  files: z.array(z.string()),
  project: z.string().nullable(),
  ledger: z.object({
    rows: z.array(row),
    totals: machine.extend({ reservedMemoryBytes: z.number(), reservedCpus: z.number() }),
    unlimited: z.object({ memory: z.array(z.string()), cpus: z.array(z.string()) }),
  }),
  findings: z.array(
    z.object({
      id: z.string(),
      severity: z.enum(['problem', 'warning', 'note']),
      service: z.string().nullable(),
      at: place,
      what: z.string(),
      why: z.string(),
      fix: z.string(),
    }),
  ),
  notUnderstood: z.array(place.extend({ message: z.string() })),
  profile: z.object({
    machine,
    guessed: z.boolean(),
    workload: z.object({ minPerSecond: z.number(), maxPerSecond: z.number(), latencyTargetMs: z.number() }),
    pins: z.array(
      z.object({
        key: z.string(),
        value: z.union([z.string(), z.number()]),
        service: z.string().optional(),
        comment: z.string().optional(),
      }),
    ),
    asDerived: z.array(z.string()),
    leftOut: z.array(z.object({ pin: z.string(), why: z.string() })),
    problem: z.string().nullable(),
    text: z.string(),
  }),
  written: z.object({ path: z.string(), how: z.string(), backup: z.string().nullable() }).nullable(),
})

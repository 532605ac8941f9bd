import { bottleneckSchema } from '@radtune/core/metrics'
import { z } from 'zod'
import { calibrationStandingSchema } from './bench-schema.ts'
import { envelopeSchema } from './envelope-schema.ts'

const value = z.union([z.number(), z.string()])
const effect = z.enum(['live', 'restart', 'recreate', 'irreversible'])
const stage = bottleneckSchema.shape.stage

const change = z.object({ key: z.string(), service: z.string().optional(), from: value, to: value })

const step = z.object({
  rule: z.string(),
  effect,
  changes: z.array(change),
  stage,
  why: z.string(),
  /** What it is to do to a measured number: from → somewhere in [low, high]. */
  expected: z.array(
    z.object({
      metric: z.string(),
      unit: z.string(),
      better: z.enum(['lower', 'higher']),
      from: z.number(),
      low: z.number(),
      high: z.number(),
    }),
  ),
  cost: z.string(),
})

const kept = z.object({
  rule: z.string(),
  key: z.string(),
  service: z.string().optional(),
  value,
  why: z.string(),
})

const finding = z.object({
  rule: z.string(),
  severity: z.enum(['info', 'warn', 'critical']),
  subject: z.string(),
  sentence: z.string(),
  evidence: z.array(
    z.object({ name: z.string(), value: z.number(), unit: z.string(), windowMs: z.number().nullable() }),
  ),
  stage,
  steps: z.array(step),
  kept: z.array(kept),
  forbidsMoreSlots: z.boolean().optional(),
  forbidsMoreMemory: z.boolean().optional(),
  command: z.string().optional(),
})

const advice = z.object({
  schema: z.literal('radtune.advice/1'),
  at: z.number(),
  bottleneck: bottleneckSchema,
  findings: z.array(finding),
  steps: z.array(step),
  /** The one that may be made now. */
  next: step.nullable(),
  holds: z.string().nullable(),
  kept: z.array(kept),
  undecided: z.array(z.object({ rule: z.string(), missing: z.string(), enoughAt: z.number().nullable() })),
})

const outcome = z.object({
  id: z.string(),
  step,
  verdict: z.object({
    verdict: z.enum(['kept', 'reverted', 'inconclusive']),
    sentence: z.string(),
    comparisons: z.array(
      z.object({
        metric: z.string(),
        unit: z.string(),
        better: z.enum(['lower', 'higher']),
        before: z.number(),
        after: z.number(),
        expected: z.object({ low: z.number(), high: z.number() }).nullable(),
        noise: z.number(),
        outcome: z.enum(['as expected', 'better than expected', 'wrong']),
      }),
    ),
    unknown: z.array(z.string()),
  }),
  /** When it was in force, and when it was decided, wall-clock milliseconds. */
  appliedAt: z.number(),
  decidedAt: z.number(),
})

const advise = z.object({
  /** Wall-clock milliseconds of what was measured. */
  measured: z.object({ from: z.number(), to: z.number() }),
  advice,
  rules: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      /** Of the reference configuration; empty for radtune's own. */
      guidelines: z.array(z.number()),
      state: z.enum(['quiet', 'finding', 'not-enough-data']),
      detail: z.string(),
    }),
  ),
  /** What was made of it, with --apply. */
  outcome: outcome.nullable(),
  /** A step that an earlier run had left open. */
  resolved: z.object({ id: z.string(), sentence: z.string(), outcome: outcome.optional() }).nullable(),
  /** Of this machine's calibration, and whether it was used; null for a recording. */
  calibration: calibrationStandingSchema.nullable(),
})

const journal = z.object({
  /** The newest first. */
  steps: z.array(
    z.object({
      id: z.string(),
      at: z.number(),
      state: z.string(),
      rule: z.string(),
      changes: z.array(change),
      by: z.string(),
      why: z.string(),
      end: z.string().nullable(),
    }),
  ),
})

export const adviseSchemas = {
  'radtune.advise/1': envelopeSchema('radtune.advise/1', advise),
  'radtune.journal-list/1': envelopeSchema('radtune.journal-list/1', journal),
} as const

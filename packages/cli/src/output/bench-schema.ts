import { benchReportSchema, calibrationSchema, figureSchema } from '@radtune/core/bench'
import { z } from 'zod'
import { envelopeSchema } from './envelope-schema.ts'

const verdict = z.enum(['better', 'same', 'worse', 'unknown'])

const comparison = z.object({
  /** The report that was compared with. */
  file: z.string(),
  steps: z.array(
    z.object({
      perSecond: z.number(),
      carried: verdict,
      figures: z.array(
        z.object({
          metric: z.enum(['out', 'p50', 'p95', 'p99', 'cpu', 'memory', 'rejects']),
          before: figureSchema.nullable(),
          after: figureSchema.nullable(),
          /** After − before. */
          difference: z.number().nullable(),
          /** Differences up to this are variation. */
          threshold: z.number().nullable(),
          verdict,
        }),
      ),
    }),
  ),
  only: z.object({ before: z.array(z.number()), after: z.array(z.number()) }),
  knee: z.object({ before: z.number().nullable(), after: z.number().nullable() }),
  differences: z.array(z.string()),
  regressions: z.array(z.string()),
})

const bench = z.object({
  report: benchReportSchema,
  /** Where it was written. */
  file: z.string(),
  comparison: comparison.nullable(),
})

/** How a calibration stands beside a plan or advice. */
export const calibrationStandingSchema = z.object({
  state: z.enum(['none', 'damaged', 'usable', 'stale', 'foreign']),
  sentence: z.string(),
})

export const calibratedPlanSchema = z.object({
  standing: calibrationStandingSchema,
  /** Null unless it may be used. */
  plan: z
    .object({
      planned: z.object({
        slots: z.number(),
        partitions: z.number(),
        brokerCpus: z.number(),
        workerCpus: z.number(),
      }),
      capacityPerSecond: z.number().nullable(),
      brokerPerSecond: z.number().nullable(),
      workerPerSecond: z.number().nullable(),
      utilisation: z.number(),
      rates: z.array(
        z.object({
          perSecond: z.number(),
          slots: z.number().nullable(),
          brokerCpus: z.number().nullable(),
        }),
      ),
    })
    .nullable(),
})

export const benchSchemas = {
  'radtune.bench/1': envelopeSchema('radtune.bench/1', bench),
  'radtune.calibrate/1': envelopeSchema('radtune.calibrate/1', calibrationSchema),
} as const

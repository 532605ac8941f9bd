import { z } from 'zod'
import { figureSchema } from './figure.ts'
import { machineFingerprintSchema } from './machine-fingerprint.ts'

const figure = figureSchema.nullable()

/** What one step came to; null is "not known". Times in milliseconds, CPU in microseconds for each record of `out`. */
export const stepMeasuresSchema = z.object({
  in: figure,
  out: figure,
  p50: figure,
  p95: figure,
  p99: figure,
  /** Of all services that a record passes, and of each role alone. */
  cpu: figure,
  cpuByRole: z.record(z.string(), figure),
  /** Working sets in bytes: of the services of radtune that a record passes, and of each role alone. That of the broker grows with its logs. */
  memory: figure,
  memoryByRole: z.record(z.string(), figure),
  /** Shares of the records. */
  rejects: figure,
  duplicates: figure,
  /** Share of their time that slots are busy. */
  busy: figure,
  /** Records that wait more with each second, by a straight line through the window; null when not known. */
  lagPerSecond: z.number().nullable(),
  /** At the end. */
  lag: z.number().nullable(),
  /** Service with the largest share of throttled periods. */
  throttled: z.object({ service: z.string(), share: z.number() }).nullable(),
  /** CPUs that other programs of the machine took meanwhile. */
  others: figure,
  /** Of the restarts of all services, those in this step. */
  restarts: z.number(),
})
export type StepMeasures = z.infer<typeof stepMeasuresSchema>

/** Whether the pipeline carried a step, and if not, or if that cannot be told, why. */
export const carriedSchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('carried') }),
  /** `behind`: records pile up, or fewer come than are asked for: what follows would measure that. */
  z.object({ state: z.literal('not carried'), why: z.string(), behind: z.boolean() }),
  z.object({ state: z.literal('unknown'), why: z.string() }),
])
export type Carried = z.infer<typeof carriedSchema>

export const benchStepSchema = z.object({
  /** What was asked of the provider. */
  perSecond: z.number(),
  measures: stepMeasuresSchema,
  carried: carriedSchema,
})
export type BenchStep = z.infer<typeof benchStepSchema>

export const kneeSchema = z.object({
  /** The highest step that is carried; null when none is. */
  perSecond: z.number().nullable(),
  sentence: z.string(),
})
export type Knee = z.infer<typeof kneeSchema>

/** What `radtune bench` writes into its file. Fields are only ever added. */
export const benchReportSchema = z.object({
  schema: z.literal('radtune.bench-report/1'),
  /** Wall-clock milliseconds of the first step. */
  at: z.number(),
  machine: machineFingerprintSchema,
  stack: z.object({
    profile: z.string(),
    engine: z.string(),
    runtime: z.string(),
    /** `generator, seed 1`, or the paths of files. */
    data: z.string(),
    /** What was set otherwise than the plan derives, by key; the rate is that of each step. */
    settings: z.record(z.string(), z.union([z.string(), z.number()])),
    /** Whether limits are those of the kernel, or of the plan alone. */
    limitsEnforced: z.boolean().nullable(),
  }),
  forMs: z.number(),
  warmUpMs: z.number(),
  latencyTargetMs: z.number(),
  steps: z.array(benchStepSchema).min(1),
  /** Steps that were asked for and not made. */
  left: z.array(z.number()),
  knee: kneeSchema,
})
export type BenchReport = z.infer<typeof benchReportSchema>

/** Reads the text of a report; a problem names the field that is wrong. */
export function parseBenchReport(
  text: string,
): { ok: true; report: BenchReport } | { ok: false; problem: string } {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { ok: false, problem: `it is not JSON: ${(error as Error).message}` }
  }
  const parsed = benchReportSchema.safeParse(value)
  if (parsed.success) return { ok: true, report: parsed.data }
  const found = (value as { schema?: unknown } | null)?.schema
  if (found !== 'radtune.bench-report/1')
    return {
      ok: false,
      problem: `its schema is ${found === undefined ? 'not named' : JSON.stringify(found)}`,
    }
  const [issue] = parsed.error.issues
  return { ok: false, problem: `${issue?.path.join('.')}: ${issue?.message}` }
}

import { z } from 'zod'
import { type Observation, scalingCoefficient } from '../advice/index.ts'
import { formatCount, formatDuration } from '../units/index.ts'
import { figureSchema } from './figure.ts'
import {
  compareFingerprints,
  type MachineFingerprint,
  machineFingerprintSchema,
} from './machine-fingerprint.ts'

/** What was measured with one number of slots. */
export const calibrationPointSchema = z.object({
  slots: z.number(),
  /** What was asked of the provider, records per second. */
  perSecond: z.number(),
  /** Records per second that came in and out. */
  in: figureSchema.nullable(),
  out: figureSchema.nullable(),
  /** Share of their time that slots were busy. */
  busy: figureSchema.nullable(),
  /** Records per second that one of them could process: out ÷ slots ÷ busy. */
  truePerSlot: figureSchema.nullable(),
  /** CPU microseconds of the broker for each record that came in. */
  brokerCpu: figureSchema.nullable(),
  /** CPU microseconds of all workers for each record that came out. */
  workerCpu: figureSchema.nullable(),
  /** CPUs that other programs of the machine took meanwhile. */
  others: figureSchema.nullable(),
})
export type CalibrationPoint = z.infer<typeof calibrationPointSchema>

/** `.radtune/calibration.json`. Fields are only ever added. */
export const calibrationSchema = z.object({
  schema: z.literal('radtune.calibration/1'),
  /** Wall-clock milliseconds. */
  at: z.number(),
  machine: machineFingerprintSchema,
  stack: z.object({ profile: z.string(), runtime: z.string(), perSecond: z.number() }),
  /** The same load for each slot, so that nothing differs but their number; the fewest slots first. */
  points: z.array(calibrationPointSchema).min(1),
  /** The fewest slots under the whole load: as busy as they can be made. */
  busiest: calibrationPointSchema,
  /** Records per second that one of the busiest slots could process. */
  truePerSlot: figureSchema.nullable(),
  /** What a further slot is worth, 0.5 to 1; null with fewer than three points. */
  scaling: z.number().nullable(),
  /** CPU microseconds of the broker, and of all workers, for each record, at the most slots under the whole load. */
  brokerCpu: figureSchema.nullable(),
  workerCpu: figureSchema.nullable(),
})
export type MeasuredCalibration = z.infer<typeof calibrationSchema>

/** A calibration and whether it may be used here and now; `sentence` says so, with its age. */
export type CalibrationStanding =
  | { state: 'none'; sentence: string }
  | { state: 'damaged'; sentence: string }
  | { state: 'usable' | 'stale' | 'foreign'; sentence: string; calibration: MeasuredCalibration }

const DAY_MS = 24 * 3_600_000
/** An older one is not used: machines change. */
const STALE_MS = 30 * DAY_MS

/**
 * What measured points amount to: the rate of a slot, what further ones are worth, and what a record costs broker and workers. The
 * first point is the busiest one where none is named. Throws when nothing was measured.
 */
export function calibrationOf(
  points: readonly CalibrationPoint[],
  {
    busiest = points[0],
    ...facts
  }: { busiest?: CalibrationPoint | undefined } & Pick<MeasuredCalibration, 'at' | 'machine' | 'stack'>,
): MeasuredCalibration {
  const most = points.at(-1)
  if (!busiest || !most) throw new Error('nothing was measured')
  return {
    schema: 'radtune.calibration/1',
    ...facts,
    points: [...points],
    busiest,
    truePerSlot: busiest.truePerSlot,
    scaling: scalingCoefficient(observationsOf(points)) ?? null,
    brokerCpu: most.brokerCpu,
    workerCpu: most.workerCpu,
  }
}

/** The loads to hold: each number of slots with the same load for each slot, and the fewest with the whole load before them. */
export function calibrationLoads(
  slots: readonly number[],
  perSecond: number,
): { slots: number; perSecond: number }[] {
  const [fewest = 1] = slots
  const most = slots.at(-1) ?? fewest
  const even = slots.map((count) => ({ slots: count, perSecond: Math.round((perSecond * count) / most) }))
  return most === fewest ? even : [{ slots: fewest, perSecond }, ...even]
}

/** What all slots together could process, by their number. */
export function observationsOf(points: readonly CalibrationPoint[]): Observation[] {
  return points.flatMap(({ slots, truePerSlot }) =>
    truePerSlot ? [{ slots, perSecond: slots * truePerSlot.value }] : [],
  )
}

/**
 * Reads the text of a calibration and says how it stands: of this machine and not older than 30 days, it may be used. One from the
 * future counts as stale: a clock was wrong.
 */
export function standingOf(
  text: string | undefined,
  { here, now }: { here: MachineFingerprint; now: number },
): CalibrationStanding {
  if (text === undefined)
    return { state: 'none', sentence: 'this machine is not calibrated: radtune calibrate measures it' }
  const calibration = readCalibration(text)
  if (typeof calibration === 'string')
    return {
      state: 'damaged',
      sentence: `the calibration is not used: ${calibration}; radtune calibrate makes a new one`,
    }
  const age = ageText(now - calibration.at)
  const differences = compareFingerprints(calibration.machine, here)
  if (differences.length > 0)
    return {
      state: 'foreign',
      sentence: `the calibration (${age}) is of another machine and not used: ${differences.join('; ')}`,
      calibration,
    }
  if (now - calibration.at > STALE_MS || calibration.at > now + DAY_MS)
    return {
      state: 'stale',
      sentence: `the calibration (${age}) is too old and not used: radtune calibrate measures this machine anew`,
      calibration,
    }
  return { state: 'usable', sentence: `calibrated ${age} on this machine`, calibration }
}

/** `3 days ago`, `just now`. */
function ageText(ms: number): string {
  if (ms < -DAY_MS) return 'dated in the future'
  if (ms < 60_000) return 'just now'
  const days = Math.floor(ms / DAY_MS)
  return days >= 1
    ? `${formatCount(days)} ${days === 1 ? 'day' : 'days'} ago`
    : `${formatDuration(roundMinutes(ms))} ago`
}

function roundMinutes(ms: number): number {
  return Math.floor(ms / 60_000) * 60_000
}

/** The calibration, or what is wrong with it. */
function readCalibration(text: string): MeasuredCalibration | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'it is not JSON'
  }
  const parsed = calibrationSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  return `${issue?.path.join('.') || 'it'}: ${issue?.message}`
}

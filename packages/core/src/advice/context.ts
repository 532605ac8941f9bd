import { type Evaluation, type Evaluator, type Reading, type Snapshot, unknown } from '../metrics/index.ts'
import type { ServiceSpec, StackSpec } from '../stack/index.ts'
import { type AdviceSettings, adviceSettingsOf } from './advice-settings.ts'
import type { OwnSettings } from './pinned.ts'
import type { Observation } from './scaling-coefficient.ts'

/** What `radtune calibrate` measured on this machine. The caller leaves a stale or foreign one out. */
export interface Calibration {
  /** What numbers of slots could process, all busy. */
  observations: readonly Observation[]
  /** Its age, in the words of a sentence. */
  sentence: string
}

/** What rules ask for and snapshots do not carry. */
export interface Facts {
  /** Bytes per second that the interface between the services carries; infinite where all are on one machine. */
  interfaceBytesPerSecond: Reading<number>
  /** Free bytes of the disk that the logs are on. */
  freeDiskBytes: Reading<number>
  /** The commonest key of input partitions, and its share of the partition's records. */
  commonestKeys: Reading<readonly { partition: number; key: string; share: number }[]>
}

/** All that a rule may look at. */
export interface AdviceContext {
  evaluator: Evaluator
  evaluation: Evaluation
  /** The newest. */
  snapshot: Snapshot
  /** In force: plan and overlay. */
  spec: StackSpec
  settings: AdviceSettings
  facts: Facts
  calibration: Calibration | undefined
  /** From the journal. */
  own: OwnSettings
  /** Wall-clock milliseconds. */
  now: number
}

export interface ContextOptions {
  spec: StackSpec
  now: number
  facts?: Partial<Facts>
  calibration?: Calibration
  own?: OwnSettings
}

/** Everything that rules judge by at one instant. Throws while the evaluator has no snapshot. */
export function createContext(
  evaluator: Evaluator,
  { spec, now, facts, calibration, own = new Map() }: ContextOptions,
): AdviceContext {
  const evaluation = evaluator.evaluate(now)
  return {
    evaluator,
    evaluation,
    snapshot: evaluator.newest as Snapshot,
    spec,
    settings: adviceSettingsOf(spec),
    facts: {
      interfaceBytesPerSecond: unknown('nobody told the speed of the interface'),
      freeDiskBytes: unknown('nobody told the free disk'),
      commonestKeys: unknown('nobody counted the keys'),
      ...facts,
    },
    calibration,
    own,
    now,
  }
}

/** The workers of the plan that have a slot. */
export function workersWithSlots({ spec }: AdviceContext): ServiceSpec[] {
  return spec.services.filter(({ role, slots = 0 }) => role === 'worker' && slots > 0)
}

import { COEFFICIENT_BOUNDS, capacityOf, divisorsOf } from '../advice/index.ts'
import { type StackSpec, sumCpus } from '../stack/index.ts'
import type { MeasuredCalibration } from './calibration.ts'

/** What a calibration says about a plan at one rate. */
export interface CalibratedRate {
  perSecond: number
  /** The fewest slots, a divisor of the partitions, that do it at the target utilisation; null when all partitions do not. */
  slots: number | null
  /** CPU that the broker takes for it; null when that was not measured. */
  brokerCpus: number | null
}

export interface CalibratedPlan {
  planned: { slots: number; partitions: number; brokerCpus: number; workerCpus: number }
  /** Records per second that the planned slots could process at the target utilisation; null when a slot was not measured. */
  capacityPerSecond: number | null
  /** Records per second for which the planned CPU of the broker is used up. */
  brokerPerSecond: number | null
  /** The same of all workers together. */
  workerPerSecond: number | null
  utilisation: number
  /** At both ends of the workload. */
  rates: readonly CalibratedRate[]
}

/** Holds a plan against a calibration: slots and broker CPU for the rates of its workload. The plan stays as it is. */
export function calibratePlan(
  { settings, services, workload }: Pick<StackSpec, 'settings' | 'services' | 'workload'>,
  calibration: MeasuredCalibration,
): CalibratedPlan {
  const slots = settings['pipeline.parallelism'].value
  const partitions = settings['topics.radiation-data.partitions'].value
  const utilisation = settings['advice.utilisation'].value
  const brokerCpus = services.find(({ role }) => role === 'kafka')?.cpus ?? 0
  const workerCpus = sumCpus(services.filter(({ role }) => role === 'worker').map(({ cpus }) => cpus))
  const perSlot = calibration.truePerSlot?.value
  const capacity = (count: number) =>
    perSlot === undefined
      ? null
      : utilisation *
        capacityOf(count, {
          perSlot,
          measuredAt: calibration.busiest.slots,
          coefficient: calibration.scaling ?? COEFFICIENT_BOUNDS.low,
        })
  const perRecord = calibration.brokerCpu?.value
  const usedUpAt = (cpus: number, microseconds: number | undefined) =>
    microseconds ? (cpus * 1_000_000) / microseconds : null
  const rates = [...new Set([workload.minPerSecond, workload.maxPerSecond])].map((perSecond) => ({
    perSecond,
    slots: divisorsOf(partitions).find((count) => (capacity(count) ?? 0) >= perSecond) ?? null,
    brokerCpus: perRecord === undefined ? null : (perRecord * perSecond) / 1_000_000,
  }))
  return {
    planned: { slots, partitions, brokerCpus, workerCpus },
    capacityPerSecond: capacity(slots),
    brokerPerSecond: usedUpAt(brokerCpus, perRecord),
    workerPerSecond: usedUpAt(workerCpus, calibration.workerCpu?.value),
    utilisation,
    rates,
  }
}

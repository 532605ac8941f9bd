import { GIB } from '../units/index.ts'

/**
 * Limits are planned in tenths of a GiB and in twentieths of a CPU, as people write them. Whole numbers of these
 * steps add up without rounding, so a plan that fits on paper fits in bytes.
 */
export function bytesOfTenths(tenths: number): number {
  return Math.floor((tenths * GIB) / 10)
}

/** The most tenths of a GiB whose bytes do not exceed `bytes`. */
export function tenthsWithin(bytes: number): number {
  let tenths = Math.floor(((bytes + 1) * 10) / GIB)
  while (bytesOfTenths(tenths) > bytes) tenths--
  return tenths
}

/** The fewest tenths of a GiB whose bytes hold `bytes`. */
export function tenthsCovering(bytes: number): number {
  const tenths = tenthsWithin(bytes)
  return bytesOfTenths(tenths) < bytes ? tenths + 1 : tenths
}

/** Thousandths of a CPU: sums of CPUs are taken in whole thousandths. */
export function thousandths(cpus: number): number {
  return Math.round(cpus * 1000)
}

/** CPUs of whole thousandths, rounded down to a twentieth of a CPU. */
export function cpusRoundedDown(milliCpus: number): number {
  return (Math.floor(milliCpus / 50) * 50) / 1000
}

/** Sum of CPUs, exact to a thousandth. */
export function sumCpus(cpus: readonly number[]): number {
  return cpus.reduce((sum, value) => sum + thousandths(value), 0) / 1000
}

export function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max)
}

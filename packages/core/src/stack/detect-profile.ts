import { type Profile, profileFromName } from '../profile/index.ts'
import { formatBytes, GIB } from '../units/index.ts'
import { fitToMachine } from './fit-to-machine.ts'
import { type PlanOptions, planStack } from './plan-stack.ts'

/** A machine, or the part of one that radtune may use. */
export interface Machine {
  cpus: number
  memoryBytes: number
}

/** How a profile goes with a machine; `why` has the figures. */
export interface ProfileFit {
  verdict: 'fits' | 'fits with warnings' | 'too large' | 'cannot be planned'
  why: string
  /** Σ memory limits of its plan; null when there is none. */
  neededMemoryBytes: number | null
}

/** A machine sold as 8 GB shows 7.6 to 7.8 GiB: up to so much of the nominal size may be missing. */
const LEAST_OF_NOMINAL = 0.9

/**
 * The name of the profile that is this machine: its CPUs, and its memory rounded up to the nominal size when little is missing and
 * the plan still fits, else in tenths of a GiB that it really has.
 */
export function detectProfileName({ cpus, memoryBytes }: Machine): string {
  const nominal = Math.ceil(memoryBytes / GIB - 1e-9)
  const name = `${tenths(cpus)}c${nominal}g`
  const isNearlyThat = memoryBytes >= LEAST_OF_NOMINAL * nominal * GIB
  const named = profileFromName(name)
  if (isNearlyThat && named.ok && profileFit(named.profile, { cpus, memoryBytes }).verdict === 'fits')
    return name
  return `${tenths(cpus)}c${tenths(memoryBytes / GIB)}g`
}

/** Whether the plan of a profile fits a machine. */
export function profileFit(profile: Profile, machine: Machine, options?: PlanOptions): ProfileFit {
  const planned = planStack(profile, options)
  if (!planned.ok)
    return { verdict: 'cannot be planned', why: planned.error.message, neededMemoryBytes: null }
  const { refusal, warnings, neededMemoryBytes, usableMemoryBytes } = fitToMachine(planned.spec, machine)
  const sums = `limits of ${formatBytes(neededMemoryBytes)}, of ${formatBytes(usableMemoryBytes)} usable`
  if (refusal !== undefined) return { verdict: 'too large', why: sums, neededMemoryBytes }
  return warnings.length > 0
    ? { verdict: 'fits with warnings', why: warnings.join('; '), neededMemoryBytes }
    : { verdict: 'fits', why: sums, neededMemoryBytes }
}

/** Rounded down: what is not there cannot be given away. */
function tenths(value: number): number {
  return Math.max(0.1, Math.floor(value * 10 + 1e-9) / 10)
}

import { nearest } from '../settings/index.ts'
import { GIB } from '../units/index.ts'
import type { Profile } from './profile.ts'

/** The profiles that radtune ships, smallest first. */
export const shippedProfileNames = ['2c4g', '4c8g', '8c16g', '16c32g'] as const

export type NamedProfile =
  | { ok: true; profile: Profile }
  /** `suggestion` is the name that was probably meant. */
  | { ok: false; problem: string; suggestion?: string }

/**
 * Makes the profile that a name means: `6c12g` is 6 CPUs and 12 GB (binary, as container engines read it), with the
 * workload of a machine of that size. `knownNames` are further names to suggest from.
 */
export function profileFromName(
  name: string,
  knownNames: readonly string[] = shippedProfileNames,
): NamedProfile {
  const match = /^(\d+(?:\.\d+)?)c(\d+(?:\.\d+)?)g$/.exec(name)
  if (!match) {
    const suggestion = nearest(name, knownNames)
    const problem = `"${name}" is not a profile; a name is <cpus>c<GB>g, such as 4c8g`
    return { ok: false, problem, ...(suggestion === undefined ? {} : { suggestion }) }
  }
  const cpus = Math.round(Number(match[1]) * 1000) / 1000
  const memoryBytes = Math.round(Number(match[2]) * GIB)
  const problem = machineProblem({ cpus, memoryBytes })
  if (problem !== undefined) return { ok: false, problem: `"${name}" is not a machine: ${problem}` }
  return {
    ok: true,
    profile: { name, machine: { cpus, memoryBytes }, workload: usualWorkload(cpus), pins: [] },
  }
}

/**
 * The workload of a machine of so many CPUs when nothing else is said: up to 2,500 readings per second for each CPU,
 * from a tenth of that (1,000 at most), under 100 ms: at 4 CPUs the 1,000 to 10,000 of the reference configuration.
 */
export function usualWorkload(cpus: number): Profile['workload'] {
  const maxPerSecond = Math.max(1, Math.round(2500 * cpus))
  return {
    minPerSecond: Math.max(1, Math.min(1000, Math.round(maxPerSecond / 10))),
    maxPerSecond,
    latencyTargetMs: 100,
  }
}

/** Says what is impossible about the size of a machine; undefined for one that may exist. */
export function machineProblem({ cpus, memoryBytes }: Profile['machine']): string | undefined {
  if (!(cpus > 0)) return 'it needs more than 0 CPUs'
  if (cpus > 1024) return 'more than 1024 CPUs are not planned for'
  if (!(memoryBytes > 0)) return 'it needs more than 0 bytes of memory'
  if (memoryBytes > 16384 * GIB) return 'more than 16 TiB of memory are not planned for'
  return undefined
}

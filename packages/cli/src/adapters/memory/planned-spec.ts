import { profileFromName } from '@radtune/core/profile'
import { type Pin, planStack, type StackSpec } from '@radtune/core/stack'

/** The plan of a profile by its name, for memory worlds. Throws when there is none. */
export function plannedSpec(name: string, pins: readonly Pin[] = []): StackSpec {
  const named = profileFromName(name)
  if (!named.ok) throw new Error(`there is no profile ${name}`)
  const planned = planStack(named.profile, { pins })
  if (!planned.ok) throw planned.error
  return planned.spec
}

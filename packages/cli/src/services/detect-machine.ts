import { type ProfileFit, planStack, profileFit, type StackSpec } from '@radtune/core/stack'
import type { HostFacts } from '../ports/host.ts'
import { listProfiles } from './list-profiles.ts'
import { AUTO, loadProfile, type ProfilePlaces } from './load-profile.ts'

/** What this machine is, which profiles fit it, and what `auto` makes of it. */
export interface Detection {
  facts: HostFacts
  /** The name of the profile that `auto` stands for, and its totals; `problem` where nothing can be planned. */
  auto: { name: string } & ({ totals: StackSpec['totals'] } | { problem: string })
  profiles: readonly ({ name: string } & ProfileFit)[]
}

/** Looks at the machine within the limits of the place that radtune runs in, and at every named profile against it. */
export async function detectMachine(places: ProfilePlaces): Promise<Detection> {
  const facts = await places.host.facts()
  const listed = await listProfiles(places)
  const profiles = await Promise.all(
    listed.map(async (entry) => {
      if (!entry.ok)
        return {
          name: entry.name,
          verdict: 'cannot be planned' as const,
          why: entry.problem,
          neededMemoryBytes: null,
        }
      const { profile } = await loadProfile(entry.name, places)
      return { name: entry.name, ...profileFit(profile, facts) }
    }),
  )
  return { facts, auto: await planAuto(places), profiles }
}

async function planAuto(places: ProfilePlaces): Promise<Detection['auto']> {
  const { profile } = await loadProfile(AUTO, places)
  const planned = planStack(profile)
  return planned.ok
    ? { name: profile.name, totals: planned.spec.totals }
    : { name: profile.name, problem: planned.error.message }
}

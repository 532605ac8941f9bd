import { failingStates } from '@radtune/core/drift'
import type { StackWorld } from '../ports/stack-world.ts'
import { checkDrift, type DriftPlaces, LIVE_KINDS } from './check-drift.ts'

/**
 * In how many fields what runs is not as it should be, files aside; undefined when nothing could be compared. Throws what
 * `checkDrift` throws.
 */
export async function countDrift(
  places: DriftPlaces,
  { world, version }: { world: StackWorld; version: string },
): Promise<number | undefined> {
  const { verdict, failing } = await checkDrift(
    places,
    {
      profile: undefined,
      profileFromEnvironment: false,
      out: `${places.projectDir}/compose`,
      version,
      compose: [],
      only: LIVE_KINDS,
      failOn: failingStates,
      strict: false,
    },
    { world, now: world.clock.now() },
  )
  return verdict === 'not checked' ? undefined : failing.length
}

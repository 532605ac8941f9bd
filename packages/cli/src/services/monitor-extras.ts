import { ownSettings } from '@radtune/core/advice'
import type { StackSpec } from '@radtune/core/stack'
import type { StackWorld } from '../ports/stack-world.ts'
import { adviceLaunch, inForceIn, type Judged, judgeMoment } from './advise-stack.ts'
import type { DriftPlaces } from './check-drift.ts'
import { collectFacts } from './collect-facts.ts'
import { countDrift } from './count-drift.ts'
import { createJournalStore } from './journal-store.ts'
import type { Moment } from './monitor-stack.ts'
import { planProject } from './plan-project.ts'

/** What the monitor shows beside measurements. What these lack must not end it: they answer undefined then, and never throw. */
export interface MonitorExtras {
  /** What the rules say of a moment. */
  judge(moment: Moment): Promise<Judged | undefined>
  /** In how many fields what runs is not as it should be. */
  drift(): Promise<number | undefined>
}

/** `world` is undefined for a recording: that is judged by the plan of its profile. */
export function createMonitorExtras({
  places,
  world,
  version,
}: {
  places: DriftPlaces
  world: StackWorld | undefined
  version: string
}): MonitorExtras {
  const journal = createJournalStore(places.files, places.projectDir, () => undefined)
  let planned: { of: string; spec: StackSpec } | undefined

  async function planOf(profile: string): Promise<StackSpec> {
    if (world) return (await adviceLaunch(world)).spec
    const request = { profile, profileFromEnvironment: false, assignments: [], pins: [] }
    return (await planProject(places, request)).spec
  }

  async function judge({ moment, profile, of }: { moment: Moment; profile: string; of: string }) {
    if (planned?.of !== of) planned = { of, spec: await planOf(profile) }
    const spec = inForceIn(planned.spec, moment.snapshot)
    if (!world) return judgeMoment(moment, { spec })
    // What advice itself has set is no pin to it.
    const own = ownSettings(await journal.read())
    return judgeMoment(moment, { spec, own, facts: await collectFacts(world) })
  }

  return {
    async judge(moment) {
      const { stack, settings } = moment.snapshot
      if (!stack.known) return undefined
      const { profile, launchedAt } = stack.value
      const of = `${launchedAt} ${settings.known ? settings.value.revision : ''}`
      return await judge({ moment, profile, of }).catch(() => undefined)
    },
    drift: async () => world && (await countDrift(places, { world, version }).catch(() => undefined)),
  }
}

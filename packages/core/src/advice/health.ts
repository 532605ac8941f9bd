import type { Evaluation } from '../metrics/index.ts'

/** Whether every service is in order, or why not. What cannot be seen is not taken to be in order. */
export type Health = { healthy: true; kills: number; restarts: number } | { healthy: false; why: string }

/** The health of the services by the newest snapshot, with how often they were killed or started again up to now. */
export function healthOf({ services }: Evaluation): Health {
  if (!services.known) return { healthy: false, why: `the services cannot be seen: ${services.why}` }
  const ill = services.value.find(({ condition }) => condition !== 'healthy')
  if (ill) {
    const because = ill.reason === null ? '' : `: ${ill.reason}`
    return { healthy: false, why: `${ill.name} is ${ill.condition}${because}` }
  }
  return {
    healthy: true,
    kills: services.value.reduce((sum, { outOfMemoryKills }) => sum + outOfMemoryKills, 0),
    restarts: services.value.reduce((sum, { restarts }) => sum + restarts, 0),
  }
}

/** What was lost between two moments; undefined when nothing was. `mayRestart` is of a step that restarts services itself. */
export function healthLost(
  before: Health,
  after: Health,
  { mayRestart }: { mayRestart: boolean },
): string | undefined {
  if (!before.healthy) return undefined
  if (!after.healthy) return after.why
  if (after.kills > before.kills) return 'a service was killed for memory'
  return after.restarts > before.restarts && !mayRestart ? 'a service started again' : undefined
}

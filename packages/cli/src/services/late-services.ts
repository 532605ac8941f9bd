import { RadtuneError } from '@radtune/core/errors'
import { formatDuration } from '@radtune/core/units'
import type { Launch, RuntimeEvent } from '../ports/runtime.ts'
import type { StackWorld } from '../ports/stack-world.ts'
import { statsPort } from './await-records.ts'
import { lastLines } from './failed-service.ts'

/** A change of condition, as the runtime tells it. */
export type ServiceEvent = Extract<RuntimeEvent, { kind: 'service' }>
type Conditions = ReadonlyMap<string, ServiceEvent>

export interface LateService {
  name: string
  /** `is starting: the page is not built`. */
  state: string
  logs: readonly string[]
}

/** What is not ready and what it says about it, while it can still be asked. */
export async function lookIntoLate(
  { runtime, stats }: StackWorld,
  { launch, conditions }: { launch: Launch; conditions: Conditions },
): Promise<LateService[]> {
  const late = [...conditions.values()].filter(
    ({ name, condition }) =>
      condition !== 'healthy' && launch.spec.services.some((service) => service.name === name),
  )
  return await Promise.all(
    late.map(async ({ name, condition, reason }) => {
      const health = await stats.health(statsPort(launch, name))
      const why = reason ?? (health.known ? health.value.reason : undefined)
      return {
        name,
        state: `is ${condition}${why ? `: ${why}` : ''}`,
        logs: await lastLines(runtime, name),
      }
    }),
  )
}

/** RT-UP-005 for a stack that was not ready in time: which services are late, and what they say. */
export function notReady(
  timeoutMs: number,
  { late, begun }: { late: readonly LateService[]; begun: boolean },
): RadtuneError {
  const reached = begun
    ? 'every service is healthy, but no record has reached the backend'
    : 'no service had started'
  return new RadtuneError('RT-UP-005', {
    what: `the stack was not ready within ${formatDuration(timeoutMs)}`,
    why: late.length > 0 ? late.map(({ name, state }) => `${name} ${state}`).join('; ') : reached,
    logs: late[0]?.logs ?? [],
    fix: [`radtune up --timeout ${formatDuration(timeoutMs * 2).replaceAll(' ', '')}`, 'radtune logs'],
  })
}

import type { SettingsReport } from '@radtune/core/contract'
import type { ServiceSnapshot, SettingsInForce, StackFacts } from '@radtune/core/metrics'
import type { Launch, StackState } from '../ports/runtime.ts'

export function stackFacts({ launch, runtime, launchedAt, availability }: StackState): StackFacts {
  return {
    profile: launch.spec.profile,
    engine: launch.spec.engine,
    runtime,
    launchedAt,
    availability: availability?.share ?? null,
  }
}

/** The services of a stack as a snapshot has them, in the order of the plan. */
export function serviceSnapshots({ launch, services }: StackState): ServiceSnapshot[] {
  const roles = new Map(launch.spec.services.map(({ name, role }) => [name, role]))
  return services.map((service) => ({
    name: service.name,
    role: roles.get(service.name) ?? service.name,
    condition: service.condition,
    reason: service.reason ?? null,
    pid: service.pid ?? null,
    restarts: service.restarts,
    since: service.since,
    exit: service.exit ?? null,
    cpus: service.cpus,
    memoryBytes: service.memoryBytes,
    throttling: service.throttling,
    limits: service.limits,
  }))
}

/** The plan with its overlay, and over it what services report that they run by. */
export function settingsInForce(
  { spec: { settings } }: Launch,
  reports: readonly SettingsReport[],
): SettingsInForce {
  const planned = Object.entries(settings).map(([key, { value }]) => [key, value] as const)
  const origins = Object.entries(settings).flatMap(([key, { origin }]) =>
    origin === 'derived' ? [] : [[key, origin] as const],
  )
  const revisions = reports.flatMap(({ revision }) => (revision === null ? [] : [revision]))
  return {
    revision: revisions.length === 0 ? null : Math.max(...revisions),
    values: Object.assign({}, Object.fromEntries(planned), ...reports.map(({ applied }) => applied)),
    origins: Object.fromEntries(origins),
  }
}

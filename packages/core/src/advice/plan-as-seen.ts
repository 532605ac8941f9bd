import type { SettingKey, SettingValues } from '../settings/index.ts'
import type { ResolvedSetting, Role, ServiceSpec, StackSpec } from '../stack/index.ts'
import { NOTHING, type Proposed } from './propose-step.ts'

/** What somebody sees of a stack who was not given its plan. A null is what cannot be seen. */
export interface SeenStack {
  machine: StackSpec['machine']
  workload: StackSpec['workload']
  services: readonly SeenService[]
  /** In force. */
  settings: Partial<SettingValues>
}

export interface SeenService {
  name: string
  role: Role
  /** Limits in force. */
  cpus: number | null
  memoryBytes: number | null
  slots: number | null
}

/** A rule has asked a plan for something that cannot be seen: it is not decided. */
export class NotSeen extends Error {}

/**
 * The plan of a stack as far as it can be seen. Whatever else is asked of it throws NotSeen, so that no rule takes what is not
 * known for a number. Who gave a setting cannot be seen: it tells what would be done about a finding, never whether there is one.
 */
export function planAsSeen({ machine, workload, services, settings }: SeenStack): StackSpec {
  const limits = services.flatMap(({ role, cpus, memoryBytes }) => [
    ...(cpus === null ? [] : [[`${role}.cpus`, cpus] as const]),
    ...(memoryBytes === null ? [] : [[`${role}.memory`, memoryBytes] as const]),
  ])
  const inForce = { ...Object.fromEntries(limits), ...settings } as Partial<SettingValues>
  const resolved = (Object.keys(inForce) as SettingKey[]).map((key) => [key, resolvedAs(key, inForce[key])])
  return onlySeen<StackSpec>('the plan', {
    schema: 'radtune.stack/1',
    engine: 'worker',
    machine,
    workload,
    services: services.map((service) =>
      onlySeen<ServiceSpec>(service.name, {
        name: service.name,
        role: service.role,
        reasons: [],
        ...(service.slots === null ? {} : { slots: service.slots }),
        ...(service.cpus === null ? {} : { cpus: service.cpus }),
        ...(service.memoryBytes === null ? {} : { memoryBytes: service.memoryBytes }),
      }),
    ),
    settings: onlySeen<StackSpec['settings']>('the settings', Object.fromEntries(resolved)),
  })
}

/** What would answer a finding, as far as that can be worked out from what is seen; the finding holds all the same. */
export function asFarAsSeen(propose: () => Proposed): Proposed {
  try {
    return propose()
  } catch (error) {
    if (error instanceof NotSeen) return NOTHING
    throw error
  }
}

function resolvedAs(key: SettingKey, value: unknown): ResolvedSetting {
  const reason = { of: key, rule: 'seen', sentence: 'in force' }
  return { value, origin: 'derived', reason } as ResolvedSetting
}

function onlySeen<Whole extends object>(what: string, seen: Partial<Whole>): Whole {
  return new Proxy(seen, {
    get(target, name) {
      if (typeof name === 'symbol' || name in target) return Reflect.get(target, name)
      throw new NotSeen(`${name} of ${what} cannot be seen from here`)
    },
  }) as Whole
}

import type { Change, ChangeValue } from '@radtune/core/advice'
import { known, type Reading, type Snapshot, unknown } from '@radtune/core/metrics'

/** The kernel rounds limits: a value that differs by less is the same. */
const SAME = 0.01

/** The value of a setting that is in force: limits by the kernel or the engine, others by what services report of themselves. */
export function valueInForce(snapshot: Snapshot, change: Change): Reading<ChangeValue> {
  const limit = /^(\w+)\.(cpus|memory)$/.exec(change.key)
  return limit ? limitInForce(snapshot, change, limit[1] ?? '') : settingInForce(snapshot, change)
}

function settingInForce({ settings }: Snapshot, { key }: Change): Reading<ChangeValue> {
  if (!settings.known) return settings
  const value = settings.value.values[key]
  return value === undefined ? unknown(`nobody tells of ${key}`) : known(value, settings.at)
}

function limitInForce(
  { services }: Snapshot,
  { key, service, from, to }: Change,
  role: string,
): Reading<ChangeValue> {
  if (!services.known) return services
  const concerned = services.value.filter(
    (one) => one.role === role && (service === undefined || one.name === service),
  )
  const values = concerned.map(({ limits }) => (key.endsWith('.cpus') ? limits.cpus : limits.memoryBytes))
  const [first] = values
  if (first === undefined) return unknown(`there is no ${service ?? role}`)
  // Of several workers one that was not reached yet tells what holds.
  const told = values.find((value) => !isSame(value, to)) ?? first
  const named = [from, to].find((value) => isSame(told, value))
  return known(named ?? told, services.at)
}

function isSame(value: number, other: ChangeValue): boolean {
  return typeof other === 'number' && Math.abs(value - other) <= SAME * Math.abs(other)
}

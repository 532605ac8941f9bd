import type { Profile } from './profile.ts'

/** One field in which two profiles differ; `undefined` where one of them does not have it. */
export interface ProfileDifference {
  /** `machine.memoryBytes`, `workload.maxPerSecond`, `settings.kafka.heap`. */
  path: string
  from: unknown
  to: unknown
}

/** Lists the fields in which two profiles differ, pins included; names, files and lines are not compared. */
export function compareProfiles(from: Profile, to: Profile): ProfileDifference[] {
  const [before, after] = [fieldsOf(from), fieldsOf(to)]
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => before.get(path) !== after.get(path))
    .map((path) => ({ path, from: before.get(path), to: after.get(path) }))
}

function fieldsOf({ machine, workload, pins }: Profile): ReadonlyMap<string, unknown> {
  const fields = new Map<string, unknown>()
  for (const [field, value] of Object.entries(machine)) fields.set(`machine.${field}`, value)
  for (const [field, value] of Object.entries(workload)) fields.set(`workload.${field}`, value)
  for (const { key, value, service } of pins)
    fields.set(`settings.${service === undefined ? key : key.replace(/^worker(?=\.)/, service)}`, value)
  return fields
}

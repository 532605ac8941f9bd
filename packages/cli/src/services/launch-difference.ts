import { compareSpecs, type SpecDifference } from '@radtune/core/stack'
import type { Launch, StackPorts } from '../ports/runtime.ts'

/** One field in which two launches differ: as of a plan, or `data` (a `DataSource`), `slotFault`, `environment`, `port kafka`, `port worker-1 stats`. */
export type LaunchDifference = SpecDifference

/** Lists what makes two launches different stacks: what differs in the plans, the data and the ports. */
export function compareLaunches(from: Launch, to: Launch): LaunchDifference[] {
  const differences = compareSpecs(from.spec, to.spec)
  if (JSON.stringify(from.data) !== JSON.stringify(to.data))
    differences.push({ path: 'data', from: from.data, to: to.data })
  if (from.slotFault !== to.slotFault)
    differences.push({ path: 'slotFault', from: from.slotFault, to: to.slotFault })
  if (from.environment !== to.environment)
    differences.push({ path: 'environment', from: from.environment, to: to.environment })
  const [before, after] = [portsByName(from.ports), portsByName(to.ports)]
  for (const name of new Set([...before.keys(), ...after.keys()]))
    if (before.get(name) !== after.get(name))
      differences.push({ path: `port ${name}`, from: before.get(name), to: after.get(name) })
  return differences
}

function portsByName({ stats, ...named }: StackPorts): Map<string, number> {
  return new Map([
    ...Object.entries(named),
    ...Object.entries(stats).map(([service, port]): [string, number] => [`${service} stats`, port]),
  ])
}

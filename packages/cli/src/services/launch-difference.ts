import { compareSpecs, type SpecDifference } from '@radtune/core/stack'
import type { Launch, StackPorts } from '../ports/runtime.ts'

/** One field in which two launches differ: as of a plan, or `data`, `port kafka`, `port worker-1 stats`. */
export type LaunchDifference = SpecDifference

/** Lists what makes two launches different stacks: what differs in the plans, the data and the ports. */
export function compareLaunches(from: Launch, to: Launch): LaunchDifference[] {
  const differences = compareSpecs(from.spec, to.spec)
  const [dataBefore, dataAfter] = [describeData(from), describeData(to)]
  if (dataBefore !== dataAfter) differences.push({ path: 'data', from: dataBefore, to: dataAfter })
  const [before, after] = [portsByName(from.ports), portsByName(to.ports)]
  for (const name of new Set([...before.keys(), ...after.keys()]))
    if (before.get(name) !== after.get(name))
      differences.push({ path: `port ${name}`, from: before.get(name), to: after.get(name) })
  return differences
}

/** What the data of a launch are, in a few words: the file names, or the generator with its seed. */
export function describeData({ data }: Pick<Launch, 'data'>): string {
  switch (data.kind) {
    case 'generator':
      return `generated readings, seed ${data.seed}`
    case 'files':
      return `${data.paths.join(', ')}${data.loop ? ', again and again' : ''}`
  }
}

function portsByName({ stats, ...named }: StackPorts): Map<string, number> {
  return new Map([
    ...Object.entries(named),
    ...Object.entries(stats).map(([service, port]): [string, number] => [`${service} stats`, port]),
  ])
}

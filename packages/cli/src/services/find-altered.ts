import { compareFields, type DriftItem, kafkaSource } from '@radtune/core/drift'
import type { Launch, StackState } from '../ports/runtime.ts'
import type { StackWorld } from '../ports/stack-world.ts'
import { askKafka } from './drift-live.ts'
import type { LaunchDifference } from './launch-difference.ts'

/** What somebody has changed on a running stack by hand, and a launch puts back. */
export interface Altered {
  differences: readonly LaunchDifference[]
  /** Programs that run once and have to run again for that. */
  again: readonly string[]
}

/** The kernel counts memory in pages, of up to so many bytes. */
const PAGE_BYTES = 65_536

/**
 * Looks at limits as the kernel or the engine says them, and at the configs of the topics. Another number of partitions is left
 * alone: nothing but a launch without data can put that back. Kafka that does not answer is asked by the launch that follows.
 */
export async function findAltered(world: StackWorld, launch: Launch, stack: StackState): Promise<Altered> {
  const items = compareFields(kafkaSource(launch.spec, await askKafka(world, launch)))
  const topics = items.filter(isRestorable)
  return {
    differences: [
      ...alteredLimits(launch, stack),
      ...topics.map(({ path, found, wanted }) => ({ path, from: found, to: wanted })),
    ],
    again: topics.length > 0 ? ['topics'] : [],
  }
}

function isRestorable({ class: kind, state, path }: DriftItem): boolean {
  if (kind !== 'topic' || /\.(partitions|replicationFactor)$/.test(path)) return false
  return state === 'changed' || state === 'missing'
}

function alteredLimits({ spec }: Launch, { services }: StackState): LaunchDifference[] {
  return spec.services.flatMap(({ name, memoryBytes, cpus }) => {
    const limits = services.find((service) => service.name === name)?.limits
    if (limits === undefined) return []
    const isSameMemory = Math.abs(limits.memoryBytes - memoryBytes) < PAGE_BYTES
    const isSameCpus = Math.abs(limits.cpus - cpus) < 0.001
    return [
      ...(isSameMemory ? [] : [{ path: `${name}.memoryBytes`, from: limits.memoryBytes, to: memoryBytes }]),
      ...(isSameCpus ? [] : [{ path: `${name}.cpus`, from: limits.cpus, to: cpus }]),
    ]
  })
}

import { liveValuesOf, projectSettings, type SettingKey } from '@radtune/core/settings'
import type { Launch } from '../ports/runtime.ts'
import type { StackWorld } from '../ports/stack-world.ts'
import { type Acknowledgement, awaitAcknowledged } from './await-acknowledged.ts'

/** What became of the live settings of a launch. */
export interface Publication {
  /** Keys that were written; none when the topic said so already. */
  written: readonly string[]
  acknowledgements: readonly Acknowledgement[]
}

/**
 * Makes the settings topic say what a launch says, so that no stale value outlives a plan, and waits until the services run
 * by it. Throws RT-SET-005.
 */
export async function publishLaunchSettings(
  world: Pick<StackWorld, 'settings' | 'clock' | 'stats'>,
  launch: Launch,
  { by, timeoutMs, signal }: { by: string; timeoutMs: number; signal: AbortSignal },
): Promise<Publication> {
  const topic = world.settings(launch.ports.kafka)
  try {
    const wanted = liveValuesOf(launch.spec.settings)
    const { values, end } = await topic.read()
    const found = new Map([...values].map(([key, { value }]) => [key, value]))
    const writes = projectSettings(wanted, { found, by, at: world.clock.now() })
    const revision = writes.length > 0 ? await topic.write(writes) : end - 1
    const acknowledgements = await awaitAcknowledged(world, {
      launch,
      revision,
      values: wanted as Partial<Record<SettingKey, string | number>>,
      timeoutMs,
      signal,
    })
    return { written: writes.map(({ key }) => key), acknowledgements }
  } finally {
    await topic.close()
  }
}

import { createMemoryWorld, type MemoryWorld } from '../src/adapters/memory/memory-world.ts'
import { plannedSpec } from '../src/adapters/memory/planned-spec.ts'
import { type LaunchRequest, launchStack } from '../src/services/launch-stack.ts'

/** What a plain `radtune up` asks for; `change` says otherwise. */
export function launchRequest(change: Partial<LaunchRequest> = {}): LaunchRequest {
  return {
    spec: plannedSpec('4c8g'),
    data: { files: [], loop: false, seed: 1 },
    environment: 'prod',
    port: undefined,
    once: false,
    fresh: false,
    force: false,
    keep: false,
    timeoutMs: 120_000,
    ...change,
  }
}

/** A world in memory whose stack runs: a new one, or `world` with what a test has set in it. */
export async function runningWorld(
  change: Partial<LaunchRequest> = {},
  world: MemoryWorld = createMemoryWorld(),
): Promise<MemoryWorld> {
  const talk = { signal: new AbortController().signal, onEvent: () => undefined, confirm: undefined }
  await launchStack(world, launchRequest(change), talk)
  return world
}

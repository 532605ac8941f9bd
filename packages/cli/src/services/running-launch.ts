import { isLiveSetting, isSettingKey } from '@radtune/core/settings'
import type { Launch, StackState } from '../ports/runtime.ts'
import type { StackWorld } from '../ports/stack-world.ts'
import { compareLaunches } from './launch-difference.ts'

/**
 * The launch that runs, live changes included: a runtime knows what it started, and `.radtune/stack.yaml` what was changed
 * live since then. A file that differs in more than that belongs to another launch.
 */
export async function runningLaunch(
  { project }: Pick<StackWorld, 'project'>,
  { launch }: Pick<StackState, 'launch'>,
): Promise<Launch> {
  const written = await project.readLaunch()
  return written && compareLaunches(launch, written).every(({ path }) => isLivePath(path)) ? written : launch
}

/** Whether a difference of two launches is one that running services take over without a restart. */
export function isLivePath(path: string): boolean {
  return /^worker-\d+\.slots$/.test(path) || (isSettingKey(path) && isLiveSetting(path))
}

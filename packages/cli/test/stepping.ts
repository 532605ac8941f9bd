import type { StackWorld } from '../src/ports/stack-world.ts'
import { createJournalStore } from '../src/services/journal-store.ts'
import type { Stepping } from '../src/services/run-step.ts'
import { createStackObserver } from '../src/services/stack-observer.ts'
import { createWorld, type World } from '../src/world.ts'

/** What `radtune advise --apply` steps with, for a step that no rule of radtune proposes. */
export async function steppingIn(
  projectDir: string,
  stackOf: (world: World) => Promise<StackWorld>,
  { intervalMs, verifyMs }: { intervalMs: number; verifyMs: number },
): Promise<Stepping> {
  const created = await createWorld()
  const { files, host, shippedProfilesDir, userConfigFile } = created
  const configs = { files, host, shippedProfilesDir, userConfigFile, environment: {} }
  const world = await stackOf(created)
  return {
    applying: {
      world,
      places: { ...configs, workingDir: projectDir, projectDir },
      signal: new AbortController().signal,
      timeoutMs: 60_000,
      onEvent: () => undefined,
    },
    observer: createStackObserver(world, { intervalMs }),
    journal: createJournalStore(files, projectDir, () => undefined),
    standing: undefined,
    verifyMs,
    keep: false,
    onProgress: () => undefined,
  }
}

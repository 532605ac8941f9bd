import type { RuntimeWatch } from '../../ports/runtime.ts'
import { type ContainerEvents, followEvents } from './container-events.ts'
import { type ContainerStreams, createContainerStreams } from './container-streams.ts'
import type { Engine } from './engine.ts'
import { readLaunched, seeContainers, stackStateOf } from './launched-stack.ts'

/** As long as containers are taken to be as they were, when the engine tells of no event. */
const LOOK_EVERY_MS = 5_000

interface Watched {
  streams: ContainerStreams
  events: ContainerEvents
}

/**
 * Watches the containers of a project by what the engine tells by itself: a stream of counters for each, and one of events. The
 * containers are looked at again after an event, and now and then: an engine that hangs sends none.
 */
export function watchStack(
  { folder, project }: { folder: string; project: string },
  engineOf: () => Promise<Engine>,
): RuntimeWatch {
  let watched: Watched | undefined
  let seen: (Awaited<ReturnType<typeof seeContainers>> & { at: number }) | undefined

  function close(): void {
    watched?.streams.close()
    watched?.events.close()
    watched = undefined
    seen = undefined
  }

  return {
    async inspect() {
      const launched = await readLaunched(folder)
      if (!launched) {
        close()
        return undefined
      }
      const engine = await engineOf()
      watched ??= { streams: createContainerStreams(engine), events: followEvents(engine, project) }
      const { streams, events } = watched
      const happened = events.happened()
      if (happened || !seen || performance.now() - seen.at > LOOK_EVERY_MS) {
        seen = undefined
        seen = { ...(await seeContainers(engine, project, launched)), at: performance.now() }
      }
      const { running } = seen
      if (seen.containers.size === 0) return undefined
      await streams.follow(running)
      return stackStateOf(launched, { ...seen, usages: streams.usages() })
    },
    close,
  }
}

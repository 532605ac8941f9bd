import {
  type ContainerUsage,
  lookAt,
  type StatsLook,
  takenAt,
  usageOf,
  usageUnknown,
} from './container-usage.ts'
import type { Engine } from './engine.ts'
import { readJsonLines } from './json-lines.ts'
import { type OpenStream, openStream } from './open-stream.ts'

/** What an engine tells of containers by itself, about once a second: one stream for each. */
export interface ContainerStreams {
  /**
   * From now on these containers and no others. A stream that ended, as with its engine, or that says nothing any more is opened
   * again. Resolves when the containers that are new to it have told something.
   */
  follow(ids: readonly string[]): Promise<void>
  /** The newest of each container with the time at which it came; unknown when nothing has come for ten seconds. */
  usages(): Map<string, ContainerUsage>
  close(): void
}

interface Followed {
  /** Of the last ten seconds, the newest last. */
  looks: StatsLook[]
  stream: OpenStream
  openedAt: number
}

/** Throttling is told over this time, and a stream that was silent for so long has stalled. */
const WINDOW_MS = 10_000
/** A rate over less than this is noise. */
const SHORTEST_MS = 250

export function createContainerStreams(
  engine: Engine,
  { now = Date.now }: { now?: () => number } = {},
): ContainerStreams {
  const followed = new Map<string, Followed>()

  function open(id: string, looks: StatsLook[]): Followed {
    const asked = engine.getContainer(id).stats({ stream: true })
    const onOpen = (stream: NodeJS.ReadableStream) =>
      readJsonLines<StatsLook['stats']>(stream, (stats) => note(looks, { stats, at: now() }))
    return { looks, stream: openStream(asked, { onOpen }), openedAt: now() }
  }

  const lastWord = ({ looks, openedAt }: Followed) => Math.max(openedAt, looks.at(-1)?.at ?? 0)

  return {
    async follow(ids) {
      for (const [id, { stream }] of followed) {
        if (ids.includes(id)) continue
        stream.close()
        followed.delete(id)
      }
      const fresh = ids.filter((id) => !followed.has(id))
      for (const id of ids) {
        const one = followed.get(id)
        const lives = one && one.stream.state() !== 'ended' && now() - lastWord(one) < WINDOW_MS
        if (lives) continue
        one?.stream.close()
        followed.set(id, open(id, one?.looks ?? []))
      }
      // The first word of a stream may take a second.
      await Promise.all(
        fresh.map(async (id) => {
          const look = await lookAt(engine, id, now)
          if (look) note(followed.get(id)?.looks ?? [], look)
        }),
      )
    },
    usages: () => new Map([...followed].map(([id, one]) => [id, newestOf(one.looks, now())])),
    close() {
      for (const { stream } of followed.values()) stream.close()
      followed.clear()
    },
  }
}

/** Adds a look, unless a newer one is there. A container that does not run is told of with no counters at all. */
function note(looks: StatsLook[], look: StatsLook): void {
  const newest = looks.at(-1)
  if (look.stats.memory_stats?.usage === undefined) {
    looks.length = 0
    return
  }
  if (newest && takenAt(look) <= takenAt(newest)) return
  looks.push(look)
  while (looks.length > 2 && takenAt(look) - takenAt(looks[0] as StatsLook) > WINDOW_MS) looks.shift()
}

function newestOf(looks: readonly StatsLook[], now: number): ContainerUsage {
  const newest = looks.at(-1)
  if (!newest) return usageUnknown('the engine has not told of it yet')
  const silentMs = now - newest.at
  if (silentMs >= WINDOW_MS)
    return usageUnknown(`the engine has told nothing of it for ${Math.round(silentMs / 1000)} s`)
  const before = looks.findLast((look) => takenAt(newest) - takenAt(look) >= SHORTEST_MS)
  return usageOf(newest, { before, earliest: looks.length > 1 ? looks[0] : undefined })
}

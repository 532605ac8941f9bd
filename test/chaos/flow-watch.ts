import { setTimeout as delay } from 'node:timers/promises'
import { OUTPUT_TOPICS } from '../../packages/core/src/contract/index.ts'
import type { TopicReader } from '../../packages/pipeline/test/topic-reader.ts'

/** Watches the ends of the outputs and knows how long each partition has stood still. */
export interface FlowWatch {
  /** Begins a new period: what stood still before does not count. */
  mark(): void
  /** Longest standstill of each partition since the mark, milliseconds, the present one included. */
  standstills(): Map<number, number>
  /** Partitions whose outputs have not grown since that time of `performance.now`. */
  silentSince(time: number): number[]
  stop(): Promise<void>
}

const LOOK_EVERY_MS = 100

/** `open` gives a reader of the outputs; a broker that is away or paused is looked for again and again. */
export function watchFlow(open: () => TopicReader, partitions: number): FlowWatch {
  const grownAt = new Map<number, number>()
  const longest = new Map<number, number>()
  let ends = new Map<number, number>()
  let marked = performance.now()
  let stopping = false

  function note(found: ReadonlyMap<string, readonly number[]>): void {
    const now = performance.now()
    const sums = new Map<number, number>()
    for (const topic of OUTPUT_TOPICS) {
      for (const [partition, end] of (found.get(topic) ?? []).entries())
        sums.set(partition, (sums.get(partition) ?? 0) + end)
    }
    for (const [partition, sum] of sums) {
      if (sum === ends.get(partition)) continue
      const still = now - Math.max(marked, grownAt.get(partition) ?? marked)
      longest.set(partition, Math.max(longest.get(partition) ?? 0, still))
      grownAt.set(partition, now)
    }
    ends = sums
  }

  async function look(): Promise<void> {
    let reader = open()
    while (!stopping) {
      try {
        note(await reader.ends())
      } catch {
        await reader.close().catch(() => undefined)
        reader = open()
      }
      await delay(LOOK_EVERY_MS)
    }
    await reader.close().catch(() => undefined)
  }

  const looking = look()
  return {
    mark() {
      marked = performance.now()
      longest.clear()
    },
    standstills() {
      const now = performance.now()
      return new Map(
        Array.from({ length: partitions }, (_, partition) => {
          const present = now - Math.max(marked, grownAt.get(partition) ?? marked)
          return [partition, Math.max(longest.get(partition) ?? 0, present)]
        }),
      )
    },
    silentSince: (time) =>
      Array.from({ length: partitions }, (_, partition) => partition).filter(
        (partition) => (grownAt.get(partition) ?? 0) <= time,
      ),
    async stop() {
      stopping = true
      await looking
    },
  }
}

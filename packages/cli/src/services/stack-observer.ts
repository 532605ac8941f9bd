import { Evaluator, type Snapshot } from '@radtune/core/metrics'
import type { StackWorld } from '../ports/stack-world.ts'
import { createSnapshotCollector } from './collect-snapshots.ts'
import type { Moment } from './monitor-stack.ts'

/** Watches a stack for as long as somebody wants to know something, with the past that its services remember. */
export interface StackObserver {
  /** Undefined before the first sample. */
  readonly moment: Moment | undefined
  /** Samples at the interval until `enough` says so, at least once. Rejects with the signal's reason. */
  observe(enough: (moment: Moment) => boolean, signal: AbortSignal): Promise<Moment>
  close(): Promise<void>
}

const HOUR_MS = 3_600_000

export function createStackObserver(
  world: StackWorld,
  { intervalMs }: { intervalMs: number },
): StackObserver {
  const { clock } = world
  const collector = createSnapshotCollector(world, { intervalMs })
  let evaluator: Evaluator | undefined
  let moment: Moment | undefined
  let due = clock.now()

  async function sample(): Promise<Moment> {
    const snapshot = await collector.sample()
    evaluator ??= await remembering(snapshot)
    return { snapshot, evaluation: evaluator.add(snapshot), evaluator }
  }

  async function remembering(snapshot: Snapshot): Promise<Evaluator> {
    const windowMs = Math.max(60_000, intervalMs * 10)
    const capacity = Math.ceil(HOUR_MS / intervalMs)
    const created = new Evaluator({ targets: collector.targets(), windowMs, capacity })
    created.addPast(await collector.past(snapshot).catch(() => []))
    return created
  }

  return {
    get moment() {
      return moment
    },
    async observe(enough, signal) {
      for (;;) {
        signal.throwIfAborted()
        const leftMs = due - clock.now()
        if (leftMs > 0) await clock.sleep(leftMs, signal)
        due = Math.max(due, clock.now()) + intervalMs
        moment = await sample()
        if (enough(moment)) return moment
      }
    },
    close: () => collector.close(),
  }
}

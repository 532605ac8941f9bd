import type { Drift, DriftItem } from '@radtune/core/drift'
import type { Clock } from '../ports/clock.ts'

/** A comparison that differs from the one before. */
export interface DriftNews {
  at: number
  drift: Drift
  /** What is no longer in sync, or differs in another way than before. */
  appeared: readonly DriftItem[]
  /** What was not in sync and is now. */
  gone: readonly DriftItem[]
}

/** Compares again and again, and tells the first result and each one that differs; ends when the signal is aborted. */
export async function* watchDrift(
  compare: () => Promise<Drift>,
  { clock, everyMs, signal }: { clock: Clock; everyMs: number; signal: AbortSignal },
): AsyncGenerator<DriftNews> {
  let before: ReadonlyMap<string, DriftItem> | undefined
  while (!signal.aborted) {
    const drift = await compare()
    const now = new Map(drift.items.filter(isTold).map((item) => [identityOf(item), item]))
    const appeared = [...now].flatMap(([id, item]) => (before?.has(id) ? [] : [item]))
    const gone = [...(before ?? [])].flatMap(([id, item]) => (now.has(id) ? [] : [item]))
    if (before === undefined || appeared.length + gone.length > 0)
      yield { at: clock.now(), drift, appeared, gone }
    before = now
    await clock.sleep(everyMs, signal).catch(() => undefined)
  }
}

function isTold({ state }: DriftItem): boolean {
  return state !== 'in sync' && state !== 'not applicable'
}

function identityOf({ source, path, state, found }: DriftItem): string {
  return JSON.stringify([source.name, path, state, found])
}

import { startOrder } from '@radtune/core/render'
import type { StackSpec } from '@radtune/core/stack'

/** A step of a launch that all later ones had to wait for. */
export interface CriticalStep {
  name: string
  /** From the moment at which it could begin to the one at which it was ready. */
  elapsedMs: number
}

/**
 * The chain of services that decided how long a launch took: from the one that was ready last back to the first, each time over
 * the dependency that was ready last. What ran already is in no chain. `readyAt` in monotonic milliseconds.
 */
export function criticalPath(
  spec: StackSpec,
  { startedAt, readyAt }: { startedAt: number; readyAt: ReadonlyMap<string, number> },
): CriticalStep[] {
  const steps = new Map(startOrder(spec).map((step) => [step.name, step]))
  const latest = (names: readonly string[]) =>
    names
      .filter((name) => readyAt.has(name) && steps.has(name))
      .toSorted((a, b) => (readyAt.get(b) ?? 0) - (readyAt.get(a) ?? 0))[0]
  const path: CriticalStep[] = []
  let name = latest([...readyAt.keys()])
  while (name !== undefined) {
    const before: string | undefined = latest(steps.get(name)?.dependsOn ?? [])
    const from = before === undefined ? startedAt : (readyAt.get(before) ?? startedAt)
    path.unshift({ name, elapsedMs: Math.max(0, (readyAt.get(name) ?? from) - from) })
    name = before
  }
  return path
}

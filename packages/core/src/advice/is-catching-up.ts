import type { History, Targets } from '../metrics/index.ts'
import type { AdviceSettings } from './advice-settings.ts'
import { measuredMean } from './measured.ts'

/** Lag is judged by the mean of so long: what slots have committed comes in jumps. */
const LAG_MS = 2000

/**
 * Whether more waits now than before a step: what piled up while a service was restarted is late because of the restart, which
 * tells nothing of the step. False where the lag is not known.
 */
export function isCatchingUp(
  history: History,
  {
    openedAt,
    now,
    settings,
    targets,
  }: { openedAt: number; now: number; settings: AdviceSettings; targets: Targets },
): boolean {
  const mean = (metric: string, from: number, to: number) =>
    measuredMean(history, metric, { between: { from, to }, workers: [] })
  const before = mean('lag', openedAt - settings['advice.verify'], openedAt) ?? 0
  // What arrives within a second is on its way.
  const arriving = mean('in', now - LAG_MS, now) ?? 0
  return (mean('lag', now - LAG_MS, now) ?? 0) > Math.max(before, arriving, targets.lagRecords)
}

import type { SlotStats } from '@radtune/core/contract'

export type Stage = keyof SlotStats['stageMs']

/** Where the time of a slot goes, from one record in 64: measuring each would cost as much as a stage. */
export interface StageTimes {
  /** Called for each record: whether this one is measured. */
  begin(): boolean
  /** Ends a stage of the measured record. */
  lap(stage: Stage): void
  /** Milliseconds per second in each stage since the last call, scaled up to all records. */
  take(seconds: number): SlotStats['stageMs']
}

const ONE_IN = 64

export function createStageTimes(nowMs: () => number = () => performance.now()): StageTimes {
  let sums = noTime()
  let untilNext = 0
  let lapStart = 0
  return {
    begin() {
      if (untilNext > 0) {
        untilNext -= 1
        return false
      }
      untilNext = ONE_IN - 1
      lapStart = nowMs()
      return true
    },
    lap(stage) {
      const now = nowMs()
      sums[stage] += (now - lapStart) * ONE_IN
      lapStart = now
    },
    take(seconds) {
      const taken = sums
      sums = noTime()
      for (const stage of Object.keys(taken) as Stage[]) taken[stage] /= Math.max(seconds, 0.001)
      return taken
    },
  }
}

function noTime(): SlotStats['stageMs'] {
  return { parse: 0, validate: 0, deduplicate: 0, route: 0, serialise: 0 }
}

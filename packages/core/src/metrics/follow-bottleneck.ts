import type { Found } from './bottleneck.ts'
import type { Bottleneck } from './evaluation.ts'

const CHRONIC_MS = 60_000
/** A bottleneck that is not seen for less than this has not gone. */
const GAP_MS = 5_000

/** Follows what was found from sample to sample: since when, and whether it lasts. */
export function createBottleneckFollower(): (found: Found, at: number) => Bottleneck {
  let current: { found: Found; since: number; seenAt: number } | undefined
  return (found, at) => {
    if (found.stage !== null) {
      const same = current?.found.stage === found.stage && current.found.service === found.service
      current = { found, since: same && current ? current.since : at, seenAt: at }
    } else if (current && at - current.seenAt > GAP_MS) {
      current = undefined
    }
    if (!current) return { ...found, sinceMs: null, lasting: null }
    const lasting = at - current.since > CHRONIC_MS ? 'chronic' : 'transient'
    return { ...current.found, sinceMs: current.since, lasting }
  }
}

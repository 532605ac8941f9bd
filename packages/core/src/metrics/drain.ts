import type { Drain } from './evaluation.ts'
import type { Reading } from './reading.ts'

/** A commit comes at least this often while records flow; what arrives in it is on its way, not behind. */
const ON_ITS_WAY_MS = 2_000

/** One partition: its lag, and its rates over the last seconds; undefined where they are not known. */
export interface DrainingPartition {
  partition: number
  lag: Reading<number>
  inPerSecond: number | undefined
  outPerSecond: number | undefined
}

/** Time to drain of one partition: lag ÷ (rate out − rate in). */
export function drainOf({ partition, lag, inPerSecond, outPerSecond }: DrainingPartition): Drain {
  if (!lag.known) return { kind: 'unknown', why: lag.why }
  if (lag.value === 0) return { kind: 'nothing' }
  if (inPerSecond === undefined || outPerSecond === undefined)
    return { kind: 'unknown', why: 'a rate needs two samples' }
  if (lag.value <= (inPerSecond * ON_ITS_WAY_MS) / 1000) return { kind: 'in-flow' }
  const gain = outPerSecond - inPerSecond
  // A gain that is within the noise of two rates is none.
  if (gain <= Math.max(outPerSecond, inPerSecond) * 0.01) return { kind: 'never', partition }
  return { kind: 'drains', ms: (lag.value * 1000) / gain, partition }
}

/** Of all partitions the one that is last: never before late, and unknown when one of them is. */
export function slowestDrain(drains: readonly Drain[]): Drain {
  const rank = { nothing: 0, 'in-flow': 1, drains: 2, unknown: 3, never: 4 } as const
  let slowest: Drain = { kind: 'nothing' }
  for (const drain of drains) {
    const later =
      drain.kind === 'drains' && slowest.kind === 'drains'
        ? drain.ms > slowest.ms
        : rank[drain.kind] > rank[slowest.kind]
    if (later) slowest = drain
  }
  return slowest
}

/** How a drain is said, in a few words. */
export function drainSentence(drain: Drain, formatMs: (ms: number) => string): string {
  switch (drain.kind) {
    case 'nothing':
      return 'nothing waits'
    case 'in-flow':
      return 'in flow'
    case 'drains':
      return `drains in ${formatMs(drain.ms)}`
    case 'never':
      return 'drains never at this rate'
    case 'unknown':
      return `time to drain n/a (${drain.why})`
  }
}

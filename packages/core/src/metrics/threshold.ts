import type { Reading } from './reading.ts'
import type { Targets } from './targets.ts'

/** Over how much a metric is WARN, and from how much it is CRIT. */
export interface Threshold {
  warn: number
  critical: number
}

export type ThresholdWord = 'ok' | 'WARN' | 'CRIT'

/** Where a metric stands, and how many samples in a row lately spoke for another word. */
export interface ThresholdState {
  word: ThresholdWord
  /** Samples in a row over `warn`, at `critical`, not over `warn`, under `critical`. */
  over: number
  critical: number
  under: number
  uncritical: number
}

/** As many in a row make it worse, and as many better: no flapping. */
const SAMPLES_TO_WARN = 3
const SAMPLES_TO_OK = 10

const FRESH: ThresholdState = { word: 'ok', over: 0, critical: 0, under: 0, uncritical: 0 }

/** The state after one more sample. A sample that is unknown speaks for nothing. */
export function stepThreshold(
  before: ThresholdState = FRESH,
  sample: Reading<number>,
  { warn, critical }: Threshold,
): ThresholdState {
  if (!sample.known) return before
  const isOver = sample.value > warn
  const isCritical = isOver && sample.value >= critical
  const counts = {
    over: isOver ? before.over + 1 : 0,
    critical: isCritical ? before.critical + 1 : 0,
    under: isOver ? 0 : before.under + 1,
    uncritical: isCritical ? 0 : before.uncritical + 1,
  }
  return { word: nextWord(before.word, counts), ...counts }
}

function nextWord(word: ThresholdWord, counts: Omit<ThresholdState, 'word'>): ThresholdWord {
  if (counts.critical >= SAMPLES_TO_WARN) return 'CRIT'
  if (counts.under >= SAMPLES_TO_OK) return 'ok'
  if (word === 'CRIT') return counts.uncritical >= SAMPLES_TO_OK ? 'WARN' : 'CRIT'
  return word === 'WARN' || counts.over >= SAMPLES_TO_WARN ? 'WARN' : 'ok'
}

/** Lag and latency are critical at this many times their limit. */
const CRITICAL_TIMES = 10

/**
 * The threshold of a metric by its name; undefined for one that is not judged. The limit of the lag is what arrives in a second
 * where that is more than the target: commits come in intervals, so as much is always on its way.
 */
export function thresholdOf(
  metric: string,
  targets: Targets,
  inPerSecond: Reading<number> | undefined,
): Threshold | undefined {
  const [kind = ''] = metric.split('/')
  switch (kind) {
    case 'host.cpu':
    case 'cpu':
    case 'slots':
      return { warn: targets.warnShare, critical: Math.max(targets.warnShare, targets.criticalShare) }
    case 'host.memory':
    case 'memory':
      return {
        warn: targets.memoryWarnShare,
        critical: Math.max(targets.memoryWarnShare, targets.criticalShare),
      }
    case 'throttled':
      // A service that is held back often may still do all that is asked of it: what that costs is told by lag and latency.
      return { warn: targets.throttledShare, critical: Number.POSITIVE_INFINITY }
    case 'p99':
      return { warn: targets.latencyMs, critical: targets.latencyMs * CRITICAL_TIMES }
    case 'lag': {
      if (metric !== 'lag') return undefined
      const arriving = inPerSecond?.known ? inPerSecond.value : 0
      const warn = Math.max(targets.lagRecords, arriving)
      return { warn, critical: warn * CRITICAL_TIMES }
    }
    default:
      return undefined
  }
}

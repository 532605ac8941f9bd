import { formatBytes, formatDuration, MIB } from '../units/index.ts'
import type { AdviceContext } from './context.ts'
import { expectCheaper } from './expectations.ts'
import { NOTHING, type Proposed, proposeStep } from './propose-step.ts'
import type { Change, Expectation, RuleId } from './rule.ts'
import { lastWindows } from './windows.ts'

/** Lingers that are tried one after the other. */
const LADDER_MS = [0, 5, 20, 50, 100] as const
const LARGEST_BATCH = MIB
/** Codecs that cost several times as much CPU as the cheap ones. */
const COSTLY = ['gzip', 'zstd']
const CHEAP = 'snappy'

/** The next linger up; undefined at the top. */
export function longerLinger(ms: number): number | undefined {
  return LADDER_MS.find((step) => step > ms)
}

/** The next linger down; undefined at the bottom. */
export function shorterLinger(ms: number): number | undefined {
  return LADDER_MS.findLast((step) => step < ms)
}

/** Larger batches of the main outputs: one doubling and one step of linger, as far as the latency target has room for it. */
export function proposeLargerBatches(context: AdviceContext, rule: RuleId): Proposed {
  const { spec, evaluator } = context
  const linger = spec.settings['producer.main.linger'].value
  const batch = spec.settings['producer.main.batchBytes'].value
  const longer = longerLinger(linger)
  const p99 = lastWindows(context, 'p99')
  const target = evaluator.targets.latencyMs
  const hasRoom = longer !== undefined && p99.known && p99.whole.average + longer - linger <= target
  const changes: Change[] = [
    ...(batch < LARGEST_BATCH
      ? [{ key: 'producer.main.batchBytes' as const, from: batch, to: Math.min(2 * batch, LARGEST_BATCH) }]
      : []),
    ...(hasRoom ? [{ key: 'producer.main.linger' as const, from: linger, to: longer }] : []),
  ]
  const added = hasRoom ? longer - linger : 0
  return proposeStep(context, rule, {
    changes,
    stage: 'workers',
    why: `slots fit the CPU, so each request should carry more: batches of ${formatBytes(2 * batch)}${hasRoom ? ` and ${formatDuration(longer)} to fill them` : ''} instead of ${formatBytes(batch)} and ${formatDuration(linger)}`,
    expected: [...expectCheaper(context, 0.7), ...later(p99.known ? p99.whole.average : undefined, added)],
    ...(added > 0 ? { cost: `at most ${formatDuration(added)} of latency` } : {}),
  })
}

/** A codec that costs less CPU, where one is in use that costs much. */
export function proposeCheaperCompression(context: AdviceContext, rule: RuleId): Proposed {
  const { spec } = context
  const costly = (['producer.main.compression', 'producer.dirty.compression'] as const).filter((key) =>
    COSTLY.includes(spec.settings[key].value),
  )
  const [key] = costly
  if (key === undefined) return NOTHING
  const from = spec.settings[key].value
  return proposeStep(context, rule, {
    changes: [{ key, from, to: CHEAP }],
    stage: 'workers',
    why: `${from} costs several times the CPU of ${CHEAP} for each record`,
    expected: expectCheaper(context, 0.6),
    cost: 'more bytes on the wire and on disk',
  })
}

function later(p99Ms: number | undefined, addedMs: number): Expectation[] {
  return p99Ms === undefined || addedMs === 0
    ? []
    : [{ metric: 'p99', unit: 'ms', better: 'lower', from: p99Ms, low: p99Ms, high: p99Ms + addedMs }]
}

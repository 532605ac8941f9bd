import { formatBytes, formatDuration, MIB } from '../units/index.ts'
import type { AdviceContext } from './context.ts'
import { expectCheaper } from './expectations.ts'
import { NOTHING, type Proposed, proposeStep } from './propose-step.ts'
import type { Expectation, RuleId } from './rule.ts'
import { lastWindows } from './windows.ts'

/** Lingers that are tried one after the other. */
const LADDER_MS = [0, 5, 20, 50, 100] as const
const LARGEST_BATCH = MIB
/** Codecs that cost several times as much CPU as the cheap ones. */
const COSTLY = ['gzip', 'zstd']
const CHEAP = 'snappy'

/** The next linger down; undefined at the bottom. */
export function shorterLinger(ms: number): number | undefined {
  return LADDER_MS.findLast((step) => step < ms)
}

/** Larger batches of the main outputs: one doubling and one step of linger, as far as the latency target has room for it. */
export function proposeLargerBatches(context: AdviceContext, rule: RuleId): Proposed {
  const { spec } = context
  const linger = spec.settings['producer.main.linger'].value
  const batch = spec.settings['producer.main.batchBytes'].value
  const toBatch = Math.max(batch, Math.min(2 * batch, LARGEST_BATCH))
  const p99 = lastWindows(context, 'p99')
  const toLinger = p99.known ? lingerWithin(context, { linger, p99Ms: p99.whole.average }) : linger
  const added = toLinger - linger
  return proposeStep(context, rule, {
    changes: [
      { key: 'producer.main.batchBytes', from: batch, to: toBatch },
      { key: 'producer.main.linger', from: linger, to: toLinger },
    ],
    stage: 'workers',
    why: `slots fit the CPU, so each request should carry more: batches of ${formatBytes(toBatch)} that wait ${formatDuration(toLinger)} to fill, instead of ${formatBytes(batch)} and ${formatDuration(linger)}`,
    expected: [...expectCheaper(context, 0.7), ...later(p99.known ? p99.whole.average : undefined, added)],
    ...(added > 0 ? { cost: `at most ${formatDuration(added)} of latency` } : {}),
  })
}

/** One step of linger more where the latency target has room for it, else what it is. */
function lingerWithin(
  { evaluator }: AdviceContext,
  { linger, p99Ms }: { linger: number; p99Ms: number },
): number {
  const longer = LADDER_MS.find((step) => step > linger) ?? linger
  return p99Ms + longer - linger <= evaluator.targets.latencyMs ? longer : linger
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

import type { History, Targets } from '../metrics/index.ts'
import type { StackSpec } from '../stack/index.ts'
import type { AdviceSettings } from './advice-settings.ts'
import { type Health, healthLost } from './health.ts'
import { type Between, measuredMean, workerNames } from './measured.ts'
import { printFigure } from './print-figure.ts'
import type { Expectation, Step } from './rule.ts'

/** One measurement before and after a step, and what had been expected of it. */
export interface Comparison {
  metric: string
  unit: Expectation['unit']
  better: Expectation['better']
  before: number
  after: number
  /** Null for what was only watched. */
  expected: { low: number; high: number } | null
  /** Differences up to this are variation. */
  noise: number
  /** Against the expectation; what was only watched is judged by what it was before. */
  outcome: 'as expected' | 'better than expected' | 'wrong'
}

/** What became of a step. Inconclusive ones are reverted too, unless somebody wants to keep them. */
export interface Verdict {
  verdict: 'kept' | 'reverted' | 'inconclusive'
  sentence: string
  comparisons: readonly Comparison[]
  /** Measurements that could not be compared, and why. */
  unknown: readonly string[]
}

export interface VerdictOptions {
  history: History
  step: Pick<Step, 'expected' | 'effect'>
  /** Before anything was changed for it, wall-clock milliseconds. */
  openedAt: number
  /** From when on what is measured is of what came after it alone. */
  settledAt: number
  settings: AdviceSettings
  targets: Targets
  /** In force before or after: its workers are those whose CPU a record costs. */
  spec: Pick<StackSpec, 'services'>
  health: { before: Health; after: Health }
}

/** A load that changes by more than this share explains everything and nothing. */
const SAME_LOAD = 0.2
/** Variation is at least this share of what was before: less is left alone. */
const LEAST_NOISE = 0.05

/** Watched whatever was expected: a step that makes these worse is not kept for the sake of another. */
const WATCHED = [
  { metric: 'p99', unit: 'ms' },
  { metric: 'lag', unit: 'count' },
] as const

/**
 * Decides about a step by the same measurements over the same time before and after it. Lost health or a measurement that is
 * worse by more than its variation reverts it; another load, or too little data, decides nothing.
 */
export function judgeVerdict(options: VerdictOptions): Verdict {
  const { step, health } = options
  const lost = healthLost(health.before, health.after, { mayRestart: step.effect !== 'live' })
  const { comparisons, unknown } = compareAll(options)
  const told = comparisons.map(sentenceOf).join('; ')
  const decide = (verdict: Verdict['verdict'], why: string): Verdict => ({
    verdict,
    sentence: [`${verdict}: ${why}`, ...(told === '' ? [] : [told])].join('; '),
    comparisons,
    unknown,
  })
  if (lost !== undefined) return decide('reverted', `health was lost, ${lost}`)
  const load = loadChange(options)
  if (load !== undefined) return decide('inconclusive', load)
  const worse = comparisons.find(isWorse)
  if (worse) return decide('reverted', `${worse.metric} is worse, the prediction was wrong`)
  if (unknown.length > 0) return decide('inconclusive', unknown.join(', '))
  const goals = comparisons.filter(({ expected }) => expected !== null)
  if (goals.length === 0) return decide('inconclusive', 'nothing was expected that could be measured')
  const right = goals.every(({ outcome }) => outcome !== 'wrong')
  if (right && (goals.some(isBetter) || !goals.some(isBehind))) return decide('kept', 'as expected or better')
  if (goals.some(isBetter)) return decide('kept', 'it helped, but the prediction was wrong')
  return decide(
    'inconclusive',
    right ? 'nothing changed beyond variation' : 'the prediction was wrong, nothing changed beyond variation',
  )
}

function compareAll(options: VerdictOptions): { comparisons: Comparison[]; unknown: string[] } {
  const { step, targets } = options
  const comparisons: Comparison[] = []
  const unknown: string[] = []
  for (const { metric, unit, better, low, high } of step.expected) {
    const measured = measureBoth(options, metric)
    if (!measured) unknown.push(`${metric} is not known before and after`)
    else comparisons.push(compare({ metric, unit, better, expected: { low, high }, ...measured }))
  }
  // What arrives within a second is on its way: the monitor judges lag by the same.
  const arriving = measureBoth(options, 'in')?.after ?? 0
  const limits = { p99: targets.latencyMs, lag: Math.max(targets.lagRecords, arriving) }
  if (hasWaited(options, arriving) && comparisons.some(isMoreComingOut)) return { comparisons, unknown }
  for (const { metric, unit } of WATCHED) {
    if (step.expected.some((expectation) => expectation.metric === metric)) continue
    const measured = measureBoth(options, metric)
    // Within its target nobody minds.
    if (measured && measured.after > limits[metric])
      comparisons.push(compare({ metric, unit, better: 'lower', expected: null, ...measured }))
  }
  return { comparisons, unknown }
}

const SECOND_MS = 1000

/**
 * Whether more waited before the step than arrives in a second. Where the lag is not known, as the past one of a slot that never looks
 * up, the delay tells it: as many are on their way as arrive within it (Little's law).
 */
function hasWaited(options: VerdictOptions, arriving: number): boolean {
  const [lag, delayMs] = [measureBoth(options, 'lag')?.before, measureBoth(options, 'p50')?.before]
  return lag === undefined ? (delayMs ?? 0) > SECOND_MS : lag > arriving
}

/**
 * Where records waited before, what waits and how late it is would be worse without a step that more comes out for: beyond
 * variation, or as much more as was expected of it.
 */
function isMoreComingOut(comparison: Comparison): boolean {
  const { metric, better, before, after, expected } = comparison
  if (metric !== 'out' || better !== 'higher') return false
  return isBetter(comparison) || (expected !== null && after > before && after >= expected.low)
}

function compare(measured: Omit<Comparison, 'outcome'>): Comparison {
  const { better, before, after, expected, noise } = measured
  const { low, high } = expected ?? { low: before, high: before }
  const isAbove = after > high + noise
  const isBelow = after < low - noise
  const outcome =
    !isAbove && !isBelow
      ? 'as expected'
      : isAbove === (better === 'higher')
        ? 'better than expected'
        : 'wrong'
  return { ...measured, outcome }
}

/** Worse than before and than expected. */
function isWorse({ better, before, after, noise, outcome }: Comparison): boolean {
  const loss = better === 'lower' ? after - before : before - after
  return outcome === 'wrong' && loss > noise
}

/** Worse than before, be it within variation. */
function isBehind({ better, before, after }: Comparison): boolean {
  return better === 'lower' ? after > before : after < before
}

function isBetter({ better, before, after, noise }: Comparison): boolean {
  return (better === 'lower' ? before - after : after - before) > noise
}

/** What is asked for, and less that comes in. More that comes in of the same is the step's own doing: the provider waits less. */
function loadChange(options: VerdictOptions): string | undefined {
  const target = measureBoth(options, 'provider.target')
  const into = measureBoth(options, 'in')
  if (!target || !into) return 'the load before and after is not known'
  const isOther = Math.abs(target.after - target.before) > SAME_LOAD * target.before
  const isLess = into.before - into.after > Math.max(into.noise, SAME_LOAD * into.before)
  const { before, after } = isOther ? target : into
  return isOther || isLess
    ? `the load changed from ${printFigure(before, 'perSecond')} to ${printFigure(after, 'perSecond')}`
    : undefined
}

/** Means and their variation; undefined unless most parts of both windows are told. */
function measureBoth(
  options: VerdictOptions,
  metric: string,
): Pick<Comparison, 'before' | 'after' | 'noise'> | undefined {
  const { openedAt, settledAt, settings } = options
  const length = settings['advice.verify']
  const was = partsOf(options, { metric, between: { from: openedAt - length, to: openedAt } })
  const is = partsOf(options, { metric, between: { from: settledAt, to: settledAt + length } })
  if (!was || !is) return undefined
  const error = Math.sqrt(was.variance / was.count + is.variance / is.count)
  // Two standard errors of a difference of means.
  const noise = Math.max(2 * error, LEAST_NOISE * Math.abs(was.mean))
  return { before: was.mean, after: is.mean, noise }
}

function partsOf(
  { history, settings, spec }: VerdictOptions,
  { metric, between }: { metric: string; between: Between },
): { mean: number; variance: number; count: number } | undefined {
  const parts = Math.max(2, Math.round((between.to - between.from) / settings['advice.window']))
  const each = (between.to - between.from) / parts
  const means = Array.from({ length: parts }, (_, index) =>
    measuredMean(history, metric, {
      between: { from: between.from + index * each, to: between.from + (index + 1) * each },
      workers: workerNames(spec),
    }),
  ).filter((mean) => mean !== undefined)
  if (means.length < 2 || means.length < (2 / 3) * parts) return undefined
  const count = means.length
  const mean = means.reduce((sum, one) => sum + one, 0) / count
  const variance = means.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (count - 1)
  return { mean, variance, count }
}

function sentenceOf({ metric, unit, before, after, expected, outcome }: Comparison): string {
  const measured = `${metric} ${printFigure(before, unit)} → ${printFigure(after, unit)}`
  if (!expected) return measured
  const range = `${printFigure(expected.low, unit)} to ${printFigure(expected.high, unit)}`
  return `${measured}, expected ${range}: ${outcome}`
}

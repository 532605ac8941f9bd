import { formatCount } from '../units/index.ts'
import type { BenchReport, BenchStep, StepMeasures } from './bench-report.ts'
import type { Figure } from './figure.ts'
import { compareFingerprints } from './machine-fingerprint.ts'

/** A measurement that reports are compared by. */
export type ComparedMetric = 'out' | 'p50' | 'p95' | 'p99' | 'cpu' | 'memory' | 'rejects'

interface Direction {
  metric: ComparedMetric
  better: 'higher' | 'lower'
  /** Differences within this share of what was before, or within this much, are left alone whatever the noise. */
  least: { share: number; absolute: number }
}

/**
 * Least differences rest on runs of the same stack one after the other (docs/bench.md): latency varies most from run to run, more than
 * within one.
 */
export const COMPARED: readonly Direction[] = [
  { metric: 'out', better: 'higher', least: { share: 0.02, absolute: 1 } },
  { metric: 'p50', better: 'lower', least: { share: 0.25, absolute: 3 } },
  { metric: 'p95', better: 'lower', least: { share: 0.25, absolute: 5 } },
  { metric: 'p99', better: 'lower', least: { share: 0.25, absolute: 10 } },
  { metric: 'cpu', better: 'lower', least: { share: 0.1, absolute: 1 } },
  { metric: 'memory', better: 'lower', least: { share: 0.25, absolute: 32 * 1024 ** 2 } },
  { metric: 'rejects', better: 'lower', least: { share: 0, absolute: 0.01 } },
]

export interface FigureComparison {
  metric: ComparedMetric
  before: Figure | null
  after: Figure | null
  /** After − before in its own unit; null when one is not known. */
  difference: number | null
  /** Differences up to this are variation. */
  threshold: number | null
  verdict: 'better' | 'same' | 'worse' | 'unknown'
}

export interface StepComparison {
  perSecond: number
  /** No longer carried, carried only now, or as before. */
  carried: 'better' | 'same' | 'worse' | 'unknown'
  figures: readonly FigureComparison[]
}

export interface ReportComparison {
  steps: readonly StepComparison[]
  /** Steps that only one of the two has measured. */
  only: { before: readonly number[]; after: readonly number[] }
  knee: { before: number | null; after: number | null }
  /** What else is not the same, such as a setting: it may be the reason. */
  differences: readonly string[]
  /** In the words of a sentence; empty when nothing is worse beyond noise. */
  regressions: readonly string[]
}

/** What a bench is to measure: on which stack and machine, and which steps. */
export type BenchPlan = { steps: readonly number[] } & Pick<BenchReport, 'machine'> & {
    stack: Pick<BenchReport['stack'], 'profile' | 'engine'>
  }

/** Why a report cannot be compared with what is to be measured: of another stack or machine, or no step in common. Undefined when it can. */
export function whyNotComparable(before: BenchReport, after: BenchPlan): string | undefined {
  const stackOf = ({ stack }: Pick<BenchPlan, 'stack'>) => `${stack.profile}, engine ${stack.engine}`
  if (stackOf(before) !== stackOf(after))
    return `it is of another stack: ${stackOf(before)}, and this is ${stackOf(after)}`
  // Another version of radtune on the same machine is what a comparison is for.
  const { version } = after.machine
  const machine = compareFingerprints({ ...before.machine, version }, after.machine)
  if (machine.length > 0) return `it is of another machine: ${machine.join('; ')}`
  if (!before.steps.some(({ perSecond }) => after.steps.includes(perSecond)))
    return `it has none of the steps: it measured ${before.steps.map(({ perSecond }) => perSecond).join(', ')}`
  return undefined
}

/**
 * Compares two reports of the same stack step by step. A figure is better or worse when it differs by more than both noises together
 * and by more than what differs from run to run anyway. A step that is no longer carried is a regression.
 */
export function compareReports(before: BenchReport, after: BenchReport): ReportComparison {
  const was = new Map(before.steps.map((step) => [step.perSecond, step]))
  const steps = after.steps.flatMap((step) => {
    const earlier = was.get(step.perSecond)
    return earlier ? [compareSteps(earlier, step)] : []
  })
  const both = new Set(steps.map(({ perSecond }) => perSecond))
  const without = ({ steps: all }: BenchReport) =>
    all.map(({ perSecond }) => perSecond).filter((perSecond) => !both.has(perSecond))
  return {
    steps,
    only: { before: without(before), after: without(after) },
    knee: { before: before.knee.perSecond, after: after.knee.perSecond },
    differences: differencesOf(before, after),
    regressions: [
      ...steps.flatMap(({ perSecond, carried, figures }) => [
        ...(carried === 'worse' ? [`${perS(perSecond)} is no longer carried`] : []),
        ...figures
          .filter(({ verdict }) => verdict === 'worse')
          .map(({ metric }) => `${metric} at ${perS(perSecond)} is worse`),
      ]),
      ...lostSteps(before, after),
    ],
  }
}

/** Steps that were carried and were not even reached, as records piled up before them. */
function lostSteps(before: BenchReport, after: BenchReport): string[] {
  return before.steps
    .filter(({ perSecond, carried }) => carried.state === 'carried' && after.left.includes(perSecond))
    .map(({ perSecond }) => `${perS(perSecond)} was carried and is no longer reached`)
}

function compareSteps(before: BenchStep, after: BenchStep): StepComparison {
  const figures = COMPARED.map((direction) => compareFigures(direction, before.measures, after.measures))
  const p99 = figures.find(({ metric }) => metric === 'p99')?.verdict
  return { perSecond: after.perSecond, carried: compareCarried(before, after, p99), figures }
}

/** A p99 that has crossed its target within noise is the same still. */
function compareCarried(
  { carried: before }: BenchStep,
  { carried: after }: BenchStep,
  p99: FigureComparison['verdict'] | undefined,
): StepComparison['carried'] {
  if (before.state === after.state) return 'same'
  if (before.state === 'unknown' || after.state === 'unknown') return 'unknown'
  const refused = before.state === 'not carried' ? before : after
  const verdict = after.state === 'carried' ? 'better' : 'worse'
  const byLatency = refused.state === 'not carried' && !refused.behind
  return byLatency && p99 !== verdict ? 'same' : verdict
}

function compareFigures(
  { metric, better, least }: Direction,
  { [metric]: before }: StepMeasures,
  { [metric]: after }: StepMeasures,
): FigureComparison {
  if (!before || !after)
    return { metric, before, after, difference: null, threshold: null, verdict: 'unknown' }
  const difference = after.value - before.value
  const threshold = Math.max(before.noise + after.noise, least.share * Math.abs(before.value), least.absolute)
  const gain = better === 'higher' ? difference : -difference
  const verdict = gain > threshold ? 'better' : gain < -threshold ? 'worse' : 'same'
  return { metric, before, after, difference, threshold, verdict }
}

function differencesOf(before: BenchReport, after: BenchReport): string[] {
  const differs = (what: string, was: unknown, is: unknown) =>
    was === is ? [] : [`${what} ${text(was)} → ${text(is)}`]
  const keys = [...new Set([before, after].flatMap(({ stack }) => Object.keys(stack.settings)))].sort()
  return [
    ...differs('radtune', before.machine.version, after.machine.version),
    ...differs('runtime', before.stack.runtime, after.stack.runtime),
    ...differs('data', before.stack.data, after.stack.data),
    ...differs('limits enforced', before.stack.limitsEnforced, after.stack.limitsEnforced),
    ...differs('measured for', before.forMs, after.forMs),
    ...differs('CPUs of other programs', othersOf(before), othersOf(after)),
    ...keys.flatMap((key) => differs(key, before.stack.settings[key], after.stack.settings[key])),
  ]
}

function perS(perSecond: number): string {
  return `${formatCount(perSecond)}/s`
}

/** At most, over the steps: to a half of a CPU, as less is no reason for anything. */
function othersOf({ steps }: BenchReport): number | null {
  const each = steps.flatMap(({ measures: { others } }) => (others ? [others.value] : []))
  return each.length === 0 ? null : Math.round(2 * Math.max(...each)) / 2
}

function text(value: unknown): string {
  return value === undefined ? 'as planned' : value === null ? 'not known' : String(value)
}

import type { AdviceContext } from './context.ts'
import { costPerRecord } from './measured.ts'
import type { EvidenceUnit, Expectation } from './rule.ts'
import { lastWindows } from './windows.ts'

/** A change is worth its while from here on: what is within 5 % is left alone. */
const LEAST_GAIN = 0.95

/** A measurement that is to fall to between `least` times what it is now and just enough to be seen; none where it is not known. */
export function expectLess(
  context: AdviceContext,
  metric: string,
  { unit, least }: { unit: EvidenceUnit; least: number },
): Expectation[] {
  const told = lastWindows(context, metric)
  return told.known ? [lessOf(told.whole.average, { metric, unit, least })] : []
}

/** CPU for each record that is to fall to between `least` times what it is now and just enough to be seen. */
export function expectCheaper(context: AdviceContext, least: number): Expectation[] {
  const cost = costPerRecord(context)
  return cost === undefined ? [] : [lessOf(cost, { metric: 'cost', unit: 'microseconds', least })]
}

/** Throughput that is not to suffer, of a change that is made for another reason. */
export function expectSameThroughput(context: AdviceContext): Expectation[] {
  const out = lastWindows(context, 'out')
  if (!out.known) return []
  const from = out.whole.average
  return [{ metric: 'out', unit: 'perSecond', better: 'higher', from, low: LEAST_GAIN * from, high: from }]
}

function lessOf(
  from: number,
  { metric, unit, least }: { metric: string; unit: EvidenceUnit; least: number },
): Expectation {
  return { metric, unit, better: 'lower', from, low: least * from, high: LEAST_GAIN * from }
}

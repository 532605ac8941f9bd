import { formatDuration } from '../../units/index.ts'
import { shorterLinger } from '../batching.ts'
import type { AdviceContext } from '../context.ts'
import { printFigure } from '../print-figure.ts'
import { NOTHING, type Proposed, proposeStep } from '../propose-step.ts'
import { evidenceOf, found, notEnough, quiet, type Rule } from '../rule.ts'
import { throttlingOf } from '../throttling.ts'
import { lastWindows, mostWindows, type Told } from '../windows.ts'

/** Records arrive late. Lag, a machine that is used up and throttling come first: no shorter wait makes up for them. */
export const latencyHigh: Rule = {
  id: 'latency-high',
  title: 'p99 end to end is over its target',
  guidelines: [13, 14],
  needs: { window: 'windows', readings: ['p99', 'arrival', 'lag', 'throttled/SERVICE', 'host.cpu'] },
  evaluate(context) {
    const { latencyMs } = context.evaluator.targets
    const p99 = lastWindows(context, 'p99')
    if (!p99.known) return notEnough(p99)
    const said = `p99 is ${formatDuration(p99.whole.average)}, and ${formatDuration(latencyMs)} are wanted`
    if (!mostWindows(p99, ({ average }) => average > latencyMs)) return quiet(said)
    const arrival = lastWindows(context, 'arrival')
    if (!arrival.known) return notEnough(arrival)
    const before = Math.min(arrival.whole.average, p99.whole.average)
    const after = p99.whole.average - before
    const first = comesFirst(context)
    return found({
      rule: 'latency-high',
      severity: 'critical',
      subject: 'stack',
      sentence: `${said}: about ${formatDuration(before)} until a slot decides, ${formatDuration(after)} from there to the backend${first === undefined ? '' : `; ${first}`}`,
      evidence: [evidenceOf('p99', p99, 'ms'), evidenceOf('arrival', arrival, 'ms')],
      stage: null,
      ...(first === undefined ? proposeShorterWait(context, { p99, before, after }) : NOTHING),
    })
  },
}

/** Differences within it are left alone, as those of a verdict are. */
const LEAST_GAIN = 0.05
/** A batch waits while it fills, and once more behind the one before it. */
const MOST_WAITS = 2

/** What has to be answered before waits are looked at; undefined when it is none. */
function comesFirst(context: AdviceContext): string | undefined {
  const { lag, drain } = context.evaluation.flow
  if (!lag.now.known || drain.kind === 'unknown') return 'whether records pile up cannot be told'
  if (drain.kind === 'never' || drain.kind === 'drains' || (lag.state !== null && lag.state !== 'ok'))
    return 'records pile up, which comes first'
  const busy = lastWindows(context, 'host.cpu')
  if (!busy.known) return `how busy the machine is cannot be told (${busy.why})`
  if (mostWindows(busy, ({ average }) => average >= context.evaluator.targets.criticalShare))
    return `the machine uses ${printFigure(busy.whole.average, 'share')} of its CPU, which comes first`
  for (const { name } of context.spec.services) {
    const throttling = throttlingOf(context, name)
    if (!throttling.known) return `whether ${name} is throttled cannot be told (${throttling.why})`
    if (throttling.isHeld) return `${throttling.sentence}, which comes first`
  }
  return undefined
}

/** The leg that dominates, and the longest wait in it that a setting decides: one step down. */
function proposeShorterWait(
  context: AdviceContext,
  { p99, before, after }: { p99: Told; before: number; after: number },
): Proposed {
  const wait = after > before ? waitOfBackend(context) : longerLinger(context)
  const { from, to } = wait
  const value = p99.whole.average
  if (to === undefined || MOST_WAITS * (from - to) < LEAST_GAIN * value) return NOTHING
  return proposeStep(context, 'latency-high', {
    changes: [{ key: wait.key, from, to }],
    stage: wait.stage,
    why: wait.why,
    expected: [
      {
        metric: 'p99',
        unit: 'ms',
        better: 'lower',
        from: value,
        low: Math.max(0, value - MOST_WAITS * (from - to)),
        high: Math.max(0, value - (from - to) / 2),
      },
    ],
    cost: 'smaller batches cost more CPU for each record',
  })
}

interface Wait {
  key: 'backend.fetchMaxWait' | 'producer.main.linger' | 'provider.producer.linger'
  stage: 'backend' | 'workers' | 'provider'
  from: number
  to: number | undefined
  why: string
}

/** Both lingers are waited before a slot decides: the provider's with its batches, the slots' with their fetches. */
function longerLinger({ spec }: AdviceContext): Wait {
  const provider = spec.settings['provider.producer.linger'].value
  const slots = spec.settings['producer.main.linger'].value
  return slots > provider
    ? {
        key: 'producer.main.linger',
        stage: 'workers',
        from: slots,
        to: shorterLinger(slots),
        why: `most of it is before the slots decide, and they let records gather for ${formatDuration(slots)} before they fetch them`,
      }
    : {
        key: 'provider.producer.linger',
        stage: 'provider',
        from: provider,
        to: shorterLinger(provider),
        why: `most of it is before the slots, where batches wait ${formatDuration(provider)} to fill`,
      }
}

function waitOfBackend({ spec }: AdviceContext): Wait {
  const from = spec.settings['backend.fetchMaxWait'].value
  return {
    key: 'backend.fetchMaxWait',
    stage: 'backend',
    from,
    to: Math.max(1, Math.floor(from / 2)),
    why: `most of it is after the slots, where readings gather for ${formatDuration(from)} before the backend fetches them`,
  }
}

import type { ServiceSpec } from '../../stack/index.ts'
import { formatCpus } from '../../units/index.ts'
import type { AdviceContext } from '../context.ts'
import { cpuHoldersOf, stageOf } from '../cpu-holders.ts'
import { type CpuHolder, type MovedCpu, moveCpu } from '../move-cpu.ts'
import { NOTHING, type Proposed, proposeStep } from '../propose-step.ts'
import {
  type Change,
  type Expectation,
  evidenceOf,
  found,
  notEnough,
  quiet,
  type Rule,
  settle,
} from '../rule.ts'
import { sufferingOf } from '../suffering.ts'
import { throttlingOf } from '../throttling.ts'
import { lastWindows, type Told } from '../windows.ts'

/** One service waits for CPU that others do not use. */
export const serviceThrottled: Rule = {
  id: 'service-throttled',
  title: 'A service is held back by its CPU limit while others leave theirs idle',
  guidelines: [2],
  needs: { window: 'windows', readings: ['throttled/SERVICE', 'cores/SERVICE', 'p99', 'lag'] },
  evaluate(context) {
    return settle(
      context.spec.services.map((service) => judge(context, service)),
      'there is no service',
    )
  },
}

function judge(context: AdviceContext, { name, role }: ServiceSpec) {
  const throttling = throttlingOf(context, name)
  if (!throttling.known) return notEnough(throttling)
  if (!throttling.isHeld) return quiet(throttling.sentence)
  const { told: throttled, sentence: said } = throttling
  const suffering = sufferingOf(context)
  if (!suffering.known) return notEnough(suffering)
  if (!suffering.suffers) return quiet(`${said}, and nothing waits for it: ${suffering.sentence}`)
  const proposed = propose(context, { role, throttled, said, suffering: suffering.sentence })
  if (proposed === NOTHING) return quiet(`${said}, and no other leaves enough of its CPU idle`)
  return found({
    rule: 'service-throttled',
    severity: 'critical',
    subject: name,
    sentence: `${said}: ${suffering.sentence}`,
    evidence: [evidenceOf(`throttled/${name}`, throttled, 'share')],
    stage: stageOf(role),
    ...proposed,
  })
}

interface Held {
  role: ServiceSpec['role']
  throttled: Told
  said: string
  suffering: string
}

function propose(context: AdviceContext, held: Held): Proposed {
  const { settings } = context
  const rules = {
    to: held.role,
    heldBack: held.throttled.whole.average,
    idleShare: settings['advice.idleShare'],
    utilisation: settings['advice.utilisation'],
  }
  // What only pins prevent is shown as kept.
  for (const ignorePins of [false, true]) {
    const holders = cpuHoldersOf(context, { ignorePins })
    const moved = moveCpu(holders, rules)
    if (moved) return proposeMove(context, { held, holders, moved })
  }
  return NOTHING
}

function proposeMove(
  context: AdviceContext,
  { held, holders, moved }: { held: Held; holders: readonly CpuHolder[]; moved: MovedCpu },
): Proposed {
  const { role } = held
  const changed = holders.filter((holder) => moved.has(holder.role))
  const changes = changed
    .toSorted((a, b) => Number(b.role === role) - Number(a.role === role))
    .map(({ role: of, cpus }): Change => ({ key: `${of}.cpus`, from: cpus, to: moved.get(of) as number }))
  const donors = changed
    .filter((holder) => holder.role !== role)
    .map(({ role: of, cpus, used }) => `${of} uses at most ${formatCpus(used)} of ${formatCpus(cpus)}`)
  const [taken] = changes as [Change]
  const ratio = (taken.from as number) / (taken.to as number)
  return proposeStep(context, 'service-throttled', {
    changes,
    stage: stageOf(role),
    why: `${held.said} (${held.suffering}); ${donors.join(', ')}: the sum of all limits stays the same`,
    expected: expectedOf(context, { ...held, ratio }),
  })
}

/** Waiting for the next period falls at least as much as the limit grows. */
function expectedOf(
  context: AdviceContext,
  { role, throttled, ratio }: Held & { ratio: number },
): Expectation[] {
  const service = context.spec.services.find((one) => one.role === role)?.name ?? role
  const share = throttled.whole.average
  const p99 = lastWindows(context, 'p99')
  const p50 = lastWindows(context, 'p50')
  return [
    {
      metric: `throttled/${service}`,
      unit: 'share',
      better: 'lower',
      from: share,
      low: 0,
      high: share * ratio,
    },
    ...(p99.known && p50.known && p99.whole.average > context.evaluator.targets.latencyMs
      ? [
          {
            metric: 'p99',
            unit: 'ms' as const,
            better: 'lower' as const,
            from: p99.whole.average,
            low: Math.min(p50.whole.average, p99.whole.average * ratio),
            high: p99.whole.average * ratio,
          },
        ]
      : []),
  ]
}

import { sumCpus, workerRules } from '../stack/index.ts'
import { formatCpus } from '../units/index.ts'
import { type AdviceContext, workersWithSlots } from './context.ts'
import { expectCheaper } from './expectations.ts'
import { NOTHING, type Proposed, proposeStep } from './propose-step.ts'
import type { Expectation } from './rule.ts'
import { shrinkSlots } from './slots-for.ts'
import { mayBeCatchingUp } from './suffering.ts'
import { lastWindows } from './windows.ts'

/** CPUs that the workers can have: their limits, or what the others leave of the machine if that is less. Undefined where not known. */
function availableCpus(context: AdviceContext): number | undefined {
  const workers = workersWithSlots(context)
  const limits = sumCpus(workers.map(({ cpus }) => cpus))
  const host = lastWindows(context, 'host.cpu')
  const cores = workers.map(({ name }) => lastWindows(context, `cores/${name}`))
  const { snapshot } = context
  if (!host.known || !snapshot.host.known || cores.some((told) => !told.known)) return undefined
  const own = cores.reduce((sum, told) => sum + (told.known ? told.whole.average : 0), 0)
  const { cpus } = snapshot.host.value
  const others = Math.max(0, host.whole.average * cpus - own)
  return Math.min(limits, Math.max(0, cpus - others))
}

/** Slots that there is CPU for, at what the planner gives a slot, and that CPU; undefined where it is not known. */
export function fittingSlots(context: AdviceContext): { slots: number; cpus: number } | undefined {
  const cpus = availableCpus(context)
  if (cpus === undefined) return undefined
  return { slots: Math.max(1, Math.floor(cpus / workerRules.cpusPerSlot + 1e-9)), cpus }
}

/**
 * Fewer slots where there are more than there is CPU for: the largest divisor of the partitions that fits, by at most 60 % a
 * step, and never while waiting records are being caught up with.
 */
export function proposeFewerSlots(
  context: AdviceContext,
  { slots: fitting, cpus }: { slots: number; cpus: number },
): Proposed {
  const { spec } = context
  const current = spec.settings['pipeline.parallelism'].value
  const partitions = spec.settings['topics.radiation-data.partitions'].value
  if (fitting >= current || mayBeCatchingUp(context)) return NOTHING
  const to = shrinkSlots({ current, partitions, fitting })
  if (to === undefined) return NOTHING
  return proposeStep(context, 'cpu-saturated', {
    changes: [{ key: 'pipeline.parallelism', from: current, to }],
    stage: 'workers',
    why: `${current} slots share ${formatCpus(cpus)} CPU, and ${workerRules.cpusPerSlot} CPU for each fits ${fitting}: ${to} is the largest divisor of ${partitions} partitions within one step of 60 %`,
    expected: expectedOf(context, { current, to }),
    cost: 'partitions are dealt out again once',
  })
}

/** What a slot costs beside its records goes away with it; of that the cost tells at most all. */
function expectedOf(context: AdviceContext, { current, to }: { current: number; to: number }): Expectation[] {
  const out = lastWindows(context, 'out')
  const cheaper = expectCheaper(context, to / current)
  if (!out.known) return cheaper
  const from = out.whole.average
  const more = { metric: 'out', unit: 'perSecond', better: 'higher', from, low: from } as const
  return [...cheaper, { ...more, high: (from * current) / to }]
}

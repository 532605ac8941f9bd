import type { Role } from '../../stack/index.ts'
import { formatBytes, formatCpus } from '../../units/index.ts'
import type { AdviceContext } from '../context.ts'
import { stageOf } from '../cpu-holders.ts'
import { expectSameThroughput } from '../expectations.ts'
import { givenHeapBytes } from '../memory-holders.ts'
import { cpuFloor } from '../move-cpu.ts'
import { spareLimit } from '../move-memory.ts'
import { printFigure } from '../print-figure.ts'
import { proposeStep } from '../propose-step.ts'
import { type Change, found, notEnough, quiet, type Rule, type RuleResult, settle } from '../rule.ts'
import { MOST_SHRINK_SHARE } from '../slots-for.ts'
import { mayBeCatchingUp, sufferingOf } from '../suffering.ts'
import { lastWindows, type Missing, type Told } from '../windows.ts'

/** Less than this share of the machine is not worth a restart. */
const WORTH_SHARE = 0.05

/** A service has much more than it needs, also at the highest rate that the plan is for. */
export const overProvisioned: Rule = {
  id: 'over-provisioned',
  title: 'A service has much more than it uses',
  guidelines: [],
  needs: {
    window: 'longWindows',
    readings: ['cores/SERVICE', 'memory/SERVICE', 'in', 'p99', 'lag', 'slots.waiting', 'provider.waiting'],
  },
  evaluate(context) {
    const suffering = sufferingOf(context)
    if (!suffering.known) return notEnough(suffering)
    if (suffering.suffers || mayBeCatchingUp(context))
      return quiet(`nothing is taken away: ${suffering.sentence}`)
    const count = context.settings['advice.longWindows']
    // Where it is not known who waits, nobody can be called idle.
    for (const metric of ['slots.waiting', 'provider.waiting']) {
      const waiting = lastWindows(context, metric, count)
      if (!waiting.known) return notEnough(waiting)
    }
    const into = lastWindows(context, 'in', count)
    if (!into.known) return notEnough(into)
    if (into.whole.average <= 0) return quiet('nothing flows, so what is needed cannot be told')
    const times = Math.max(1, context.spec.workload.maxPerSecond / into.whole.average)
    const roles = [...new Set(context.spec.services.map(({ role }) => role))]
    return settle(
      roles.map((role) => judge(context, { role, times })),
      'there is no service',
    )
  },
}

function judge(context: AdviceContext, { role, times }: { role: Role; times: number }): RuleResult {
  const { spec, settings } = context
  const own = spec.services.filter((service) => service.role === role)
  const use = useOf(
    context,
    own.map(({ name }) => name),
  )
  if (!use.known) return notEnough(use)
  const [service] = own
  if (!service) return quiet(`there is no ${role}`)
  const { cpus, memoryBytes, slots = 0 } = service
  const usedCpus = use.cores * times
  const usedBytes = use.memoryShare * memoryBytes
  const sentence = `${role} uses at most ${formatCpus(use.cores)} of ${formatCpus(cpus)} CPU (${formatCpus(usedCpus)} at the highest rate of the plan) and ${printFigure(use.memoryShare, 'share')} of ${formatBytes(memoryBytes)}`
  if (
    usedCpus >= settings['advice.idleCpuShare'] * cpus ||
    use.memoryShare >= settings['advice.idleMemoryShare']
  )
    return quiet(sentence)
  const least = Math.max(cpuFloor({ role, slots }), usedCpus / settings['advice.utilisation'])
  const toCpus = Math.min(cpus, Math.max(Math.ceil(least * 20 - 1e-9) / 20, (1 - MOST_SHRINK_SHARE) * cpus))
  const toBytes = Math.max(
    spareLimit({
      role,
      count: own.length,
      slots,
      memoryBytes,
      usedBytes,
      givenHeapBytes: givenHeapBytes(context, role),
      pinned: false,
    }),
    Math.ceil((1 - MOST_SHRINK_SHARE) * memoryBytes),
  )
  const isWorth = (freed: number, of: number) => freed * own.length >= WORTH_SHARE * of
  const changes: Change[] = [
    ...(isWorth(cpus - toCpus, spec.machine.cpus)
      ? [{ key: `${role}.cpus` as const, from: cpus, to: toCpus }]
      : []),
    ...(isWorth(memoryBytes - toBytes, spec.machine.memoryBytes)
      ? [{ key: `${role}.memory` as const, from: memoryBytes, to: toBytes }]
      : []),
  ]
  if (changes.length === 0) return quiet(`${sentence}: too little to give back to be worth it`)
  return found({
    rule: 'over-provisioned',
    severity: 'info',
    subject: role,
    sentence,
    evidence: [
      { name: `cores/${role} p95`, value: use.cores, unit: 'cpus', windowMs: use.windowMs },
      { name: `memory/${role} most`, value: use.memoryShare, unit: 'share', windowMs: use.windowMs },
    ],
    stage: stageOf(role),
    ...proposeStep(context, 'over-provisioned', {
      changes,
      stage: stageOf(role),
      why: `${sentence}, over ${context.settings['advice.longWindows']} windows`,
      expected: expectSameThroughput(context),
    }),
  })
}

/** The most that one of the services used. */
function useOf(
  context: AdviceContext,
  names: readonly string[],
): { known: true; cores: number; memoryShare: number; windowMs: number } | Missing {
  const count = context.settings['advice.longWindows']
  const [cores, memory]: [Told[], Told[]] = [[], []]
  for (const name of names) {
    const cpu = lastWindows(context, `cores/${name}`, count)
    const share = lastWindows(context, `memory/${name}`, count)
    if (!cpu.known) return cpu
    if (!share.known) return share
    cores.push(cpu)
    memory.push(share)
  }
  return {
    known: true,
    cores: Math.max(...cores.map(({ whole }) => whole.p95)),
    memoryShare: Math.max(...memory.map(({ whole }) => whole.max)),
    windowMs: count * context.settings['advice.window'],
  }
}

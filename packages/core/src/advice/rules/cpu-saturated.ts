import { proposeCheaperCompression, proposeLargerBatches } from '../batching.ts'
import type { AdviceContext } from '../context.ts'
import { workersWithSlots } from '../context.ts'
import { cpuHoldersOf } from '../cpu-holders.ts'
import { fittingSlots, proposeFewerSlots } from '../fewer-slots.ts'
import { moveCpu } from '../move-cpu.ts'
import { printFigure } from '../print-figure.ts'
import { NOTHING, type Proposed, together } from '../propose-step.ts'
import { evidenceOf, found, notEnough, quiet, type Rule, type RuleResult, settle } from '../rule.ts'
import { sufferingOf } from '../suffering.ts'
import { throttlingOf } from '../throttling.ts'
import { lastWindows, mostWindows } from '../windows.ts'

/** Too many slots for the CPU, else too little in each request. */
export const cpuSaturated: Rule = {
  id: 'cpu-saturated',
  title: 'The CPU of the machine or of a worker is used up',
  guidelines: [1, 2],
  needs: {
    window: 'windows',
    readings: ['host.cpu', 'cores/SERVICE', 'cpu/worker-N', 'throttled/worker-N'],
  },
  evaluate(context) {
    // Slots that fit are told by what the machine has left, which is measured from now on: a finding before that has no answer.
    const machine = lastWindows(context, 'host.cpu')
    if (!machine.known && machine.enoughAt !== null) return notEnough(machine)
    const workers = workersWithSlots(context)
    return settle(
      [
        judgeMachine(context),
        ...workers.map(({ name }) => judgeCpu(context, { metric: `cpu/${name}`, subject: name })),
        ...workers.map(({ name }) => judgeThrottling(context, name)),
      ],
      'no worker has a slot',
    )
  },
}

/** A machine that others keep busy is a remark: no setting of this stack changes that. */
function judgeMachine(context: AdviceContext): RuleResult {
  const result = judgeCpu(context, { metric: 'host.cpu', subject: 'machine' })
  if (result.state !== 'finding') return result
  const { host } = context.snapshot
  const cpu = lastWindows(context, 'host.cpu')
  const services = context.spec.services.map(({ name }) => lastWindows(context, `cores/${name}`))
  const missing = services.find((told) => !told.known)
  if (missing && !missing.known) return notEnough(missing)
  if (!cpu.known || !host.known) return result
  const inUse = cpu.whole.average * host.value.cpus
  const own = services.reduce((sum, told) => sum + (told.known ? told.whole.average : 0), 0)
  if (own >= inUse / 2) return result
  const others = `${printFigure(inUse - own, 'cpus')} of it by other programs`
  return found(
    ...result.findings.map((finding) => ({
      ...finding,
      severity: 'warn' as const,
      sentence: `${finding.sentence}, ${others}`,
      stage: null,
      steps: [],
      kept: [],
    })),
  )
}

function judgeCpu(
  context: AdviceContext,
  { metric, subject }: { metric: string; subject: string },
): RuleResult {
  const { warnShare, criticalShare } = context.evaluator.targets
  const cpu = lastWindows(context, metric)
  if (!cpu.known) return notEnough(cpu)
  const average = printFigure(cpu.whole.average, 'share')
  if (!mostWindows(cpu, (span) => span.average >= warnShare))
    return quiet(`${subject} uses ${average} of its CPU`)
  const isCritical = mostWindows(cpu, (span) => span.average >= criticalShare)
  return found({
    rule: 'cpu-saturated',
    severity: isCritical ? 'critical' : 'warn',
    subject,
    sentence: `${subject} uses ${average} of its CPU`,
    evidence: [evidenceOf(metric, cpu, 'share')],
    stage: 'workers',
    // The guidelines begin to act at the critical share.
    ...(isCritical ? answersOf(context) : NOTHING),
  })
}

function judgeThrottling(context: AdviceContext, worker: string): RuleResult {
  const throttling = throttlingOf(context, worker)
  if (!throttling.known) return notEnough(throttling)
  if (!throttling.isHeld) return quiet(throttling.sentence)
  const suffering = sufferingOf(context)
  if (!suffering.known) return notEnough(suffering)
  if (!suffering.suffers) return quiet(`${throttling.sentence}, and nothing waits for it`)
  return found({
    rule: 'cpu-saturated',
    severity: 'critical',
    subject: worker,
    sentence: `${throttling.sentence}: ${suffering.sentence}`,
    evidence: [evidenceOf(`throttled/${worker}`, throttling.told, 'share')],
    stage: 'workers',
    ...answersOf(context),
  })
}

/** Fewer slots come first; CPU that others leave idle is moved here (service-throttled) before records have to wait for batches. */
function answersOf(context: AdviceContext): Proposed {
  const slots = context.spec.settings['pipeline.parallelism'].value
  const fitting = fittingSlots(context)
  if (!fitting) return NOTHING
  if (fitting.slots < slots) return proposeFewerSlots(context, fitting)
  const moved = moveCpu(cpuHoldersOf(context), {
    to: 'worker',
    heldBack: 0,
    idleShare: context.settings['advice.idleShare'],
    utilisation: context.settings['advice.utilisation'],
  })
  if (moved) return NOTHING
  return together(
    proposeLargerBatches(context, 'cpu-saturated'),
    proposeCheaperCompression(context, 'cpu-saturated'),
  )
}

import type { AdviceContext } from '../context.ts'
import { proposeMoreSlots } from '../more-slots.ts'
import { printFigure } from '../print-figure.ts'
import { type Evidence, evidenceOf, found, notEnough, quiet, type Rule } from '../rule.ts'
import { rises, trendOf } from '../trend.ts'
import { lastWindows, type Missing, mostWindows, type Told } from '../windows.ts'

/** Records pile up though there is CPU: too few slots. */
export const throughputLow: Rule = {
  id: 'throughput-low',
  title: 'Lag grows while slots are busy and CPU is left',
  guidelines: [9, 10],
  needs: { window: 'windows', readings: ['lag', 'in', 'out', 'slots', 'host.cpu', 'cores/worker-N'] },
  evaluate(context) {
    const { busyShare, warnShare } = context.evaluator.targets
    const lag = lastWindows(context, 'lag')
    if (!lag.known) return notEnough(lag)
    const trend = trendOf(lag)
    const into = lastWindows(context, 'in')
    const out = lastWindows(context, 'out')
    const busy = lastWindows(context, 'slots')
    for (const told of [into, out, busy]) if (!told.known) return notEnough(told)
    if (!into.known || !out.known || !busy.known || !trend) return quiet('nothing flows')
    // A gain within the noise of two rates is none.
    if (!rises(trend) || trend.perSecond <= 0.01 * into.whole.average) return quiet('lag does not grow')
    if (!mostWindows(busy, ({ average }) => average > warnShare))
      return quiet(`lag grows, and slots are only ${printFigure(busy.whole.average, 'share')} busy`)
    const cpu = cpuShareOf(context)
    if (!cpu.known) return notEnough(cpu)
    if (cpu.share >= busyShare)
      return quiet(`lag grows, and the CPU is ${printFigure(cpu.share, 'share')} used`)
    return found({
      rule: 'throughput-low',
      severity: 'critical',
      subject: 'workers',
      sentence: `lag grows by ${printFigure(trend.perSecond, 'perSecond')} with slots ${printFigure(busy.whole.average, 'share')} busy, and only ${printFigure(cpu.share, 'share')} of the CPU is used`,
      evidence: [
        evidenceOf('in', into, 'perSecond'),
        evidenceOf('out', out, 'perSecond'),
        { name: 'lag growth', value: trend.perSecond, unit: 'perSecond', windowMs: lag.windowMs },
        evidenceOf('slots', busy, 'share'),
        cpu.evidence,
      ],
      stage: 'workers',
      ...proposeMoreSlots(context, {
        inPerSecond: into.whole.average,
        outPerSecond: out.whole.average,
        lagRecords: lag.values.at(-1) ?? 0,
        busyShare: busy.whole.average,
      }),
    })
  },
}

/** Of all workers together, or of the machine where that is more. */
function cpuShareOf(context: AdviceContext): { known: true; share: number; evidence: Evidence } | Missing {
  const host = lastWindows(context, 'host.cpu')
  if (!host.known) return host
  const workers = context.spec.services.filter(({ role }) => role === 'worker')
  const cores: Told[] = []
  for (const { name } of workers) {
    const told = lastWindows(context, `cores/${name}`)
    if (!told.known) return told
    cores.push(told)
  }
  const used = cores.reduce((sum, { whole }) => sum + whole.average, 0)
  const ofWorkers = used / workers.reduce((sum, { cpus }) => sum + cpus, 0)
  const share = Math.max(host.whole.average, ofWorkers)
  return {
    known: true,
    share,
    evidence: { name: 'CPU of the workers', value: ofWorkers, unit: 'share', windowMs: host.windowMs },
  }
}

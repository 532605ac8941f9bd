import type { AdviceContext } from '../context.ts'
import { printFigure } from '../print-figure.ts'
import { evidenceOf, found, notEnough, quiet, type Rule } from '../rule.ts'
import { lastWindows, type Missing, type Told } from '../windows.ts'

/** One slot works for all. */
export const hotSlot: Rule = {
  id: 'hot-slot',
  title: 'One slot is much busier than the others',
  guidelines: [4],
  needs: { window: 'windows', readings: ['busy/WORKER/SLOT'] },
  evaluate(context) {
    const slots = busyOf(context)
    if ('known' in slots) return notEnough(slots)
    const mean = slots.reduce((sum, { told }) => sum + told.whole.average, 0) / slots.length
    const [hottest] = slots.toSorted((a, b) => b.told.whole.average - a.told.whole.average)
    if (!hottest) return quiet('there is no slot')
    const { name, told } = hottest
    const busy = printFigure(told.whole.average, 'share')
    if (told.whole.average < context.evaluator.targets.busyShare)
      return quiet(`the busiest slot is ${busy} busy`)
    const times = told.whole.average / mean
    if (times <= context.settings['advice.skew'])
      return quiet(`the busiest slot has ${times.toFixed(1)} times the mean`)
    return found({
      rule: 'hot-slot',
      severity: 'warn',
      subject: name,
      sentence: `${name} is ${busy} busy, ${times.toFixed(1)} times the mean: the others cannot help it`,
      evidence: [
        evidenceOf(`busy/${name}`, told, 'share'),
        { name: 'largest over mean', value: times, unit: 'ratio', windowMs: told.windowMs },
      ],
      stage: 'workers',
      steps: [],
      kept: [],
      forbidsMoreSlots: true,
    })
  },
}

function busyOf(context: AdviceContext): { name: string; told: Told }[] | Missing {
  const slots: { name: string; told: Told }[] = []
  const { each, busy } = context.evaluation.slots
  if (!busy.now.known) return { known: false, why: `slots: ${busy.now.why}`, enoughAt: null }
  for (const { worker, slot } of each) {
    const told = lastWindows(context, `busy/${worker}/${slot}`)
    if (!told.known) return told
    slots.push({ name: `${worker}/${slot}`, told })
  }
  return slots
}

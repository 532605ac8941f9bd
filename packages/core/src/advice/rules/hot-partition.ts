import type { AdviceContext } from '../context.ts'
import { printFigure } from '../print-figure.ts'
import { type Finding, found, notEnough, quiet, type Rule } from '../rule.ts'
import { lastWindows, mostWindows, type Told } from '../windows.ts'

/** Most of the records are in one partition: more slots would not share them out. */
export const hotPartition: Rule = {
  id: 'hot-partition',
  title: 'One partition has much more than its share',
  guidelines: [4],
  needs: { window: 'windows', readings: ['in/PARTITION', 'lag/PARTITION', 'commonestKeys'] },
  evaluate(context) {
    const { partitions } = context.evaluation
    if (!partitions.known)
      return notEnough({ known: false, why: `partitions: ${partitions.why}`, enoughAt: null })
    const numbers = partitions.value.map(({ partition }) => partition)
    const skews = [skewOf(context, numbers, 'in'), skewOf(context, numbers, 'lag')]
    const hot = skews.flatMap((skew) => (skew.known && skew.isHot ? [findingOf(context, skew)] : []))
    if (hot[0]) return found(hot[0])
    for (const skew of skews) if (!skew.known) return notEnough(skew)
    return quiet('every partition has about its share')
  },
}

interface Skew {
  known: true
  isHot: boolean
  of: 'in' | 'lag'
  partition: number
  told: Told
  /** Largest over mean, and of the sum of all. */
  times: number
  share: number
}

function skewOf(context: AdviceContext, partitions: readonly number[], of: 'in' | 'lag') {
  const each: { partition: number; told: Told }[] = []
  for (const partition of partitions) {
    const told = lastWindows(context, `${of}/${partition}`)
    if (!told.known) return told
    each.push({ partition, told })
  }
  const sum = each.reduce((total, { told }) => total + told.whole.average, 0)
  const [largest] = each.toSorted((a, b) => b.told.whole.average - a.told.whole.average)
  const none = { known: true as const, isHot: false as const }
  // A few records are no load that could be shared out.
  const least = of === 'lag' ? context.evaluator.targets.lagRecords : partitions.length
  if (!largest || sum <= least) return none
  const mean = sum / each.length
  const times = largest.told.whole.average / mean
  const isHot = mostWindows(largest.told, ({ average }) => average > context.settings['advice.skew'] * mean)
  return {
    known: true,
    isHot,
    of,
    ...largest,
    times,
    share: largest.told.whole.average / sum,
  } satisfies Skew
}

function findingOf(context: AdviceContext, { of, partition, told, times, share }: Skew): Finding {
  const what = of === 'in' ? 'of the records' : 'of the lag'
  const waits = context.evaluation.bottleneck.stage === 'workers'
  return {
    rule: 'hot-partition',
    severity: waits ? 'critical' : 'warn',
    subject: `partition ${partition}`,
    sentence: `partition ${partition} has ${printFigure(share, 'share')} ${what}, ${times.toFixed(1)} times the mean: ${keySentence(context, partition)}. More slots or partitions would not help`,
    evidence: [
      {
        name: `${of}/${partition}`,
        value: told.whole.average,
        unit: of === 'in' ? 'perSecond' : 'count',
        windowMs: told.windowMs,
      },
      { name: 'largest over mean', value: times, unit: 'ratio', windowMs: told.windowMs },
    ],
    stage: 'workers',
    steps: [],
    kept: [],
    forbidsMoreSlots: true,
  }
}

function keySentence({ facts }: AdviceContext, partition: number): string {
  const { commonestKeys } = facts
  if (!commonestKeys.known) return `which key it is cannot be told (${commonestKeys.why})`
  const common = commonestKeys.value.find((one) => one.partition === partition)
  return common && common.share > 0.5
    ? `key ${common.key} makes ${printFigure(common.share, 'share')} of it`
    : 'no single key dominates it'
}

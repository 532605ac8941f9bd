import { proposeCheaperCompression } from '../batching.ts'
import { printFigure } from '../print-figure.ts'
import { NOTHING } from '../propose-step.ts'
import { evidenceOf, found, notEnough, quiet, type Rule } from '../rule.ts'
import { lastWindows, mostWindows, type Told } from '../windows.ts'

const STAGES = ['parse', 'validate', 'deduplicate', 'route', 'serialise'] as const

/** One stage takes most of the time of busy slots. */
export const operatorHeavy: Rule = {
  id: 'operator-heavy',
  title: 'One stage takes most of the busy time',
  guidelines: [3, 11, 16],
  needs: { window: 'windows', readings: ['slots', 'stage/STAGE'] },
  evaluate(context) {
    const busy = lastWindows(context, 'slots')
    if (!busy.known) return notEnough(busy)
    const { busyShare } = context.evaluator.targets
    if (!mostWindows(busy, ({ average }) => average >= busyShare))
      return quiet(`slots are ${printFigure(busy.whole.average, 'share')} busy`)
    const stages: { stage: (typeof STAGES)[number]; told: Told }[] = []
    for (const stage of STAGES) {
      const told = lastWindows(context, `stage/${stage}`)
      if (!told.known) return notEnough(told)
      stages.push({ stage, told })
    }
    const heavy = stages.reduce((one, other) =>
      other.told.whole.average > one.told.whole.average ? other : one,
    )
    const share = heavy.told.whole.average / busy.whole.average
    const perStage = stages
      .map(({ stage, told }) => `${stage} ${printFigure(told.whole.average / busy.whole.average, 'share')}`)
      .join(', ')
    if (share <= context.settings['advice.stageShare']) return quiet(`of busy time: ${perStage}`)
    return found({
      rule: 'operator-heavy',
      severity: 'warn',
      subject: heavy.stage,
      sentence: `${heavy.stage} takes ${printFigure(share, 'share')} of busy time (${perStage})`,
      evidence: stages.map(({ stage, told }) => evidenceOf(`stage/${stage}`, told, 'share')),
      stage: 'workers',
      // Of all stages only writing has a setting that costs nobody a record.
      ...(heavy.stage === 'serialise' ? proposeCheaperCompression(context, 'operator-heavy') : NOTHING),
    })
  },
}

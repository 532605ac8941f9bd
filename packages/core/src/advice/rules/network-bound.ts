import { formatBytes } from '../../units/index.ts'
import type { AdviceContext } from '../context.ts'
import { expectLess } from '../expectations.ts'
import { printFigure } from '../print-figure.ts'
import { NOTHING, type Proposed, proposeStep } from '../propose-step.ts'
import { evidenceOf, found, notEnough, quiet, type Rule, type RuleResult, settle } from '../rule.ts'
import { rises, trendOf } from '../trend.ts'
import { lastWindows, mostWindows } from '../windows.ts'

const LARGEST_FETCH_GROWTH = 2

/** Bytes are what holds the flow back: of the interface, or of one fetch. */
export const networkBound: Rule = {
  id: 'network-bound',
  title: 'Transfers are near what the interface or a fetch carries',
  guidelines: [12],
  needs: {
    window: 'windows',
    readings: ['fetch.fill', 'fetch.bytes', 'produce.bytes', 'lag', 'interfaceBytesPerSecond'],
  },
  evaluate: (context) => settle([judgeFetches(context), judgeInterface(context)], 'nothing flows'),
}

function judgeFetches(context: AdviceContext): RuleResult {
  const fill = lastWindows(context, 'fetch.fill')
  if (!fill.known) return notEnough(fill)
  const lag = lastWindows(context, 'lag')
  if (!lag.known) return notEnough(lag)
  const share = printFigure(fill.whole.average, 'share')
  const trend = trendOf(lag)
  if (!mostWindows(fill, ({ average }) => average >= context.settings['advice.networkShare']))
    return quiet(`fetches are filled to ${share}`)
  if (!trend || !rises(trend)) return quiet(`fetches are filled to ${share}, and the lag does not grow`)
  const from = context.spec.settings['consumer.maxPartitionFetchBytes'].value
  const to = LARGEST_FETCH_GROWTH * from
  return found({
    rule: 'network-bound',
    severity: 'warn',
    subject: 'workers',
    sentence: `fetches are filled to ${share} of their ${formatBytes(from)} while the lag grows`,
    evidence: [evidenceOf('fetch.fill', fill, 'share')],
    stage: 'workers',
    ...proposeStep(context, 'network-bound', {
      changes: [{ key: 'consumer.maxPartitionFetchBytes', from, to }],
      stage: 'workers',
      why: `each fetch is full at ${formatBytes(from)}, so it takes as many as there are`,
      expected: expectLess(context, 'fetch.fill', { unit: 'share', least: 1 / LARGEST_FETCH_GROWTH }),
      cost: `up to ${formatBytes(to - from)} more of each partition in memory`,
    }),
  })
}

function judgeInterface(context: AdviceContext): RuleResult {
  const { interfaceBytesPerSecond } = context.facts
  if (!interfaceBytesPerSecond.known)
    return notEnough({ known: false, why: interfaceBytesPerSecond.why, enoughAt: null })
  if (interfaceBytesPerSecond.value === Number.POSITIVE_INFINITY)
    return quiet('the services are on one machine: no interface is between them')
  const fetched = lastWindows(context, 'fetch.bytes')
  const produced = lastWindows(context, 'produce.bytes')
  if (!fetched.known) return notEnough(fetched)
  if (!produced.known) return notEnough(produced)
  const share = (fetched.whole.average + produced.whole.average) / interfaceBytesPerSecond.value
  const sentence = `the slots move ${printFigure(share, 'share')} of what the interface carries`
  if (share < context.settings['advice.networkShare']) return quiet(sentence)
  return found({
    rule: 'network-bound',
    severity: 'warn',
    subject: 'stack',
    sentence,
    evidence: [
      evidenceOf('fetch.bytes', fetched, 'bytesPerSecond'),
      evidenceOf('produce.bytes', produced, 'bytesPerSecond'),
    ],
    stage: 'kafka',
    ...proposeCompression(context, sentence),
  })
}

function proposeCompression(context: AdviceContext, sentence: string): Proposed {
  const keys = (['provider.producer.compression', 'producer.main.compression'] as const).filter(
    (key) => context.spec.settings[key].value === 'none',
  )
  if (keys.length === 0) return NOTHING
  return proposeStep(context, 'network-bound', {
    changes: keys.map((key) => ({ key, from: 'none', to: 'snappy' })),
    stage: 'kafka',
    why: `${sentence}, uncompressed`,
    expected: expectLess(context, 'produce.bytes', { unit: 'bytesPerSecond', least: 0.2 }),
    cost: 'some CPU for each record',
  })
}

import { formatBytes, formatDuration } from '../../units/index.ts'
import { type AdviceContext, workersWithSlots } from '../context.ts'
import { expectCheaper } from '../expectations.ts'
import { type Fetching, fetchingOf } from '../fetching.ts'
import { printFigure } from '../print-figure.ts'
import { type Proposed, proposeStep } from '../propose-step.ts'
import { evidenceOf, found, notEnough, quiet, type Rule } from '../rule.ts'
import { lastWindows, mostWindows, type Told } from '../windows.ts'

/** Of the latency target, what a larger fetch may cost. */
const WAIT_SHARE = 0.1

/** Many small fetches keep the workers busy with requests. */
export const fetchSmall: Rule = {
  id: 'fetch-small',
  title: 'Fetches carry little while the CPU is short',
  guidelines: [10],
  needs: { window: 'windows', readings: ['fetch.fill', 'fetch.records', 'fetch.bytes', 'cpu/worker-N'] },
  evaluate(context) {
    const fill = lastWindows(context, 'fetch.fill')
    if (!fill.known) return notEnough(fill)
    const filled = `fetches are filled to ${printFigure(fill.whole.average, 'share')}`
    if (!mostWindows(fill, ({ average }) => average < context.settings['advice.fetchFill']))
      return quiet(filled)
    const cpus: Told[] = []
    for (const { name } of workersWithSlots(context)) {
      const told = lastWindows(context, `cpu/${name}`)
      if (!told.known) return notEnough(told)
      cpus.push(told)
    }
    const { warnShare } = context.evaluator.targets
    if (!cpus.some((told) => mostWindows(told, ({ average }) => average >= warnShare)))
      return quiet(`${filled}, and there is CPU for them`)
    const records = lastWindows(context, 'fetch.records')
    if (!records.known) return notEnough(records)
    const fetching = fetchingOf(context)
    if (!fetching.known) return notEnough(fetching)
    return found({
      rule: 'fetch-small',
      severity: 'warn',
      subject: 'workers',
      sentence: `${filled}, ${records.whole.average.toFixed(0)} records each, and the CPU of the workers is short`,
      evidence: [evidenceOf('fetch.fill', fill, 'share'), evidenceOf('fetch.records', records, 'count')],
      stage: 'workers',
      ...propose(context, fetching),
    })
  },
}

function propose(context: AdviceContext, fetching: Fetching): Proposed {
  const { spec, evaluator } = context
  const waitMs = WAIT_SHARE * evaluator.targets.latencyMs
  const from = spec.settings['consumer.fetchMinBytes'].value
  const most = spec.settings['consumer.maxPartitionFetchBytes'].value
  const to = Math.min(most, Math.floor((fetching.bytesPerPartition * waitMs) / 1000))
  return proposeStep(context, 'fetch-small', {
    changes: to > from ? [{ key: 'consumer.fetchMinBytes', from, to }] : [],
    stage: 'workers',
    why: `a partition gets ${formatBytes(Math.round(fetching.bytesPerPartition))} a second, so ${formatBytes(to)} gather in ${formatDuration(waitMs)}`,
    expected: expectCheaper(context, 0.7),
    cost: `at most ${formatDuration(waitMs)} of latency`,
  })
}

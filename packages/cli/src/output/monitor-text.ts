import { drainSentence, type Evaluation, type Metric, metricValueText } from '@radtune/core/metrics'
import { formatDuration } from '@radtune/core/units'

/** One line per moment for output without a terminal: `2026-11-22T14:03:22Z warn in=9910/s out=9700/s lag=12104 p99=182ms …`. */
export function monitorLine(evaluation: Evaluation): string {
  const { flow, host, slots, bottleneck, alarms } = evaluation
  const [alarm] = alarms
  const field = (name: string, metric: string, { now }: Metric) => `${name}=${plainValue(metric, now)}`
  return [
    `${new Date(evaluation.at).toISOString().slice(0, 19)}Z`,
    evaluation.state?.toLowerCase() ?? 'n/a',
    field('in', 'in', flow.in),
    field('out', 'out', flow.out),
    field('lag', 'lag', flow.lag),
    `drain=${drainField(evaluation)}`,
    field('p99', 'p99', flow.p99),
    field('cpu', 'host.cpu', host.cpu),
    field('mem', 'host.memory', host.memory),
    field('slots', 'slots', slots.busy),
    field('rej', 'rejects', flow.rejects),
    `healthy=${healthyField(evaluation)}`,
    ...(alarm ? [`alarm=${JSON.stringify(alarm.sentence)}`] : []),
    ...(bottleneck.stage ? [`bottleneck=${JSON.stringify(bottleneckSentence(evaluation))}`] : []),
  ].join(' ')
}

function plainValue(metric: string, now: Metric['now']): string {
  return now.known ? metricValueText(metric, now.value).replaceAll(/[ ,]/g, '') : 'n/a'
}

function drainField({ flow: { drain } }: Evaluation): string {
  switch (drain.kind) {
    case 'drains':
      return formatDuration(drain.ms).replaceAll(' ', '')
    case 'nothing':
    case 'in-flow':
      return '0s'
    case 'never':
      return 'never'
    case 'unknown':
      return 'n/a'
  }
}

function healthyField({ services }: Evaluation): string {
  if (!services.known) return 'n/a'
  return `${services.value.filter(({ condition }) => condition === 'healthy').length}/${services.value.length}`
}

/** What is to be known first: the bottleneck, and before it the worst alarm where there is no bottleneck to explain it. */
export function headline(evaluation: Evaluation): string {
  const [alarm] = evaluation.alarms
  const sentence = bottleneckSentence(evaluation)
  return alarm && evaluation.bottleneck.stage === null ? `${alarm.sentence}; ${sentence}` : sentence
}

/** The bottleneck in one sentence, with whether it lasts. */
function bottleneckSentence({ bottleneck, at }: Evaluation): string {
  if (bottleneck.lasting === null || bottleneck.sinceMs === null) return bottleneck.sentence
  const lasting =
    bottleneck.lasting === 'chronic' ? `chronic, for ${formatDuration(at - bottleneck.sinceMs)}` : 'transient'
  return `${bottleneck.sentence} (${lasting})`
}

/** How long the lag takes to be worked off, in a few words. */
export function drainText({ flow: { drain } }: Evaluation): string {
  return drainSentence(drain, formatDuration)
}

import { formatCount, formatDuration } from '../units/index.ts'

/** A value of a metric as a person reads it: `98 %`, `12,104`, `182 ms`, `9,910/s`. */
export function metricValueText(metric: string, value: number): string {
  switch (metric.split('/')[0]) {
    case 'p50':
    case 'p95':
    case 'p99':
      return formatDuration(value)
    case 'lag':
      return formatCount(Math.round(value))
    case 'balance':
      return value.toFixed(2)
    case 'in':
    case 'out':
    case 'topic':
    case 'rate':
    case 'sent':
    case 'provider':
    case 'provider.target':
    case 'received':
    case 'rejected':
    case 'duplicated':
      return `${formatCount(Math.round(value))}/s`
    default:
      return percentText(value)
  }
}

function percentText(share: number): string {
  const percent = share * 100
  if (percent > 0 && percent < 0.05) return '<0.1 %'
  return `${percent > 0 && percent < 9.95 ? percent.toFixed(1).replace(/\.0$/, '') : Math.round(percent)} %`
}

/** What a metric is called in a sentence: `CPU of kafka`, `lag`, `p99`. */
export function metricName(metric: string): string {
  const [kind = '', ...rest] = metric.split('/')
  const of = rest.join('/')
  switch (kind) {
    case 'host.cpu':
      return 'CPU of the machine'
    case 'host.memory':
      return 'memory of the machine'
    case 'cpu':
      return `CPU of ${of}`
    case 'memory':
      return `memory of ${of}`
    case 'throttled':
      return `throttling of ${of}`
    case 'slots':
      return 'busy time of the slots'
    default:
      return of === '' ? kind : `${kind} of ${of}`
  }
}

import type { Evaluation, Metric, ServiceEvaluation } from '@radtune/core/metrics'
import { metricValueText } from '@radtune/core/metrics'
import { formatCpus } from '@radtune/core/units'
import { rate, toneOf } from './monitor-numbers.ts'
import { type StyledLine, span, type Tone } from './styled-line.ts'

/** A value older than this is dim, with its age. */
const STALE_MS = 5_000

/** One line per service: condition, CPU and memory against their limits, throttling, records in and out, restarts. */
export function serviceLines(
  { services }: Evaluation,
  { rows, now }: { columns: number; rows: number; now: number },
): StyledLine[] {
  if (!services.known) return [[span(` n/a (${services.why})`, 'warn')]]
  const header = ` ${'NAME'.padEnd(10)} ${'STATE'.padEnd(10)} ${'CPU/LIMIT'.padStart(11)} ${'THROTTLE'.padStart(8)} ${'MEM/LIMIT'.padStart(12)} ${'IN'.padStart(7)} ${'OUT'.padStart(7)} RESTART`
  const room = rows - 1
  // What is not in order is seen first when there is no room for all.
  const sorted =
    services.value.length <= room
      ? services.value
      : [...services.value].sort((a, b) => Number(isWell(a)) - Number(isWell(b)))
  const shown = services.value.length <= room ? sorted : sorted.slice(0, Math.max(0, room - 1))
  const rest = services.value.length - shown.length
  return [
    [span(header, 'dim')],
    ...shown.map((service) => serviceLine(service, now)),
    ...(rest > 0 ? [[span(` … and ${rest} more`, 'dim')]] : []),
  ]
}

function isWell({ condition, cpu, memory, throttled }: ServiceEvaluation): boolean {
  return (
    condition === 'healthy' && [cpu, memory, throttled].every(({ state }) => state === null || state === 'ok')
  )
}

function serviceLine(service: ServiceEvaluation, now: number): StyledLine {
  const { name, condition, cpu, memory, throttled, limits, restarts } = service
  return [
    span(` ${name.padEnd(10)} `),
    span(condition.padEnd(10), condition === 'healthy' ? 'good' : condition === 'failed' ? 'bad' : 'warn'),
    ...cell(`${share(cpu)} ${formatCpus(limits.cpus)}`, { width: 12, metric: cpu, now }),
    ...cell(share(throttled), { width: 9, metric: throttled, now }),
    ...cell(`${share(memory)} ${gibibytes(limits.memoryBytes)}`, { width: 13, metric: memory, now }),
    span(
      ` ${(service.in ? rate(service.in) : '-').padStart(7)} ${(service.out ? rate(service.out) : '-').padStart(7)} `,
    ),
    span(String(restarts).padStart(7), restarts > 0 ? 'warn' : 'dim'),
  ]
}

function cell(
  text: string,
  { width, metric, now }: { width: number; metric: Metric; now: number },
): StyledLine {
  const stale = !metric.now.known || now - metric.now.at > STALE_MS
  const judged: Tone = metric.state === null || metric.state === 'ok' ? 'plain' : toneOf(metric.state)
  return [span(text.padStart(width), stale ? 'dim' : judged)]
}

function share({ now }: Metric): string {
  return now.known ? metricValueText('cpu', now.value) : 'n/a'
}

function gibibytes(bytes: number): string {
  const mebibytes = bytes / 1024 ** 2
  return mebibytes < 1000 ? `${Math.round(mebibytes)}M` : `${(mebibytes / 1024).toFixed(1)}G`
}

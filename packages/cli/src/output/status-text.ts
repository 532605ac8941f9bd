import { formatBytes, formatCount, formatCpus, formatDuration } from '@radtune/core/units'
import type { ServiceState } from '../ports/runtime.ts'
import type { StatusReport } from '../services/read-status.ts'
import type { Palette } from './palette.ts'
import { conservationText, dirtyText, levelsText, mismatchText } from './records-text.ts'
import { AVAILABILITY_TARGET } from './status-data.ts'
import { tableText } from './table-text.ts'

interface Style {
  palette: Palette
  columns: number
}

/** The status of a stack as a person reads it: services, where every record is, and how fast they flow. */
export function statusText(report: StatusReport, { palette, columns }: Style): string {
  const { stack } = report
  const { spec, ports } = stack.launch
  const labelled = (label: string, text: string) => `${label.padEnd(8)} ${text}`
  return [
    `${palette.bold(spec.profile)}, ${stack.runtime}, up ${formatDuration(report.at - stack.launchedAt)}      ${palette.cyan(`http://127.0.0.1:${ports.frontend}`)}`,
    '',
    tableText(serviceRows(stack.services, palette), {
      columns,
      align: ['left', 'left', ...serviceNumbers(stack.services).map(() => 'right' as const), 'left'],
    }),
    ...[limitsText(stack.services)].filter(Boolean).map((text) => palette.dim(labelled('limits', text))),
    ...exitTexts(stack.services).map((text) => labelled('ended', palette.yellow(text))),
    ...(stack.availability ? [labelled('healthy', availabilityText(stack.availability, palette))] : []),
    '',
    ...recordLines(report, palette).map(([label, text]) => labelled(label, text)),
  ].join('\n')
}

/** Of services that run again: how they ended before. */
function exitTexts(services: readonly ServiceState[]): string[] {
  return services.flatMap(({ name, restarts, exit, pid }) => {
    if (restarts === 0 || !exit || pid === undefined) return []
    const how = exit.outOfMemory
      ? 'killed, out of memory'
      : exit.signal
        ? `by ${exit.signal}`
        : `with exit code ${exit.code}`
    return [`${name} ${how}, and was started again`]
  })
}

function availabilityText({ share }: { share: number }, palette: Palette): string {
  // Cut, not rounded: 100 % is said only of what was never away.
  const text = `${(Math.floor(share * 10_000) / 100).toFixed(2)} %`
  const shown = share < AVAILABILITY_TARGET ? palette.yellow(text) : text
  return `${shown} of the time since up (target ${AVAILABILITY_TARGET * 100} %)`
}

/** The lines about records, rate and latency as label and text. */
export function recordLines(report: StatusReport, palette: Palette): [label: string, text: string][] {
  const { records } = report
  if (!records.known) return [['records', palette.yellow(`n/a (${records.why})`)], ...flowLines(report)]
  const sums = records.value
  return [
    ['records', conservationText(sums)],
    ...report.mismatches.map((mismatch): [string, string] => ['', palette.red(mismatchText(mismatch))]),
    ...(sums.dirty > 0 ? [['dirty', dirtyText(sums)] as [string, string]] : []),
    ['levels', levelsText(sums)],
    ...flowLines(report),
  ]
}

function flowLines({ provider, backend, stack }: StatusReport): [label: string, text: string][] {
  const target = stack.launch.spec.workload.latencyTargetMs
  return [
    [
      'provider',
      provider.known
        ? `${provider.value.state}, ${formatCount(Math.round(provider.value.recordsPerSecond))}/s; ${formatCount(provider.value.read)} rows read, ${formatCount(provider.value.malformed)} malformed`
        : `n/a (${provider.why})`,
    ],
    [
      'latency',
      backend.known
        ? backend.value.endToEnd.p50Ms === null
          ? 'nothing measured just now'
          : `p50 ${milliseconds(backend.value.endToEnd.p50Ms)}, p99 ${milliseconds(backend.value.endToEnd.p99Ms)} end to end (target ${formatDuration(target)})`
        : `n/a (${backend.why})`,
    ],
  ]
}

/** One line per interval for output without a terminal: `2026-11-22T14:03:22Z ok healthy=6/6 in=12345 …`. */
export function statusLine(report: StatusReport | undefined, at: number): string {
  const time = `${new Date(at).toISOString().slice(0, 19)}Z`
  if (!report) return `${time} down nothing runs`
  const { services } = report.stack
  const healthy = services.filter(({ condition }) => condition === 'healthy').length
  const word = report.mismatches.length > 0 ? 'crit' : healthy < services.length ? 'warn' : 'ok'
  const sums = report.records.known ? report.records.value : undefined
  const counts = sums
    ? `in=${sums.in} normal=${sums.normal} critical=${sums.critical} dirty=${sums.dirty} duplicates=${sums.duplicates} in-flight=${sums.inFlight}`
    : 'in=n/a'
  const rate = report.provider.known ? `${Math.round(report.provider.value.recordsPerSecond)}/s` : 'n/a'
  const p99 = report.backend.known ? milliseconds(report.backend.value.endToEnd.p99Ms) : 'n/a'
  return `${time} ${word} healthy=${healthy}/${services.length} rate=${rate} ${counts} p99=${p99.replaceAll(' ', '')}`
}

export function milliseconds(value: number | null): string {
  return value === null ? 'n/a' : formatDuration(value)
}

/** Titles of the columns of numbers; whether a CPU limit holds a service back is told only where one is enforced. */
function serviceNumbers(services: readonly ServiceState[]): string[] {
  const throttled = services.some(({ throttling }) => throttling.known) ? ['throttled'] : []
  return ['pid', 'memory', 'cpu', ...throttled, 'restarts']
}

function serviceRows(services: readonly ServiceState[], palette: Palette): string[][] {
  const numbers = serviceNumbers(services)
  const header = ['service', 'state', ...numbers, ''].map((title) => palette.dim(title))
  return [
    header,
    ...services.map((service) => [
      service.name,
      stateText(service, palette),
      service.pid === undefined ? '-' : String(service.pid),
      `${service.memoryBytes.known ? formatBytes(service.memoryBytes.value) : 'n/a'} / ${formatBytes(service.limits.memoryBytes)}`,
      `${service.cpus.known ? service.cpus.value.toFixed(2) : 'n/a'} / ${formatCpus(service.limits.cpus)}`,
      ...(numbers.includes('throttled') ? [throttledText(service, palette)] : []),
      String(service.restarts),
      service.condition === 'healthy' ? '' : (service.reason ?? ''),
    ]),
  ]
}

/** From this share of throttled periods on a service is mostly waiting for its CPU limit. */
const MUCH_THROTTLED = 0.25

/** `12 %` of the periods of the last seconds; a dash where it is not known. */
function throttledText({ throttling }: ServiceState, palette: Palette): string {
  if (!throttling.known) return '-'
  const { recentShare } = throttling.value
  const text = `${Math.round(recentShare * 100)} %`
  return recentShare >= MUCH_THROTTLED ? palette.yellow(text) : text
}

function stateText({ condition }: ServiceState, palette: Palette): string {
  switch (condition) {
    case 'healthy':
      return palette.green(condition)
    case 'failed':
    case 'unhealthy':
      return palette.red(condition)
    case 'waiting':
    case 'starting':
    case 'restarting':
    case 'stopping':
    case 'stopped':
      return palette.yellow(condition)
  }
}

/** Whether and how limits hold, once for all services that are alike. */
function limitsText(services: readonly ServiceState[]): string {
  const how = new Set(
    services.map(({ limits }) => `${limits.enforced ? 'enforced' : 'not enforced'}: ${limits.how}`),
  )
  return [...how].join('; ').replace('not enforced: advisory: ', 'advisory: ')
}

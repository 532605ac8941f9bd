import type { RecordSums } from '@radtune/core/contract'
import { formatBytes, formatCount, formatCpus, formatDuration } from '@radtune/core/units'
import type { ServiceState } from '../../ports/runtime.ts'
import type { StatusReport } from '../../services/read-status.ts'
import { fitLine, heading, type StyledLine, span, spread, type Tone } from './styled-line.ts'

/** What the status screen knows: reports, newest last, and what went wrong when the newest could not be had. */
export interface StatusHistory {
  reports: readonly StatusReport[]
  /** Why there is no newer report; undefined while all is well. */
  problem: string | undefined
}

export interface ScreenSize {
  columns: number
  rows: number
}

/**
 * Lays out the status screen: at most `rows` − 1 lines of at most `columns` characters. Under 60×16 it is one line that is
 * still of use.
 */
export function statusView(history: StatusHistory, { columns, rows }: ScreenSize): StyledLine[] {
  const report = history.reports.at(-1)
  if (columns < 60 || rows < 16) return [fitLine(shortLine(history, report), columns)]
  const footer = [span(' q', 'strong'), span(' quit (the stack goes on)', 'dim')]
  if (!report) return [[span(` ${history.problem ?? 'reading the status'}`)], [], footer]
  const above = [...headerLines(history, report, columns), heading('services', columns)]
  const below = [...recordsPart(report, columns, rows), ...flowPart(history, report, columns)]
  // The header of the table and the footer take a line each.
  const room = Math.max(1, rows - 1 - above.length - below.length - 2)
  const services = servicesPart(report.stack.services, { columns, room })
  const body = [...above, ...services, ...below].slice(0, rows - 2)
  const blank: StyledLine[] = Array.from({ length: rows - 2 - body.length }, () => [])
  return [...body, ...blank, footer].map((line) => fitLine(line, columns))
}

function shortLine({ problem }: StatusHistory, report: StatusReport | undefined): StyledLine {
  if (!report) return [span(problem ?? 'reading the status')]
  const { word, tone } = verdict(report)
  const inFlight = report.records.known ? ` in flight ${formatCount(report.records.value.inFlight)}` : ''
  return [
    span(word, tone),
    span(` ${healthyCount(report)} of ${report.stack.services.length} healthy${inFlight} (q quit)`),
  ]
}

function headerLines({ problem }: StatusHistory, report: StatusReport, columns: number): StyledLine[] {
  const { stack, at } = report
  const { word, tone } = verdict(report)
  const time = new Date(at).toISOString().slice(11, 19)
  return [
    spread(
      [
        span(' radtune', 'strong'),
        span(`  ${stack.launch.spec.profile} / ${stack.launch.spec.engine} / ${stack.runtime}`),
      ],
      [span(`up ${formatDuration(Math.max(0, at - stack.launchedAt))}   ${time} UTC `)],
      columns,
    ),
    spread(
      [span(` ${word}`, tone), span(`  ${problem ?? sentence(report)}`, problem ? 'warn' : 'plain')],
      [span(`http://127.0.0.1:${stack.launch.ports.frontend} `, 'accent')],
      columns,
    ),
  ]
}

function verdict(report: StatusReport): { word: string; tone: Tone } {
  if (report.mismatches.length > 0 || report.stack.services.some(({ condition }) => condition === 'failed'))
    return { word: 'CRIT', tone: 'bad' }
  if (healthyCount(report) < report.stack.services.length || !report.records.known)
    return { word: 'WARN', tone: 'warn' }
  return { word: 'ok', tone: 'good' }
}

function sentence(report: StatusReport): string {
  const [mismatch] = report.mismatches
  if (mismatch) return `the counts of partition ${mismatch.partition} do not add up`
  const ill = report.stack.services.find(({ condition }) => condition !== 'healthy')
  if (ill) return `${ill.name} is ${ill.condition}${ill.reason ? `: ${ill.reason}` : ''}`
  if (!report.records.known) return report.records.why
  return `${healthyCount(report)} of ${report.stack.services.length} healthy, every record accounted for`
}

function healthyCount({ stack }: StatusReport): number {
  return stack.services.filter(({ condition }) => condition === 'healthy').length
}

function servicesPart(
  services: readonly ServiceState[],
  { columns, room }: { columns: number; room: number },
): StyledLine[] {
  const bar = columns >= 110 ? 20 : 6
  const header = ` ${'NAME'.padEnd(10)}${'STATE'.padEnd(11)}${'MEMORY'.padEnd(bar + 24)}${'CPU'.padEnd(bar + 14)}${'RESTARTS'}${columns >= 100 ? '      PID' : ''}`
  // What is not healthy is seen first when there is no room for all.
  const sorted =
    services.length <= room
      ? services
      : [...services].sort((a, b) => Number(a.condition === 'healthy') - Number(b.condition === 'healthy'))
  const shown = services.length <= room ? sorted : sorted.slice(0, room - 1)
  const rest = services.length - shown.length
  return [
    [span(header, 'dim')],
    ...shown.map((service) => serviceLine(service, { bar, pid: columns >= 100 })),
    ...(rest > 0 ? [[span(` … and ${rest} more`, 'dim')]] : []),
  ]
}

function serviceLine(service: ServiceState, { bar, pid }: { bar: number; pid: boolean }): StyledLine {
  const { memoryBytes, cpus, limits } = service
  const memory = memoryBytes.known
    ? `${formatBytes(memoryBytes.value)} of ${formatBytes(limits.memoryBytes)}`
    : 'n/a'
  const cpu = cpus.known ? `${cpus.value.toFixed(2)} of ${formatCpus(limits.cpus)}` : 'n/a'
  return [
    span(` ${service.name.padEnd(10)}`),
    span(service.condition.padEnd(11), conditionTone(service)),
    ...barSpans(memoryBytes.known ? memoryBytes.value / limits.memoryBytes : undefined, {
      width: bar,
      high: 0.85,
    }),
    span(` ${memory.padEnd(23)}`),
    ...barSpans(cpus.known ? cpus.value / limits.cpus : undefined, { width: bar, high: 0.8 }),
    span(` ${cpu.padEnd(13)}`),
    span(String(service.restarts).padStart(8), service.restarts > 0 ? 'warn' : 'dim'),
    ...(pid ? [span(String(service.pid ?? '-').padStart(9), 'dim')] : []),
  ]
}

function conditionTone({ condition }: ServiceState): Tone {
  switch (condition) {
    case 'healthy':
      return 'good'
    case 'unhealthy':
    case 'failed':
      return 'bad'
    case 'waiting':
    case 'starting':
    case 'restarting':
    case 'stopping':
    case 'stopped':
      return 'warn'
  }
}

/** A bar of a share of a limit; past `high` it is drawn as a warning. Empty and dim where the share is unknown. */
function barSpans(share: number | undefined, { width, high }: { width: number; high: number }): StyledLine {
  const full = Math.round(Math.min(1, Math.max(0, share ?? 0)) * width)
  const tone: Tone = share !== undefined && share > high ? 'warn' : 'good'
  return [span('━'.repeat(full), tone), span('─'.repeat(width - full), 'dim')]
}

function recordsPart(report: StatusReport, columns: number, rows: number): StyledLine[] {
  const lines: StyledLine[] = [heading('records', columns)]
  if (!report.records.known) return [...lines, [span(` n/a (${report.records.why})`, 'warn')]]
  const sums = report.records.value
  const width = columns >= 110 ? 48 : 24
  const row = (label: string, count: number, tone: Tone = 'plain') =>
    recordRow({ label, count, sums, width, tone })
  lines.push([
    span(` in          ${formatCount(sums.in).padStart(15)}`, 'strong'),
    span('  = the sum of these', 'dim'),
  ])
  lines.push(row('normal', sums.normal, 'good'))
  lines.push(row('critical', sums.critical, sums.critical > 0 ? 'bad' : 'plain'))
  lines.push(row('dirty', sums.dirty, 'warn'))
  lines.push(row('duplicates', sums.duplicates))
  lines.push(row('in flight', sums.inFlight, 'accent'))
  const reasons = Object.entries(sums.dirtyByReason).sort(([, a], [, b]) => b - a)
  if (reasons.length === 0) return lines
  if (rows < 34)
    return [
      ...lines,
      [
        span(
          ` dirty by    ${reasons.map(([reason, count]) => `${reason} ${formatCount(count)}`).join(', ')}`,
          'dim',
        ),
      ],
    ]
  lines.push(heading('dirty by reason', columns))
  for (const [reason, count] of reasons.slice(0, 8))
    lines.push([
      span(` ${reason.padEnd(20)}${formatCount(count).padStart(12)}  `),
      ...barSpans(sums.dirty > 0 ? count / sums.dirty : 0, { width, high: 2 }),
    ])
  return lines
}

function recordRow({
  label,
  count,
  sums,
  width,
  tone,
}: {
  label: string
  count: number
  sums: RecordSums
  width: number
  tone: Tone
}): StyledLine {
  const share = sums.in > 0 ? count / sums.in : 0
  const full = Math.round(Math.min(1, share) * width)
  return [
    span(` ${label.padEnd(12)}${formatCount(count).padStart(15)}  `),
    span(`${(share * 100).toFixed(1).padStart(5)} %  `, 'dim'),
    span('━'.repeat(full), tone),
  ]
}

function flowPart(history: StatusHistory, report: StatusReport, columns: number): StyledLine[] {
  const { provider, backend, stack } = report
  const width = Math.max(10, Math.min(60, columns - 50))
  const rates = ratesPerSecond(history.reports).slice(-width)
  const newest = rates.at(-1)
  const latency = backend.known ? backend.value.endToEnd : undefined
  const target = stack.launch.spec.workload.latencyTargetMs
  const late = latency?.p99Ms != null && latency.p99Ms > target
  return [
    heading('flow', columns),
    [
      span(` in       ${newest === undefined ? 'n/a' : `${formatCount(Math.round(newest))}/s`}`.padEnd(24)),
      span(sparkline(rates), 'accent'),
    ],
    [
      span(
        ` provider ${provider.known ? `${provider.value.state}, ${formatCount(provider.value.read)} rows read, ${formatCount(provider.value.malformed)} malformed` : `n/a (${provider.why})`}`,
      ),
    ],
    [
      span(
        ` latency  ${latency ? (latency.p50Ms === null ? 'nothing measured just now' : `p50 ${formatDuration(latency.p50Ms)}  p99 ${formatDuration(latency.p99Ms ?? latency.p50Ms)}`) : `n/a (${backend.known ? '' : backend.why})`}`,
      ),
      span(
        late ? `  WARN over ${formatDuration(target)}` : `  target ${formatDuration(target)}`,
        late ? 'warn' : 'dim',
      ),
    ],
  ]
}

/** Records per second into the pipeline between each two reports, over the time that really passed; a counter that went down is left out. */
export function ratesPerSecond(reports: readonly StatusReport[]): number[] {
  const rates: number[] = []
  let before: { at: number; in: number } | undefined
  for (const { records } of reports) {
    if (!records.known) continue
    const now = { at: records.at, in: records.value.in }
    if (before && now.at > before.at && now.in >= before.in)
      rates.push(((now.in - before.in) * 1000) / (now.at - before.at))
    before = now
  }
  return rates
}

const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']

/** One block per value, from 0 to the largest. */
function sparkline(values: readonly number[]): string {
  const most = Math.max(...values, Number.EPSILON)
  return values.map((value) => BLOCKS[Math.min(7, Math.floor((value / most) * 7.999))] ?? '▁').join('')
}

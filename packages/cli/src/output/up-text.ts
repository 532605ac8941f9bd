import type { ServiceSpec } from '@radtune/core/stack'
import { formatBytes, formatCount, formatCpus, formatDuration } from '@radtune/core/units'
import type { DataSource, Launch, RuntimeEvent, ServiceCondition } from '../ports/runtime.ts'
import type { FirstRecord } from '../services/await-records.ts'
import type { CriticalStep } from '../services/critical-path.ts'
import type { LaunchDifference } from '../services/launch-difference.ts'
import type { LaunchEvent, LaunchOutcome } from '../services/launch-stack.ts'
import { dataText } from './data-text.ts'
import { elapsedText } from './duration-text.ts'
import type { Palette } from './palette.ts'
import { conservationText, dirtyText } from './records-text.ts'

/** What is to be said about an event: lines that stay, and what goes on now (undefined leaves it, '' ends it). */
export interface Said {
  lines: readonly string[]
  /** One line per state change for output without a terminal, where no line can be redrawn. */
  plain: readonly string[]
  now?: string
}

const NAME_WIDTH = 12
const DETAIL_WIDTH = 48

/** Turns the events of one launch into text; remembers what is going on from one event to the next. */
export function createUpTeller(palette: Palette): (event: LaunchEvent) => Said {
  const busy = new Map<string, ServiceCondition>()
  let launch: Launch | undefined

  const both = (...lines: string[]): Said => ({ lines, plain: lines })
  const step = (name: string, detail: string, elapsedMs: number): Said =>
    both(
      `${palette.green(' ok')}  ${name.padEnd(NAME_WIDTH)} ${detail.padEnd(DETAIL_WIDTH)}  ${palette.dim(elapsedText(elapsedMs).padStart(5))}`,
    )

  const runtimeEvent = (event: RuntimeEvent): Said => {
    switch (event.kind) {
      case 'fetching':
        return {
          lines: [],
          plain: [`fetching ${event.what}: ${event.detail}`],
          now: `fetching ${event.what}: ${event.detail}`,
        }
      case 'warm-up': {
        const { firstP50Ms, lastP50Ms, elapsedMs } = event.warmUp
        return step('warm-up', `p50 ${roundTripText(firstP50Ms)} → ${roundTripText(lastP50Ms)} ms`, elapsedMs)
      }
      case 'limits':
        return event.enforced
          ? both(`${palette.green(' ok')}  ${'limits'.padEnd(NAME_WIDTH)} enforced: ${event.how}`)
          : both(`${palette.yellow(' --')}  ${'limits'.padEnd(NAME_WIDTH)} ${event.how}`)
      case 'note':
        return both(palette.dim(`     ${event.text}`))
      case 'service': {
        if (settled(event.condition)) busy.delete(event.name)
        else busy.set(event.name, event.condition)
        const now = [...busy]
          .filter(([, condition]) => condition !== 'waiting')
          .map(([name, condition]) => `${name} ${condition}`)
          .join(', ')
        if (event.name === 'topics' && event.condition === 'stopped')
          return { ...step('topics', launch ? topicsText(launch) : '', event.elapsedMs), now }
        // Its own event says what it came to.
        if (event.name === 'warm-up') return { lines: [], plain: [], now }
        if (event.condition === 'healthy')
          return { ...step(event.name, launch ? serviceText(launch, event.name) : '', event.elapsedMs), now }
        const reason = event.reason ? `: ${event.reason}` : ''
        if (event.condition === 'waiting') return { lines: [], plain: [], now }
        if (event.condition === 'starting' || event.condition === 'stopping')
          return { lines: [], plain: [`${event.name} ${event.condition}${reason}`], now }
        const mark = event.condition === 'stopped' ? palette.dim(' --') : palette.red(' !!')
        return { ...both(`${mark}  ${event.name.padEnd(NAME_WIDTH)} ${event.condition}${reason}`), now }
      }
    }
  }

  return (event) => {
    switch (event.kind) {
      case 'planned':
        return both(...plannedText(event))
      case 'warning':
        return both()
      case 'differs':
        return both(...differencesText(event.differences))
      case 'dropping':
        return both(`data     dropping ${formatBytes(event.bytes)} of ${event.profile}`)
      case 'written':
        launch = event.launch
        return both(`config   .radtune/stack.yaml ${writtenWord(event.state)}`, '')
      case 'runtime':
        return runtimeEvent(event.event)
      case 'awaiting-record':
        return { lines: [], plain: ['waiting for the first record'], now: 'waiting for the first record' }
      case 'first-record':
        return { ...step(...firstRecordStep(event.first)), now: '' }
      case 'processing': {
        const { sums, recordsPerSecond } = event.processing
        const rate = !recordsPerSecond ? '' : ` at ${formatCount(Math.round(recordsPerSecond))}/s`
        const text = sums
          ? `processing: ${formatCount(sums.in - sums.inFlight)} of ${formatCount(sums.in)} read so far${rate}`
          : 'processing'
        return { lines: [], plain: [], now: text }
      }
      case 'stopping':
        return { ...both(`stopping: ${event.why}`), now: 'stopping' }
    }
  }
}

function roundTripText(ms: number): string {
  return ms < 10 ? ms.toFixed(1).replace('.0', '') : String(Math.round(ms))
}

/** The lines that end `radtune up`: what became of the records, the state in one sentence, where to look, what to do next. */
export function upText(outcome: Extract<LaunchOutcome, { kind: 'up' }>, palette: Palette): string {
  const { stack, how, elapsedMs, sums, criticalPath } = outcome
  const healthy = stack.services.filter(({ condition }) => condition === 'healthy').length
  const used = stack.services.reduce(
    (sum, { memoryBytes }) => sum + (memoryBytes.known ? memoryBytes.value : 0),
    0,
  )
  const { spec, ports } = stack.launch
  const state = [
    `${healthy} of ${stack.services.length} healthy`,
    ...(used > 0 ? [`${formatBytes(used)} of ${formatBytes(spec.totals.memoryBytes)} used`] : []),
    `${spec.profile} is for up to ${formatCount(spec.workload.maxPerSecond)}/s`,
  ].join(', ')
  const opening =
    how === 'already' ? 'already up' : `${how === 'changed' ? 'changed' : 'up'} in ${elapsedText(elapsedMs)}`
  return [
    ...(sums ? [`records  ${conservationText(sums)}`] : []),
    ...(sums && sums.dirty > 0 ? [`dirty    ${dirtyText(sums)}`] : []),
    ...(sums ? [''] : []),
    ...(criticalPath.length > 1 ? [palette.dim(`waited   ${pathText(criticalPath)}`)] : []),
    `${palette.bold(opening)}: ${state}`,
    `  page  ${palette.cyan(`http://127.0.0.1:${ports.frontend}`)}      next  radtune status --watch · radtune logs · radtune down`,
  ].join('\n')
}

/** What each step had to wait for, and how long it took itself. */
function pathText(path: readonly CriticalStep[]): string {
  return path.map(({ name, elapsedMs }) => `${name} ${elapsedText(elapsedMs)}`).join(' → ')
}

const RUNTIMES = { local: 'processes of this machine', docker: 'containers, launched by docker compose' }

function plannedText({ spec, machine, runtime }: Extract<LaunchEvent, { kind: 'planned' }>): string[] {
  const wanted = `${formatCpus(spec.machine.cpus)} vCPU, ${formatBytes(spec.machine.memoryBytes)}`
  const here = `${formatCpus(machine.cpus)} vCPU, ${formatBytes(machine.memoryBytes)} (${formatBytes(machine.usableMemoryBytes)} usable)`
  return [
    `profile  ${spec.profile.padEnd(8)} ${wanted}; this machine ${here}`,
    `runtime  ${runtime.padEnd(8)} ${RUNTIMES[runtime]}`,
  ]
}

function differencesText(differences: readonly LaunchDifference[]): string[] {
  const shown = differences.slice(0, 12)
  const more = differences.length - shown.length
  return [
    `changes  ${differences.length} against what runs:`,
    ...shown.map(({ path, from, to }) => `  ~ ${path}  ${valueText(path, from)} → ${valueText(path, to)}`),
    ...(more > 0 ? [`  … and ${more} more`] : []),
  ]
}

function valueText(path: string, value: unknown): string {
  if (value === undefined) return 'nothing'
  if (path === 'data') return dataText(value as DataSource)
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function writtenWord(state: 'new' | 'changed' | 'same'): string {
  switch (state) {
    case 'new':
      return 'written (new)'
    case 'changed':
      return 'written (changed)'
    case 'same':
      return 'is as before'
  }
}

function settled(condition: ServiceCondition): boolean {
  return condition === 'healthy' || condition === 'stopped' || condition === 'failed'
}

function serviceText(launch: Launch, name: string): string {
  const service = launch.spec.services.find((candidate) => candidate.name === name)
  return service ? roleText(launch, service) : ''
}

function roleText(launch: Launch, { role, slots }: ServiceSpec): string {
  const { spec, ports } = launch
  switch (role) {
    case 'kafka':
      return `127.0.0.1:${ports.kafka}`
    case 'worker':
      return `${slots ?? 0} ${slots === 1 ? 'slot' : 'slots'}`
    case 'backend':
      return `http://127.0.0.1:${ports.backend}`
    case 'frontend':
      return `http://127.0.0.1:${ports.frontend}`
    case 'provider': {
      const rate = spec.settings['provider.rate']?.value
      const pace = rate === 0 ? 'as fast as possible' : `${formatCount(rate)} readings/s`
      return `${dataText(launch.data)}, ${pace}`
    }
  }
}

function topicsText({ spec: { topics } }: Launch): string {
  const data = topics.filter(({ partitions }) => partitions > 1 || topics.length === 1)
  const [first] = data
  return first ? `${data.length} topics of ${first.partitions} partitions` : `${topics.length} topics`
}

/** A record that is older than this launch was left in Kafka by an earlier one: its age is no latency. */
const LEFT_OVER_MS = 15_000

function latencyText({ latencyMs, elapsedMs }: Extract<FirstRecord, { kind: 'through' }>): string {
  if (latencyMs === null) return ''
  return latencyMs > elapsedMs + LEFT_OVER_MS
    ? ', one that an earlier run had left in Kafka'
    : ` in ${formatDuration(latencyMs)}`
}

function firstRecordStep(first: FirstRecord): [name: string, detail: string, elapsedMs: number] {
  switch (first.kind) {
    case 'through': {
      return ['first record', `read, processed, at the backend${latencyText(first)}`, first.elapsedMs]
    }
    case 'nothing-valid':
      return [
        'all records',
        first.sums.in === 0
          ? 'the data hold no readings'
          : `processed; none is valid and new (${conservationText(first.sums)})`,
        first.elapsedMs,
      ]
    case 'paused':
      return ['no record', 'the provider is paused (radtune set provider.playback=run)', first.elapsedMs]
    case 'nothing-new':
      return [
        'no new record',
        first.rowsRead === 0
          ? 'the data hold no readings'
          : `all ${formatCount(first.rowsRead)} rows were published by an earlier run (--fresh begins anew)`,
        first.elapsedMs,
      ]
  }
}

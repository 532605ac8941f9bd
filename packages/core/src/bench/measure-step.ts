import type { History, ServiceSnapshot, Snapshot } from '../metrics/index.ts'
import type { StepMeasures } from './bench-report.ts'
import { type Figure, figureOf, median } from './figure.ts'
import { type LatencyCount, percentileBetween } from './latency-parts.ts'

/** A window of time in wall-clock milliseconds: (from, to]. */
export interface Window {
  from: number
  to: number
}

export interface StepWindow {
  history: History
  /** At the end of the window. */
  snapshot: Snapshot
  window: Window
  /** From when on a latency over the last ten seconds is of this step alone. */
  latencyFrom: number
  /** What the backend had counted, as often as it was asked: the oldest first. */
  latencies: readonly LatencyCount[]
  /** Restarts of all services at its beginning. */
  restartsBefore: number
}

/** Every window is cut into so many parts, whose variation is its noise. */
export const STEP_PARTS = 5

/** Roles that a record passes, in its order. */
const FLOW_ROLES = ['provider', 'kafka', 'worker', 'backend'] as const

/** What a window of a held load came to: the figures of its parts, and null where most of them told nothing. */
export function measureStep(step: StepWindow): StepMeasures {
  const { history, snapshot, window } = step
  const services = snapshot.services.known ? snapshot.services.value : []
  const flow = services.filter(({ role }) => (FLOW_ROLES as readonly string[]).includes(role))
  const named = (role: string) => services.filter((service) => service.role === role).map(({ name }) => name)
  const whole = (metric: string) => figureIn(window, (part) => meanIn(history, metric, part))
  const late = (metric: string, percentile: number) => lateIn(step, { metric, percentile })
  const cpuOf = (names: readonly string[]) =>
    figureIn(window, (part) => costIn(history, { names, per: 'out', part }))
  const memoryOf = (of: typeof flow) => figureIn(window, (part) => memoryIn(history, of, part))
  return {
    in: whole('in'),
    out: whole('out'),
    p50: late('p50', 0.5),
    p95: late('p95', 0.95),
    p99: late('p99', 0.99),
    cpu: cpuOf(flow.map(({ name }) => name)),
    cpuByRole: Object.fromEntries(FLOW_ROLES.map((role) => [role, cpuOf(named(role))])),
    memory: memoryOf(flow.filter(({ role }) => role !== 'kafka')),
    memoryByRole: Object.fromEntries(
      FLOW_ROLES.map((role) => [role, memoryOf(flow.filter((service) => service.role === role))]),
    ),
    rejects: whole('rejects'),
    duplicates: whole('duplicates'),
    busy: whole('slots'),
    ...lagIn(history, window),
    others: figureIn(window, (part) => othersIn(history, snapshot, part)),
    throttled: mostThrottled(history, { names: services.map(({ name }) => name), window }),
    restarts: Math.max(0, restartsOf(snapshot) - step.restartsBefore),
  }
}

/**
 * A latency of the step: the backend's own figure over ten seconds, whose parts overlap and so hardly differ. Its noise is half of
 * what the records of each part alone lie apart: hiccups, which a robust deviation leaves out, are what a p99 is about.
 */
function lateIn(
  { history, window, latencyFrom, latencies }: StepWindow,
  { metric, percentile }: { metric: string; percentile: number },
): Figure | null {
  const own = { from: Math.max(window.from, latencyFrom), to: window.to }
  const figure = figureIn(own, (part) => meanIn(history, metric, part))
  const alone = figureIn(window, (part) => percentileBetween(latencies, { ...part, percentile }))
  return figure && alone ? { ...figure, noise: Math.max(figure.noise, (alone.max - alone.min) / 2) } : figure
}

/** CPUs of the machine that none of the services took; undefined while one of them is not known. */
export function othersIn(history: History, { host, services }: Snapshot, part: Window): number | undefined {
  const share = meanIn(history, 'host.cpu', part)
  if (share === undefined || !host.known || !services.known) return undefined
  const cores = services.value.map(({ name }) => meanIn(history, `cores/${name}`, part))
  if (cores.includes(undefined)) return undefined
  return Math.max(0, share * host.value.cpus - sumIn(cores as number[]))
}

/** Restarts of all services since their start. */
export function restartsOf({ services }: Snapshot): number {
  return services.known ? services.value.reduce((sum, { restarts }) => sum + restarts, 0) : 0
}

/** A figure of a window by what its parts came to. Null when more than one part tells nothing. */
export function figureIn({ from, to }: Window, valueIn: (part: Window) => number | undefined): Figure | null {
  const each = (to - from) / STEP_PARTS
  if (!(each > 0)) return null
  const values = Array.from({ length: STEP_PARTS }, (_, index) =>
    valueIn({ from: from + index * each, to: from + (index + 1) * each }),
  ).filter((value) => value !== undefined)
  return values.length < STEP_PARTS - 1 ? null : (figureOf(values) ?? null)
}

/** The mean of a metric in a window; undefined where it is not known. */
export function meanIn(history: History, metric: string, part: Window): number | undefined {
  const { values } = history.values(metric, part)
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length
}

/** CPU microseconds of services for each record that came in or out; undefined when one of them is not known. */
export function costIn(
  history: History,
  { names, per, part }: { names: readonly string[]; per: 'in' | 'out'; part: Window },
): number | undefined {
  const perSecond = meanIn(history, per, part)
  if (!perSecond || names.length === 0) return undefined
  const cores = names.map((name) => meanIn(history, `cores/${name}`, part))
  if (cores.includes(undefined)) return undefined
  return (sumIn(cores as number[]) * 1_000_000) / perSecond
}

/** Bytes of the working sets of services; undefined when one of them is not known. */
function memoryIn(
  history: History,
  services: readonly Pick<ServiceSnapshot, 'name' | 'limits'>[],
  part: Window,
): number | undefined {
  const bytes = services.map(({ name, limits }) => {
    const share = meanIn(history, `memory/${name}`, part)
    return share === undefined ? undefined : share * limits.memoryBytes
  })
  return bytes.length === 0 || bytes.includes(undefined) ? undefined : sumIn(bytes as number[])
}

/**
 * How fast the lag grows: the median of the slopes between the means of all pairs of ten parts (Theil–Sen), which the teeth that
 * commits give it do not tilt; and what it is at the end.
 */
function lagIn(history: History, { from, to }: Window): Pick<StepMeasures, 'lag' | 'lagPerSecond'> {
  const count = 2 * STEP_PARTS
  const each = (to - from) / count
  const means = Array.from({ length: count }, (_, index) =>
    meanIn(history, 'lag', { from: from + index * each, to: from + (index + 1) * each }),
  )
  const slopes = means.flatMap((late, index) =>
    means
      .slice(0, index)
      .flatMap((early, before) =>
        late === undefined || early === undefined
          ? []
          : [((late - early) * 1000) / ((index - before) * each)],
      ),
  )
  const newest = history.values('lag', { from, to }).values.at(-1)
  return { lag: newest ?? null, lagPerSecond: slopes.length < count ? null : median(slopes) }
}

function mostThrottled(
  history: History,
  { names, window }: { names: readonly string[]; window: Window },
): StepMeasures['throttled'] {
  const shares = names
    .map((service) => ({ service, share: meanIn(history, `throttled/${service}`, window) ?? 0 }))
    .sort((a, b) => b.share - a.share)
  const [most] = shares
  return most && most.share > 0 ? most : null
}

function sumIn(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0)
}

import type { RecordSums } from '@radtune/core/contract'
import type { ServiceState } from '../ports/runtime.ts'
import type { StatusReport } from '../services/read-status.ts'

/** One service in JSON documents; `memory` in bytes, `cpu` in cores and `throttling` are null when they are not known, with the why beside. */
export interface ServiceStatus {
  name: string
  state: string
  pid: number | null
  memory: number | null
  cpu: number | null
  /** In force where `enforced`, as the kernel says; else those of the plan. */
  limits: { memory: number; cpu: number; enforced: boolean; how: string }
  /** What the CPU limit did since the start of the service; `recentShare` over the last 10 s. Null where none is enforced. */
  throttling: { periods: number; throttledPeriods: number; throttledMs: number; recentShare: number } | null
  restarts: number
  /** How it ended before it was started again, or for good; null when it has not ended yet. */
  lastExit: { code: number | null; signal: string | null; outOfMemory: boolean } | null
  since: string
  reason: string | null
  unknown: string[]
}

/** Of the reference configuration: available more than 99.5 % of the time. */
export const AVAILABILITY_TARGET = 0.995

/** `data` of radtune.status/1. */
export interface StatusData {
  running: boolean
  at: string
  runtime: string | null
  profile: string | null
  launchedAt: string | null
  /** Share of the time since all were first ready in which every service was healthy, beside what is aimed at. */
  availability: { share: number; overMs: number; target: number } | null
  ports: { kafka: number; backend: number; frontend: number } | null
  services: ServiceStatus[]
  /** in = normal + critical + dirty + duplicates + inFlight; null when Kafka does not answer, with the why beside. */
  records: Omit<RecordSums, 'levels'> | null
  recordsWhy: string | null
  levels: RecordSums['levels'] | null
  mismatches: readonly { partition: number; processed: number; counted: number | null }[]
  provider: { state: string; read: number; malformed: number; recordsPerSecond: number } | null
  endToEnd: { p50Ms: number | null; p99Ms: number | null; targetMs: number } | null
}

export function serviceStatus(service: ServiceState): ServiceStatus {
  const { name, condition, pid, memoryBytes, cpus, throttling, limits, restarts, exit, since, reason } =
    service
  return {
    name,
    state: condition,
    pid: pid ?? null,
    memory: memoryBytes.known ? memoryBytes.value : null,
    cpu: cpus.known ? cpus.value : null,
    limits: { memory: limits.memoryBytes, cpu: limits.cpus, enforced: limits.enforced, how: limits.how },
    throttling: throttling.known ? throttling.value : null,
    restarts,
    lastExit: exit ?? null,
    since: new Date(since).toISOString(),
    reason: reason ?? null,
    unknown: [
      ...(memoryBytes.known ? [] : [`memory: ${memoryBytes.why}`]),
      ...(cpus.known ? [] : [`cpu: ${cpus.why}`]),
      ...(throttling.known ? [] : [`throttling: ${throttling.why}`]),
    ],
  }
}

/** The JSON form of a status; of nothing running when there is no report. */
export function statusData(report: StatusReport | undefined, now: number): StatusData {
  if (!report) return nothingRuns(now)
  const { stack, records, provider, backend, mismatches } = report
  const { spec, ports } = stack.launch
  const { levels, ...sums } = records.known ? records.value : { levels: null }
  return {
    running: true,
    at: new Date(report.at).toISOString(),
    runtime: stack.runtime,
    profile: spec.profile,
    launchedAt: new Date(stack.launchedAt).toISOString(),
    availability: stack.availability ? { ...stack.availability, target: AVAILABILITY_TARGET } : null,
    ports: { kafka: ports.kafka, backend: ports.backend, frontend: ports.frontend },
    services: stack.services.map(serviceStatus),
    records: records.known ? (sums as Omit<RecordSums, 'levels'>) : null,
    recordsWhy: records.known ? null : records.why,
    levels,
    mismatches: mismatches.map(({ partition, processed, counted }) => ({
      partition,
      processed,
      counted: counted ?? null,
    })),
    provider: provider.known
      ? {
          state: provider.value.state,
          read: provider.value.read,
          malformed: provider.value.malformed,
          recordsPerSecond: provider.value.recordsPerSecond,
        }
      : null,
    endToEnd: backend.known
      ? {
          p50Ms: backend.value.endToEnd.p50Ms,
          p99Ms: backend.value.endToEnd.p99Ms,
          targetMs: spec.workload.latencyTargetMs,
        }
      : null,
  }
}

function nothingRuns(now: number): StatusData {
  return {
    running: false,
    at: new Date(now).toISOString(),
    runtime: null,
    profile: null,
    launchedAt: null,
    availability: null,
    ports: null,
    services: [],
    records: null,
    recordsWhy: 'nothing runs',
    levels: null,
    mismatches: [],
    provider: null,
    endToEnd: null,
  }
}

import {
  type BackendSample,
  type ProcessSample,
  type ProviderSample,
  TOPICS,
  type WorkerSample,
} from '@radtune/core/contract'
import {
  type HostLoad,
  type KafkaSnapshot,
  known,
  mapReading,
  type Reading,
  type ServiceSnapshot,
  type Snapshot,
  unknown,
} from '@radtune/core/metrics'
import type { SettingValues } from '@radtune/core/settings'
import { isBackend, isProvider, isWorker } from './follow-service.ts'
import type { ProgressAnswer, SeenOfService } from './watch-services.ts'

export interface Seen {
  at: number
  services: readonly SeenOfService[]
  host: Reading<HostLoad>
  progress: Reading<ProgressAnswer>
  settings: { revision: number | null; values: Partial<SettingValues> }
}

const NOT_LOOKED = unknown('the backend does not look at it; radtune monitor does')

/** What the backend sees at one instant, in the form in which everything else about a stack is evaluated. */
export function drawSnapshot({ at, services, host, progress, settings }: Seen): Snapshot {
  const said = services.map((service) => service.said)
  const provider = said.find(isProvider)
  const backend = said.find(isBackend)
  return {
    schema: 'radtune.snapshot/1',
    at,
    stack: NOT_LOOKED,
    host,
    services: known(services.map(serviceSnapshot), at),
    kafka: kafkaSnapshot(progress),
    workers: said
      .filter(isWorker)
      .map(({ name, sample }) => ({ service: name, sample: withoutSettings<WorkerSample>(sample) })),
    provider: withoutSettings<ProviderSample>(provider?.sample ?? unknown('the plan has no provider')),
    backend: withoutSettings<BackendSample>(backend?.sample ?? unknown('the plan has no backend')),
    settings: known({ revision: settings.revision, values: settings.values, origins: {} }, at),
    events: [],
  }
}

function serviceSnapshot({ said, use, restarts }: SeenOfService): ServiceSnapshot {
  const { name, role, condition, reason, sample } = said
  const { cpus, memoryBytes, throttled, cpuLimit, memoryLimitBytes } = use
  return {
    name,
    role,
    condition,
    reason,
    pid: sample.known ? sample.value.pid : null,
    restarts,
    since: 0,
    exit: null,
    cpus,
    memoryBytes,
    throttling: mapReading(throttled, (recentShare) => ({
      periods: 0,
      throttledPeriods: 0,
      throttledMs: 0,
      recentShare,
    })),
    limits: {
      // 0 is no limit.
      cpus: cpuLimit ?? 0,
      memoryBytes: memoryLimitBytes ?? 0,
      enforced: cpuLimit !== null || !sample.known,
      how: 'as the service reads it',
    },
  }
}

function kafkaSnapshot(progress: Reading<ProgressAnswer>): KafkaSnapshot {
  return {
    topics: mapReading(progress, ({ partitions }) => [
      {
        topic: TOPICS.input,
        partitions: partitions.map(({ partition, low, end }) => ({ partition, low, end })),
      },
    ]),
    commits: mapReading(progress, ({ partitions }) =>
      partitions.map(({ partition, committed = null, counters = null }) => ({
        partition,
        committed,
        counters,
      })),
    ),
    group: NOT_LOOKED,
    sizes: NOT_LOOKED,
  }
}

function withoutSettings<Sample extends ProcessSample>(
  sample: Reading<Sample>,
): Reading<Omit<Sample, 'settings'>> {
  return mapReading(sample, ({ settings: _, ...rest }) => rest)
}

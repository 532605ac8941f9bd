import { OUTPUT_TOPICS, TOPICS } from '../contract/index.ts'
import {
  isLiveSetting,
  type SettingDefinition,
  type SettingKey,
  settingEnvironmentName,
  settings,
} from '../settings/index.ts'
import { MIB } from '../units/index.ts'
import { splitWorkerHeap } from './size-workers.ts'
import type { Role, ServiceSpec, StackSpec } from './stack-spec.ts'

/** One place where the value of a setting ends up, in the words of the thing that reads it. */
export interface Landing {
  in: 'compose' | 'process' | 'environment' | 'broker' | 'topics' | 'Kafka client' | 'settings topic'
  text: string
}

/** Where a setting of this plan lands: in compose, on a command line, in an environment, in the broker, its topics and clients. */
export function settingLandings(
  key: SettingKey,
  { spec, service }: { spec: StackSpec; service?: string | undefined },
): Landing[] {
  const resource = /^(kafka|worker|backend|provider|frontend)\.(memory|cpus|heap)$/.exec(key)
  if (resource !== null) {
    const concerned = spec.services.filter(
      ({ name, role }) => role === resource[1] && (service === undefined || name === service),
    )
    return concerned.flatMap((one) => resourceLandings(resource[2] as ResourceField, one))
  }
  if (key === 'worker.count') return countLandings(spec)
  return [
    ...(key === 'pipeline.parallelism' ? slotLandings(spec) : []),
    ...topicLandings(key, spec),
    ...environmentLandings(key, spec),
    ...clientLandings(key, spec),
    ...(isLiveSetting(key)
      ? [{ in: 'settings topic' as const, text: `record ${key} of ${TOPICS.settings}` }]
      : []),
  ]
}

type ResourceField = 'memory' | 'cpus' | 'heap'

function resourceLandings(field: ResourceField, service: ServiceSpec): Landing[] {
  switch (field) {
    case 'memory':
      return [
        compose(service, `deploy.resources.limits.memory: ${service.memoryBytes}`),
        {
          in: 'process',
          text: `${service.name}: memory.max (cgroup v2) or memory.limit_in_bytes (v1) = ${service.memoryBytes}`,
        },
      ]
    case 'cpus':
      return [
        compose(service, `deploy.resources.limits.cpus: ${service.cpus}`),
        {
          in: 'process',
          text: `${service.name}: cpu.max (cgroup v2) or cpu.cfs_quota_us (v1) = ${Math.round(service.cpus * 100_000)} of 100000, after the warm-up`,
        },
        ...(service.role === 'kafka'
          ? [flag(service, `-XX:ActiveProcessorCount=${Math.max(1, Math.ceil(service.cpus))}`)]
          : []),
      ]
    case 'heap':
      return heapLandings(service)
  }
}

function heapLandings(service: ServiceSpec): Landing[] {
  const { name, role, heapBytes = 0, slots = 0 } = service
  const inMiB = (bytes: number) => Math.max(1, Math.floor(bytes / MIB))
  if (role === 'kafka') {
    const flags = `-Xms${inMiB(heapBytes)}m -Xmx${inMiB(heapBytes)}m`
    return [compose(service, `environment.KAFKA_HEAP_OPTS: ${flags}`), flag(service, flags)]
  }
  const split = splitWorkerHeap(heapBytes, role === 'worker' ? Math.max(1, slots) : 0)
  return [
    flag(service, `--max-old-space-size=${inMiB(split.mainBytes)}`),
    ...(role === 'worker'
      ? [
          {
            in: 'environment' as const,
            text: `${name}: RADTUNE_SLOT_HEAP_BYTES=${split.slotBytes}, the heap of each slot`,
          },
        ]
      : []),
  ]
}

function countLandings({ services }: StackSpec): Landing[] {
  const workers = services.filter(({ role }) => role === 'worker').map(({ name }) => name)
  return [
    { in: 'compose', text: `services ${workers.join(', ')}` },
    { in: 'process', text: `a process for each of ${workers.join(', ')}` },
    { in: 'environment', text: `RADTUNE_WORKER_SHARE=1/${workers.length} and so on` },
  ]
}

function slotLandings({ services }: StackSpec): Landing[] {
  return services
    .filter(({ role }) => role === 'worker')
    .map(({ name, slots = 0 }) => ({ in: 'environment', text: `${name}: RADTUNE_SLOTS=${slots}` }))
}

/** Properties of the broker that hold for topics made by others, and configs of our own topics. */
const topicProperties: Partial<Record<SettingKey, { broker?: string; config?: string }>> = {
  'topics.radiation-data.partitions': { broker: 'num.partitions' },
  'topics.replicationFactor': { broker: 'default.replication.factor' },
  'topics.retention': { broker: 'log.retention.ms', config: 'retention.ms' },
  'topics.segmentBytes': { broker: 'log.segment.bytes', config: 'segment.bytes' },
  'topics.segmentTime': { config: 'segment.ms' },
  'topics.retentionBytes': { config: 'retention.bytes' },
}

function topicLandings(key: SettingKey, spec: StackSpec): Landing[] {
  const property = topicProperties[key]
  if (property === undefined) return []
  const { value } = spec.settings[key]
  const names = [TOPICS.input, ...OUTPUT_TOPICS].join(', ')
  const { broker, config } = property
  return [
    {
      in: 'topics',
      text: config === undefined ? `${names}: ${wordOf(key)} ${value}` : `${names}: ${config}=${value}`,
    },
    ...(broker === undefined ? [] : [{ in: 'broker' as const, text: `${broker}=${value}` }]),
  ]
}

function wordOf(key: SettingKey): string {
  return key === 'topics.replicationFactor' ? 'replication factor' : 'partitions'
}

function environmentLandings(key: SettingKey, spec: StackSpec): Landing[] {
  const { readers }: SettingDefinition = settings[key]
  const names = servicesOf(readers, spec)
  return names.length === 0
    ? []
    : [
        {
          in: 'environment',
          text: `${settingEnvironmentName(key)}=${spec.settings[key].value} of ${names.join(', ')}`,
        },
      ]
}

/** What the Kafka world calls the settings of clients. */
const clientProperties: Partial<Record<SettingKey, string>> = {
  'producer.main.batchBytes': 'batch.size',
  'producer.main.linger': 'linger.ms',
  'producer.main.compression': 'compression.type',
  'producer.dirty.batchBytes': 'batch.size',
  'producer.dirty.linger': 'linger.ms',
  'producer.dirty.compression': 'compression.type',
  'producer.bufferMemory': 'buffer.memory',
  'provider.producer.batchBytes': 'batch.size',
  'provider.producer.linger': 'linger.ms',
  'provider.producer.compression': 'compression.type',
  'provider.producer.bufferMemory': 'buffer.memory',
  'consumer.fetchMinBytes': 'fetch.min.bytes',
  'consumer.fetchMaxWait': 'fetch.max.wait.ms',
  'consumer.maxPartitionFetchBytes': 'max.partition.fetch.bytes',
  'consumer.sessionTimeout': 'session.timeout.ms',
}

function clientLandings(key: SettingKey, spec: StackSpec): Landing[] {
  const property = clientProperties[key]
  return property === undefined
    ? []
    : [{ in: 'Kafka client', text: `${property}=${spec.settings[key].value}` }]
}

function servicesOf(readers: SettingDefinition['readers'], { services }: StackSpec): string[] {
  return services
    .filter(({ role }) => role !== 'kafka' && (readers as readonly (Role | 'topics')[]).includes(role))
    .map(({ name }) => name)
}

function compose({ name }: ServiceSpec, text: string): Landing {
  return { in: 'compose', text: `services.${name}.${text}` }
}

function flag({ name }: ServiceSpec, text: string): Landing {
  return { in: 'process', text: `${name}: ${text}` }
}

import type { FoundConfig } from '@radtune/core/drift'
import { renderServerProperties } from '@radtune/core/render'
import type { StackSpec } from '@radtune/core/stack'

/** What Kafka would say of itself, to be altered. */
export interface MemoryKafka {
  topics: Map<string, { partitions: number; replicationFactor: number; configs: Map<string, FoundConfig> }>
  broker: Map<string, FoundConfig>
}

/** A Kafka that is just as a plan wants it, with what every Kafka has beside. */
export function plannedKafka(spec: StackSpec): MemoryKafka {
  const properties = renderServerProperties(spec, { kafka: 9092, controller: 9093 }, { dataDir: '/data' })
  const broker = properties
    .trim()
    .split('\n')
    .map((line): [string, FoundConfig] => {
      const equals = line.indexOf('=')
      return [line.slice(0, equals), { value: line.slice(equals + 1), origin: 'file' }]
    })
  const topics = spec.topics.map(({ name, partitions, replicationFactor, config }) => {
    const configs = Object.entries(config).map(([key, value]): [string, FoundConfig] => [
      key,
      { value, origin: 'topic' },
    ])
    return [name, { partitions, replicationFactor, configs: new Map([...configs, DEFAULT]) }] as const
  })
  return {
    topics: new Map([
      ...topics,
      ['__consumer_offsets', { partitions: 4, replicationFactor: 1, configs: new Map() }],
    ]),
    broker: new Map([
      ...broker,
      ['min.insync.replicas', { value: '1', origin: 'cluster' }],
      ['queued.max.requests', { value: '500', origin: 'default' }],
    ]),
  }
}

const DEFAULT: [string, FoundConfig] = ['max.message.bytes', { value: '1048588', origin: 'default' }]

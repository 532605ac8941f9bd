import type { Reading } from '../metrics/index.ts'
import { renderServerProperties } from '../render/index.ts'
import type { StackSpec } from '../stack/index.ts'
import { brokerFields } from './broker-fields.ts'
import type { ComparedSource } from './compare-fields.ts'
import { topicConfigField, topicFields } from './environment-fields.ts'
import { type Field, textField } from './field.ts'

/** A config as Kafka has it, and who said so. */
export interface FoundConfig {
  value: string
  origin: 'topic' | 'broker' | 'cluster' | 'file' | 'default'
}

/** What a broker says of itself and its topics. */
export interface FoundKafka {
  topics: ReadonlyMap<
    string,
    { partitions: number; replicationFactor: number; configs: ReadonlyMap<string, FoundConfig> }
  >
  broker: ReadonlyMap<string, FoundConfig>
}

const ORIGINS: Readonly<Record<FoundConfig['origin'], string>> = {
  topic: 'set on the topic',
  broker: 'set on the broker while it ran',
  cluster: 'set for all brokers while they ran',
  file: 'from the file that the broker started with',
  default: "Kafka's own default",
}

/** Where the broker listens and keeps its data is another in each runtime. */
const OWN_TO_RUNTIME = /listener|^controller\.quorum|^log\.dirs$|^process\.roles$/

/** What a plan wants of Kafka: its topics with their configs, and the numbers of its broker. */
export function wantedKafka(spec: StackSpec): Field[] {
  const properties = renderServerProperties(spec, { kafka: 1, controller: 2 }, { dataDir: '' })
  return [
    ...spec.topics.flatMap((topic) => [
      textField({ path: `topics.${topic.name}`, class: 'topic', service: `topics.${topic.name}` }, 'there'),
      ...topicFields(topic).map((field) => ({ ...field, service: `topics.${topic.name}` })),
    ]),
    ...properties
      .trim()
      .split('\n')
      .flatMap((line) => {
        const equals = line.indexOf('=')
        const property = line.slice(0, equals)
        return OWN_TO_RUNTIME.test(property)
          ? []
          : brokerFields(property, { path: `broker.${property}`, value: line.slice(equals + 1) })
      }),
  ]
}

/**
 * What Kafka says, as far as a plan has a word for it; beyond that, what somebody has set on a topic or on the running broker.
 * Topics of Kafka itself are left out.
 */
export function foundKafka({ topics, broker }: FoundKafka, wanted: readonly Field[]): Field[] {
  const known = new Set(wanted.map(({ path }) => path))
  const own = [...topics].filter(([name]) => !name.startsWith('__'))
  const isSaid = (path: string, origin: FoundConfig['origin'], by: readonly FoundConfig['origin'][]) =>
    known.has(path) || by.includes(origin)
  return [
    ...own.flatMap(([name, topic]) => {
      const service = `topics.${name}`
      const base = topicFields({ name, ...topic, config: {} })
      const configs = [...topic.configs]
        .filter(([config, { origin }]) => isSaid(`${service}.${config}`, origin, ['topic']))
        .map(([config, { value, origin }]) => ({
          ...topicConfigField(name, config, value),
          why: ORIGINS[origin],
        }))
      return [textField({ path: service, class: 'topic', service }, 'there'), ...base, ...configs].map(
        (field) => ({
          ...field,
          service,
        }),
      )
    }),
    ...[...broker]
      .filter(([property, { origin }]) => isSaid(`broker.${property}`, origin, ['broker', 'cluster']))
      .flatMap(([property, { value, origin }]) =>
        brokerFields(property, { path: `broker.${property}`, value }).map((field) => ({
          ...field,
          why: ORIGINS[origin],
        })),
      ),
  ]
}

/** The source that Kafka is. */
export function kafkaSource(spec: StackSpec, found: Reading<FoundKafka>): ComparedSource {
  const wanted = wantedKafka(spec)
  return {
    kind: 'kafka',
    name: 'Kafka',
    wanted,
    found: found.known
      ? { state: 'read', fields: foundKafka(found.value, wanted) }
      : { state: 'unchecked', why: found.why },
    noEffect: [],
  }
}

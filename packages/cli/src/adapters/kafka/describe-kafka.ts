import type { FoundConfig, FoundKafka } from '@radtune/core/drift'
import type { Kafka } from 'kafkajs'

/** As Kafka numbers what a config belongs to. */
const RESOURCE = { topic: 2, broker: 4 } as const

/** As Kafka numbers where a config comes from. */
const ORIGINS: Readonly<Record<number, FoundConfig['origin']>> = {
  1: 'topic',
  2: 'broker',
  3: 'cluster',
  4: 'file',
  5: 'default',
}

/** Asks the first broker for all topics, their configs and its own, in three requests. */
export async function describeKafka(kafka: Kafka): Promise<FoundKafka> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    const [{ topics }, { brokers }] = await Promise.all([admin.fetchTopicMetadata(), admin.describeCluster()])
    const names = topics.map(({ name }) => name).filter((name) => !name.startsWith('__'))
    const broker = String(brokers[0]?.nodeId ?? '')
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [
        { type: RESOURCE.broker, name: broker },
        ...names.map((name) => ({ type: RESOURCE.topic, name })),
      ],
    })
    const configsOf = (type: number, name: string) =>
      new Map(
        resources
          .filter((one) => one.resourceType === type && one.resourceName === name)
          .flatMap(({ configEntries }) => configEntries)
          // Null is a config that is not set, or one that is kept secret.
          .filter(({ configValue }) => configValue !== null)
          .map(({ configName, configValue, configSource }) => [
            configName,
            { value: configValue, origin: ORIGINS[configSource] ?? 'default' },
          ]),
      )
    return {
      topics: new Map(
        topics
          .filter(({ name }) => names.includes(name))
          .map(({ name, partitions }) => [
            name,
            {
              partitions: partitions.length,
              replicationFactor: partitions[0]?.replicas.length ?? 0,
              configs: configsOf(RESOURCE.topic, name),
            },
          ]),
      ),
      broker: configsOf(RESOURCE.broker, broker),
    }
  } finally {
    await admin.disconnect()
  }
}

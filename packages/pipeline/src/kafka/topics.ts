import { RadtuneError } from '@radtune/core/errors'
import type { TopicSpec } from '@radtune/core/stack'
import kafkajs, { type Admin } from 'kafkajs'
import type { ClientOptions } from './driver.ts'
import { createKafkajs } from './kafkajs-client.ts'
import { withPlatformaticAdmin } from './platformatic-admin.ts'

/** What became of one topic. */
export interface TopicOutcome {
  name: string
  outcome: 'created' | 'already so' | 'settings changed'
  /** Settings that were changed, as `name: from → to`. */
  changes: string[]
}

const CONFIG_RESOURCE_TOPIC = 2

/**
 * Makes the topics what the plan says, as often as it is called. Creates what is missing and changes settings; never
 * shrinks, grows or recreates a topic: another partition count would tear keys and duplicates apart, so that is RT-KAFKA-001.
 */
export async function ensureTopics(
  options: ClientOptions,
  topics: readonly TopicSpec[],
): Promise<TopicOutcome[]> {
  const admin = createKafkajs(options).admin({
    retry: { retries: 60, initialRetryTime: 200, maxRetryTime: 1000 },
  })
  await admin.connect()
  try {
    const existing = await existingPartitions(admin)
    const mismatches = topics.filter(
      ({ name, partitions }) => (existing.get(name) ?? partitions) !== partitions,
    )
    if (mismatches.length > 0) throw partitionMismatch(mismatches, existing)
    const missing = topics.filter(({ name }) => !existing.has(name))
    if (missing.length > 0) await createTopics(admin, missing)
    const outcomes: TopicOutcome[] = missing.map(({ name }) => ({ name, outcome: 'created', changes: [] }))
    for (const topic of topics.filter(({ name }) => existing.has(name))) {
      const changes = await alignConfig(admin, options, topic)
      outcomes.push({
        name: topic.name,
        outcome: changes.length > 0 ? 'settings changed' : 'already so',
        changes,
      })
    }
    return outcomes
  } finally {
    await admin.disconnect()
  }
}

/**
 * Resolves once the broker coordinates the given groups. The first question makes it create its own topic of offsets; members
 * that ask before that is done are told to try again later, and lose seconds by it.
 */
export async function awaitCoordinator(options: ClientOptions, groupIds: readonly string[]): Promise<void> {
  const admin = createKafkajs({ ...options, log: () => undefined }).admin({
    retry: { retries: 100, initialRetryTime: 50, maxRetryTime: 100 },
  })
  await admin.connect()
  try {
    await admin.describeGroups([...groupIds])
  } finally {
    await admin.disconnect()
  }
}

/** Drops a topic with its records; nothing happens when there is none. */
export async function deleteTopic(options: ClientOptions, name: string): Promise<void> {
  const admin = createKafkajs(options).admin({ retry: { retries: 3, initialRetryTime: 200 } })
  await admin.connect()
  try {
    if ((await existingPartitions(admin)).has(name)) await admin.deleteTopics({ topics: [name] })
  } finally {
    await admin.disconnect()
  }
}

async function existingPartitions(admin: Admin): Promise<Map<string, number>> {
  const { topics } = await admin.fetchTopicMetadata()
  return new Map(topics.map(({ name, partitions }) => [name, partitions.length]))
}

function partitionMismatch(
  mismatches: readonly TopicSpec[],
  existing: ReadonlyMap<string, number>,
): RadtuneError {
  const list = mismatches.map(
    ({ name, partitions }) => `${name} has ${existing.get(name)} partitions, the plan wants ${partitions}`,
  )
  return new RadtuneError('RT-KAFKA-001', { what: list.join('; ') })
}

async function createTopics(admin: Admin, topics: readonly TopicSpec[]): Promise<void> {
  const request = {
    waitForLeaders: true,
    topics: topics.map(({ name, partitions, replicationFactor, config }) => ({
      topic: name,
      numPartitions: partitions,
      replicationFactor,
      configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
    })),
  }
  try {
    await admin.createTopics(request)
  } catch (error) {
    // Right after the broker's start the wait for leaders may fail although the topics were made.
    if (!(error instanceof kafkajs.KafkaJSError) || !error.retriable) throw error
    const existing = await existingPartitions(admin)
    const missing = topics.filter(({ name }) => !existing.has(name))
    if (missing.length > 0) await createTopics(admin, missing)
  }
}

async function alignConfig(admin: Admin, options: ClientOptions, topic: TopicSpec): Promise<string[]> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: CONFIG_RESOURCE_TOPIC, name: topic.name, configNames: Object.keys(topic.config) }],
  })
  const found = new Map(
    resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]),
  )
  const differing = Object.entries(topic.config).filter(([name, value]) => found.get(name) !== value)
  if (differing.length === 0) return []
  // kafkajs's alterConfigs replaces all dynamic settings of a topic; the incremental call changes only these.
  await withPlatformaticAdmin(options, (incremental) =>
    incremental.incrementalAlterConfigs({
      resources: [
        {
          resourceType: CONFIG_RESOURCE_TOPIC,
          resourceName: topic.name,
          configs: differing.map(([name, value]) => ({ name, value, configOperation: 0 })),
        },
      ],
    }),
  )
  return differing.map(([name, value]) => `${name}: ${found.get(name) ?? 'unset'} → ${value}`)
}

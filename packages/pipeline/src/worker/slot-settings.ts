import { OUTPUT_TOPICS, TOPICS } from '@radtune/core/contract'
import { readSettings, type SettingKey } from '@radtune/core/settings'
import type { FetchLimits, LaneOptions } from '../kafka/index.ts'
import { RULE_SETTINGS } from '../stages/index.ts'

const keys = [
  'pipeline.duplicateWindow',
  'pipeline.commitInterval',
  'pipeline.delivery',
  'pipeline.driver',
  'producer.main.batchBytes',
  'producer.main.linger',
  'producer.main.compression',
  'producer.dirty.batchBytes',
  'producer.dirty.linger',
  'producer.dirty.compression',
  'producer.bufferMemory',
  'consumer.fetchMinBytes',
  'consumer.fetchMaxWait',
  'consumer.maxPartitionFetchBytes',
  'consumer.sessionTimeout',
  ...RULE_SETTINGS,
] as const satisfies readonly SettingKey[]

/** The settings that a slot runs by, from its process's environment. */
export type SlotSettings = ReturnType<typeof readSlotSettings>

export function readSlotSettings(environment: Readonly<Record<string, string | undefined>>) {
  return readSettings(environment, keys)
}

/**
 * What bounds a fetch of the input. The main outputs' linger is waited here: records that gather at the broker come in one fetch and
 * leave in one request. Waited after the fetch, each would cost both, and the same time.
 */
export function fetchLimitsOf(settings: SlotSettings): FetchLimits {
  return {
    fetchMinBytes: settings['consumer.fetchMinBytes'],
    fetchMaxWaitMs: settings['consumer.fetchMaxWait'],
    maxPartitionFetchBytes: settings['consumer.maxPartitionFetchBytes'],
    gatherMs: settings['producer.main.linger'],
  }
}

/** Producer settings by output topic. */
export function lanesOf(settings: SlotSettings): Record<string, LaneOptions> {
  const main: LaneOptions = {
    batchBytes: settings['producer.main.batchBytes'],
    // What one fetch brought leaves together: the linger was waited before it.
    lingerMs: 0,
    compression: settings['producer.main.compression'],
  }
  const dirty: LaneOptions = {
    batchBytes: settings['producer.dirty.batchBytes'],
    lingerMs: settings['producer.dirty.linger'],
    compression: settings['producer.dirty.compression'],
  }
  return Object.fromEntries(OUTPUT_TOPICS.map((topic) => [topic, topic === TOPICS.dirty ? dirty : main]))
}

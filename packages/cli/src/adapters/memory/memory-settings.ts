import type { SettingsReport } from '@radtune/core/contract'
import { RadtuneError } from '@radtune/core/errors'
import {
  liveSettingsOf,
  liveValuesOf,
  projectSettings,
  type SettingKey,
  SettingsView,
  type SettingWrite,
  type TopicRecord,
} from '@radtune/core/settings'
import type { Launch } from '../../ports/runtime.ts'
import type { SettingsTopic } from '../../ports/settings-topic.ts'

/** The settings topic of a memory world, and how its services follow it; tests change it as they go. */
export interface MemorySettings {
  records: TopicRecord[]
  /** Services that do not take up what is written. */
  deaf: Set<string>
  /** Where deaf services stopped listening. */
  heardUpTo: number
  /** Kafka does not answer. */
  down: boolean
}

export function createMemorySettings(): MemorySettings {
  return { records: [], deaf: new Set(), heardUpTo: 0, down: false }
}

/** `onWritten` hears each record that is appended. */
export function createMemorySettingsTopic(
  settings: MemorySettings,
  onWritten: (record: SettingWrite) => void = () => undefined,
): SettingsTopic {
  const answer = () => {
    if (settings.down) throw new RadtuneError('RT-SET-005', { what: 'radtune.settings cannot be read' })
  }
  return {
    async read() {
      answer()
      return { values: valuesOf(settings.records), end: settings.records.length }
    },
    async write(records) {
      answer()
      append(settings, records)
      for (const record of records) onWritten(record)
      return settings.records.length - 1
    },
    async close() {},
  }
}

/** As the one-shot `topics` does before the services start. */
export function publishInMemory(settings: MemorySettings, launch: Launch, at: number): void {
  const found = new Map([...valuesOf(settings.records)].map(([key, { value }]) => [key, value]))
  append(settings, projectSettings(liveValuesOf(launch.spec.settings), { found, by: 'radtune up', at }))
}

/** What a service reports that was started with the launch's values and follows the topic. */
export function reportInMemory(settings: MemorySettings, launch: Launch, name: string): SettingsReport {
  const role = launch.spec.services.find((service) => service.name === name)?.role
  const values = liveValuesOf(launch.spec.settings)
  const start = Object.fromEntries((role ? liveSettingsOf(role) : []).map((key) => [key, values[key]]))
  const view = new SettingsView(start as Record<SettingKey, never>)
  const heard = settings.deaf.has(name) ? settings.records.slice(0, settings.heardUpTo) : settings.records
  view.take(heard)
  return {
    revision: heard.length === 0 ? null : heard.length - 1,
    applied: { ...view.values },
    rejected: [...view.rejected],
    problem: null,
  }
}

function append(settings: MemorySettings, records: readonly SettingWrite[]): void {
  for (const record of records) settings.records.push({ offset: settings.records.length, ...record })
}

function valuesOf(records: readonly TopicRecord[]): Map<string, { value: string; offset: number }> {
  const values = new Map<string, { value: string; offset: number }>()
  for (const { key, value, offset } of records) {
    if (value === null) values.delete(key ?? '')
    else values.set(key ?? '', { value, offset })
  }
  return values
}

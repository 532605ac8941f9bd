import { z } from 'zod'
import { isSettingKey } from './key.ts'
import { isLiveSetting } from './live-settings.ts'
import { parseSetting } from './read.ts'
import type { SettingKey, SettingValues } from './table.ts'

/** A record of the settings topic as it was read: key and value as text, null where Kafka has none. */
export interface TopicRecord {
  offset: number
  key: string | null
  /** Null takes the setting back: what a service was started with holds again. */
  value: string | null
}

/** What a record of the settings topic says: a value for a live setting (undefined takes it back), or why it is ignored. */
export type ReadSettingRecord =
  | { ok: true; key: SettingKey; value: SettingValues[SettingKey] | undefined; by: string; at: number }
  | { ok: false; key: string; why: string }

const valueSchema = z.object({
  value: z.union([z.string(), z.number()]),
  by: z.string().max(100),
  at: z.number(),
})

const MAX_SHOWN = 60

/** The value of a record of the settings topic: what a setting is, who said so, and when (wall-clock milliseconds). */
export function settingRecordValue(record: { value: string | number; by: string; at: number }): string {
  return JSON.stringify({ value: record.value, by: record.by, at: record.at })
}

/** Reads a record of the settings topic against the table. Never throws: anybody may write to a topic. */
export function readSettingRecord({ key, value }: Omit<TopicRecord, 'offset'>): ReadSettingRecord {
  const shown = (key ?? 'no key').slice(0, MAX_SHOWN)
  if (key === null || !isSettingKey(key)) return { ok: false, key: shown, why: 'there is no such setting' }
  if (!isLiveSetting(key)) return { ok: false, key, why: 'it does not change while the pipeline runs' }
  if (value === null) return { ok: true, key, value: undefined, by: '', at: 0 }
  const record = readJson(value)
  if (!record.success)
    return { ok: false, key, why: 'the value is not JSON of the form {"value", "by", "at"}' }
  const parsed = parseSetting(key, record.data.value)
  if (!parsed.ok) return { ok: false, key, why: parsed.problem }
  return { ok: true, key, value: parsed.value, by: record.data.by, at: record.data.at }
}

function readJson(text: string) {
  try {
    return valueSchema.safeParse(JSON.parse(text))
  } catch {
    return { success: false } as const
  }
}

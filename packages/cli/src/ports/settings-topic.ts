import type { SettingWrite } from '@radtune/core/settings'

/** What the settings topic says: the newest value of each key as text, with its offset. */
export interface SettingsTopicContent {
  values: ReadonlyMap<string, { value: string; offset: number }>
  /** The offset of the next record. */
  end: number
}

/** The topic over which live settings reach the services. */
export interface SettingsTopic {
  /** Reads it to its end. Throws when Kafka does not answer or there is no such topic. */
  read(): Promise<SettingsTopicContent>
  /** Appends records in one batch and returns the offset of the last. */
  write(records: readonly SettingWrite[]): Promise<number>
  close(): Promise<void>
}

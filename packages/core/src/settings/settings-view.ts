import { contradictionOf, settingsTogetherWith } from './live-settings.ts'
import { readSettingRecord, type TopicRecord } from './setting-record.ts'
import type { SettingKey, SettingValues } from './table.ts'

/** A record of the settings topic that a service does not apply, and why. */
export interface RejectedSetting {
  key: string
  why: string
  offset: number
}

/** Rejected records that are kept for reports. */
const MOST_REJECTED = 20

/**
 * The settings in force for one service: what it was started with, and over it what the settings topic says. Records are
 * taken in batches, as they were written together; a value that would contradict others is rejected after the batch.
 */
export class SettingsView<Key extends SettingKey> {
  readonly #start: Readonly<Pick<SettingValues, Key>>
  readonly #keys: ReadonlySet<string>
  readonly #said = new Map<SettingKey, { value: SettingValues[SettingKey]; offset: number }>()
  /** The newest valid record of any setting, whether this service reads it or not. */
  readonly #newest = new Map<SettingKey, { value: SettingValues[SettingKey]; at: number }>()
  #values: Pick<SettingValues, Key>
  #rejected: RejectedSetting[] = []

  constructor(start: Readonly<Pick<SettingValues, Key>>) {
    this.#start = start
    this.#keys = new Set(Object.keys(start))
    this.#values = { ...start }
  }

  get values(): Readonly<Pick<SettingValues, Key>> {
    return this.#values
  }

  /** The newest last, one for each key. */
  get rejected(): readonly RejectedSetting[] {
    return this.#rejected
  }

  /** When the newest valid record of any setting was said, wall-clock milliseconds; undefined when there is none. */
  saidAt(key: SettingKey): number | undefined {
    return this.#newest.get(key)?.at
  }

  /** The newest valid value of each setting that the topic says, and for those of this service what is in force here. */
  get known(): Partial<SettingValues> {
    const said = [...this.#newest].map(([key, { value }]) => [key, value] as const)
    return { ...Object.fromEntries(said), ...this.#values }
  }

  /** Takes records in the order of their offsets; returns the keys of this service whose values changed. */
  take(records: readonly TopicRecord[]): Key[] {
    const before = this.#values
    const earlier = new Map(this.#said)
    for (const record of records) this.#take(record)
    this.#values = this.#merged()
    if (contradictionOf(this.#values) !== undefined) this.#takeBack(earlier)
    return [...this.#keys].filter((key) => this.#values[key as Key] !== before[key as Key]) as Key[]
  }

  /** A service could not apply a value after all: the one before it holds. */
  reject(key: Key, { why, value }: { why: string; value: SettingValues[Key] }): void {
    this.#remember({ key, why, offset: this.#said.get(key)?.offset ?? -1 })
    this.#said.set(key, { value, offset: this.#said.get(key)?.offset ?? -1 })
    this.#values = this.#merged()
  }

  /** Forgets what the topic said, as when it was made anew. */
  forget(): void {
    this.#said.clear()
    this.#newest.clear()
    this.#rejected = []
    this.#values = { ...this.#start }
  }

  #take(record: TopicRecord): void {
    const read = readSettingRecord(record)
    if (!read.ok && record.value === null) {
      // Taking out what nobody can apply is how it goes away.
      this.#rejected = this.#rejected.filter(({ key }) => key !== read.key)
      return
    }
    if (!read.ok) {
      this.#remember({ key: read.key, why: read.why, offset: record.offset })
      return
    }
    if (read.value === undefined) this.#newest.delete(read.key)
    else this.#newest.set(read.key, { value: read.value, at: read.at })
    if (!this.#keys.has(read.key)) return
    this.#rejected = this.#rejected.filter(({ key }) => key !== read.key)
    if (read.value === undefined) this.#said.delete(read.key)
    else this.#said.set(read.key, { value: read.value, offset: record.offset })
  }

  /** The keys that contradict each other go back to what they were before the batch. */
  #takeBack(earlier: ReadonlyMap<SettingKey, { value: SettingValues[SettingKey]; offset: number }>): void {
    const why = `${contradictionOf(this.#values)}; what was in force before holds`
    for (const key of settingsTogetherWith('thresholds.moderate')) {
      const said = this.#said.get(key)
      const old = earlier.get(key)
      if (said?.offset === old?.offset) continue
      this.#remember({ key, why, offset: said?.offset ?? -1 })
      if (old) this.#said.set(key, old)
      else this.#said.delete(key)
    }
    this.#values = this.#merged()
  }

  #merged(): Pick<SettingValues, Key> {
    const merged: Record<string, unknown> = { ...this.#start }
    for (const [key, { value }] of this.#said) merged[key] = value
    return merged as Pick<SettingValues, Key>
  }

  #remember(rejected: RejectedSetting): void {
    this.#rejected = [...this.#rejected.filter(({ key }) => key !== rejected.key), rejected].slice(
      -MOST_REJECTED,
    )
  }
}

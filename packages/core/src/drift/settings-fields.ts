import { type SettingsReport, WRITTEN_BY_PAGE } from '../contract/index.ts'
import type { Reading } from '../metrics/index.ts'
import {
  isSettingKey,
  liveSettingsOf,
  liveValuesOf,
  parseSetting,
  readSettingRecord,
  type SettingKey,
  type SettingReader,
} from '../settings/index.ts'
import type { ServiceSpec, StackSpec } from '../stack/index.ts'
import type { ComparedSource } from './compare-fields.ts'
import { type Field, type FieldOf, settingField, textField } from './field.ts'

/** What the settings topic says: the newest value of each key as text, and the offset of the next record. */
export interface FoundSettings {
  values: ReadonlyMap<string, { value: string; offset: number }>
  end: number
}

/** The settings topic against the plan that it is made to say. */
export function topicSource(spec: StackSpec, found: Reading<FoundSettings>): ComparedSource {
  const values = liveValuesOf(spec.settings)
  const wanted = Object.entries(values).map(([key, value]) =>
    settingField(fieldOf(`settings.${key}`), key as SettingKey, value),
  )
  return {
    kind: 'settings',
    name: 'settings topic',
    wanted,
    found: found.known
      ? { state: 'read', fields: [...found.value.values].map(([key, { value }]) => recordField(key, value)) }
      : { state: 'unchecked', why: found.why },
    noEffect: [],
  }
}

function recordField(key: string, value: string): Field {
  const field = fieldOf(`settings.${key}`)
  const record = readSettingRecord({ key, value })
  return record.ok && record.value !== undefined
    ? { ...settingField(field, record.key, record.value), why: whoSet(record.by) }
    : { ...textField(field, value), why: record.ok ? undefined : `no service takes it: ${record.why}` }
}

/** What the page has set, the next launch keeps. */
function whoSet(by: string): string {
  return by === WRITTEN_BY_PAGE
    ? `set by ${by}; radtune up takes it over into the overlay, radtune set KEY= back`
    : `set by ${by}`
}

/**
 * What a service runs by, against what the topic says, or against the plan where the topic cannot be read: what somebody
 * has written to the topic is a difference of the topic alone, and what a service did not take is one of the service.
 */
export function serviceSettingsSource(
  service: ServiceSpec,
  {
    spec,
    topic,
    report,
  }: { spec: StackSpec; topic: Reading<FoundSettings>; report: Reading<SettingsReport> },
): ComparedSource | undefined {
  const live = liveSettingsOf(service.role as SettingReader)
  if (live.length === 0) return undefined
  // What does not change while it runs is compared with the plan alone, where the service tells it.
  const told = report.known ? Object.keys(report.value.applied).filter(isSettingKey) : []
  const keys = [...live, ...told.filter((key) => !live.includes(key))]
  const of = (name: string) => ({ ...fieldOf(`${service.name}.settings.${name}`), service: service.name })
  const newest = topic.known ? topic.value.end - 1 : undefined
  const wanted = [
    ...keys.map((key) =>
      settingField(
        of(key),
        key,
        (topic.known ? said(topic.value, key) : undefined) ?? spec.settings[key].value,
      ),
    ),
    ...(newest === undefined ? [] : [textField(of('revision'), String(newest))]),
  ]
  const source = {
    kind: 'settings',
    name: `settings that ${service.name} runs by`,
    wanted,
    noEffect: [],
  } as const
  if (!report.known) return { ...source, found: { state: 'unchecked', why: report.why } }
  const { revision, applied, problem } = report.value
  const behind = newest !== undefined && (revision ?? -1) < newest
  const fields = [
    ...Object.entries(applied).flatMap(([key, raw]) => {
      const parsed = isSettingKey(key) ? parseSetting(key, raw) : undefined
      return isSettingKey(key) && parsed?.ok ? [settingField(of(key), key, parsed.value)] : []
    }),
    ...(newest === undefined
      ? []
      : [
          {
            ...textField(of('revision'), behind ? String(revision ?? 'none') : String(newest)),
            why: behind ? (problem ?? 'what was written later is not applied') : undefined,
          },
        ]),
  ]
  return { ...source, found: { state: 'read', fields } }
}

function said({ values }: FoundSettings, key: SettingKey): string | number | undefined {
  const found = values.get(key)
  const record = found && readSettingRecord({ key, value: found.value })
  return record?.ok ? record.value : undefined
}

function fieldOf(path: string): FieldOf {
  return { path, class: 'setting' }
}

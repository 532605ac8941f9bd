import type { Place } from '../compose-file/index.ts'
import { ENVIRONMENT } from '../contract/index.ts'
import {
  isSettingKey,
  parseSetting,
  type SettingDefinition,
  type SettingKey,
  settingEnvironmentName,
  settings,
} from '../settings/index.ts'
import type { TopicSpec } from '../stack/index.ts'
import { brokerFields, propertyOf } from './broker-fields.ts'
import { type Field, setField, settingField, textField } from './field.ts'
import { flagFields } from './flag-fields.ts'

export interface Variable {
  service: string
  name: string
  value: string
  at: Place | undefined
}

const settingOf: ReadonlyMap<string, SettingKey> = new Map(
  (Object.keys(settings) as SettingKey[]).map((key) => [settingEnvironmentName(key), key]),
)

/** The setting that a variable gives to a service of the pipeline. */
export function settingOfVariable(name: string): SettingKey | undefined {
  return settingOf.get(name)
}

/** One variable as what it says: settings, properties of the broker, flags and topics each in their own words. */
export function variableFields(variable: Variable): Field[] {
  const { service, name, value, at } = variable
  const field = { path: `${service}.environment.${name}`, class: 'environment', service, at } as const
  const key = settingOf.get(name)
  if (key !== undefined) return [settingVariable(variable, key)]
  const property = propertyOf(name)
  if (property !== undefined) return brokerFields(property, { ...variable, path: `${service}.${property}` })
  switch (name) {
    case ENVIRONMENT.topics:
      return topicVariable(variable) ?? [textField(field, value)]
    case ENVIRONMENT.settings:
      return settingsVariable(variable) ?? [textField(field, value)]
    case ENVIRONMENT.allowedHosts:
    case ENVIRONMENT.allowedOrigins:
      return [
        setField(
          field,
          value.split(',').map((item) => item.trim()),
        ),
      ]
    case ENVIRONMENT.token:
      // Whether there is one is all that a report may say.
      return [textField(field, value === '' ? '' : '(a token, not shown)')]
    case 'KAFKA_HEAP_OPTS':
    case 'KAFKA_JVM_PERFORMANCE_OPTS':
    case 'KAFKA_OPTS':
    case 'JAVA_TOOL_OPTIONS':
    case 'NODE_OPTIONS':
      return flagFields(value.split(/\s+/), { ...field, heap: `${service}.heap` })
    default:
      return [textField(field, value)]
  }
}

/** A service that is not given a setting takes the default of the table. */
function settingVariable({ service, name, value, at }: Variable, key: SettingKey): Field {
  const definition: SettingDefinition = settings[key]
  const field = {
    path: `${service}.environment.${name}`,
    class: 'setting',
    service,
    at,
    fallback: definition.default === undefined ? undefined : String(definition.default),
  } as const
  const parsed = parseSetting(key, value)
  return parsed.ok
    ? settingField(field, key, parsed.value)
    : { ...textField(field, value), why: parsed.problem }
}

function settingsVariable({ service, value, at }: Variable): Field[] | undefined {
  const said = readJson(value)
  if (typeof said !== 'object' || said === null || Array.isArray(said)) return undefined
  return Object.entries(said).map(([key, raw]) => {
    const field = { path: `settings.${key}`, class: 'setting', service, at } as const
    const parsed = isSettingKey(key) ? parseSetting(key, raw) : undefined
    return isSettingKey(key) && parsed?.ok
      ? settingField(field, key, parsed.value)
      : textField(field, String(raw))
  })
}

function topicVariable({ service, value, at }: Variable): Field[] | undefined {
  const said = readJson(value)
  return Array.isArray(said) && said.every(isTopic)
    ? said.flatMap((topic) => topicFields(topic).map((field) => ({ ...field, service, at })))
    : undefined
}

function isTopic(value: unknown): value is TopicSpec {
  const topic = value as Partial<TopicSpec> | null
  return typeof topic?.name === 'string' && typeof topic.config === 'object'
}

/** A topic as fields: partitions, copies, and its configs. */
export function topicFields({ name, partitions, replicationFactor, config }: TopicSpec): Field[] {
  const of = (what: string) => ({ path: `topics.${name}.${what}`, class: 'topic' }) as const
  return [
    textField(
      { ...of('partitions'), accept: acceptable('topics.radiation-data.partitions', name, partitions) },
      String(partitions),
    ),
    textField(
      { ...of('replicationFactor'), accept: acceptable('topics.replicationFactor', name, replicationFactor) },
      String(replicationFactor),
    ),
    ...Object.entries(config).map(([key, value]) => topicConfigField(name, key, value)),
  ]
}

const topicSettings: Readonly<Record<string, SettingKey>> = {
  'retention.ms': 'topics.retention',
  'retention.bytes': 'topics.retentionBytes',
  'segment.bytes': 'topics.segmentBytes',
  'segment.ms': 'topics.segmentTime',
}

/** One config of a topic; numbers of the settings table are printed with their unit. */
export function topicConfigField(topic: string, config: string, value: string): Field {
  const field = { path: `topics.${topic}.${config}`, class: 'topic' } as const
  const key = topicSettings[config]
  const parsed = key === undefined ? undefined : parseSetting(key, value)
  if (key === undefined || !parsed?.ok) return textField(field, value.trim())
  const shown = settingField(field, key, parsed.value)
  return { ...shown, accept: isPlanned(topic) ? shown.accept : undefined }
}

function acceptable(name: SettingKey, topic: string, value: number): Field['accept'] {
  return isPlanned(topic) ? { name, value } : undefined
}

/** The topics that carry readings are as the settings say; the two others are as radtune needs them. */
function isPlanned(topic: string): boolean {
  return topic.endsWith('-data')
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

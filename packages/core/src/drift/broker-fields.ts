import { parseSetting, type SettingKey } from '../settings/index.ts'
import { brokerDefaults } from './broker-defaults.ts'
import { type Field, type FieldOf, normaliseScalar, setField, settingField, textField } from './field.ts'

/** Variables of the image of Kafka that are no property of the broker. */
const imageVariables = new Set([
  'KAFKA_HEAP_OPTS',
  'KAFKA_JVM_PERFORMANCE_OPTS',
  'KAFKA_OPTS',
  'KAFKA_LOG4J_OPTS',
  'KAFKA_LOG4J_ROOT_LOGLEVEL',
  'KAFKA_LOG4J_LOGGERS',
  'KAFKA_TOOLS_LOG4J_LOGLEVEL',
  'KAFKA_JMX_OPTS',
  'KAFKA_JMX_PORT',
  'KAFKA_JMX_HOSTNAME',
  'KAFKA_GC_LOG_OPTS',
  'KAFKA_CLUSTER_ID',
  'KAFKA_BOOTSTRAP_SERVERS',
])

/** The property that a variable sets in Apache's image: `KAFKA_LOG_RETENTION_MS` → `log.retention.ms`; `___` is a dash, `__` an underscore. */
export function propertyOf(variable: string): string | undefined {
  if (!variable.startsWith('KAFKA_') || imageVariables.has(variable)) return undefined
  return variable
    .slice('KAFKA_'.length)
    .toLowerCase()
    .replaceAll('___', '-')
    .replaceAll('__', '\u0000')
    .replaceAll('_', '.')
    .replaceAll('\u0000', '_')
}

/** Properties whose values are the settings of the plan. */
export const brokerSettings: Readonly<Record<string, SettingKey>> = {
  'num.partitions': 'topics.radiation-data.partitions',
  'default.replication.factor': 'topics.replicationFactor',
  'log.retention.ms': 'topics.retention',
  'log.segment.bytes': 'topics.segmentBytes',
}

/** One property of the broker: numbers as numbers, lists as sets, the default of this Kafka where nothing is written. */
export function brokerFields(
  property: string,
  { value, ...of }: Omit<FieldOf, 'class'> & { value: string },
): Field[] {
  const fallback = brokerDefaults[property]
  const field: FieldOf = { class: 'broker', path: of.path, service: of.service, at: of.at }
  const key = brokerSettings[property]
  const parsed = key === undefined ? undefined : parseSetting(key, value)
  if (key !== undefined && parsed?.ok)
    return [settingField({ ...field, fallback: fallback ?? undefined }, key, parsed.value)]
  if (value.includes(','))
    return [
      setField(
        field,
        value.split(',').map((item) => item.trim()),
      ),
    ]
  const canonical = normaliseScalar(value)
  return [{ ...textField(field, canonical), fallback: fallback ?? undefined }]
}

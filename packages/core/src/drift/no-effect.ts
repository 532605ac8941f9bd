import type { ComposeProject, ComposeService, Place } from '../compose-file/index.ts'
import { ENVIRONMENT } from '../contract/index.ts'
import { findForeign, foreignLedger, recogniseRole } from '../foreign/index.ts'
import {
  nearest,
  type SettingDefinition,
  type SettingKey,
  settingEnvironmentName,
  settings,
} from '../settings/index.ts'
import type { Machine, Role } from '../stack/index.ts'
import { brokerDefaults } from './broker-defaults.ts'
import { propertyOf } from './broker-fields.ts'
import type { DriftClass } from './drift.ts'
import { settingOfVariable, variableFields } from './environment-fields.ts'
import type { Field } from './field.ts'
import { readHeapFlag } from './flag-fields.ts'

export type IdleField = Field & { why: string }

/** Findings about foreign files that say of a field that it does nothing, and the class of that field. */
const idleFindings: Readonly<Record<string, DriftClass>> = {
  'health-check-cannot-fail': 'health-check',
  'flink-key-removed': 'environment',
  'build-variable-at-run-time': 'environment',
  'swarm-only': 'container',
  'variable-unread': 'environment',
}

/**
 * Fields of compose files that are set and do nothing: variables that their image does not know or their service does not read,
 * values that a later one replaces, checks that cannot fail. `ownImage` is that of the pipeline.
 */
export function findNoEffect(
  project: ComposeProject,
  { machine, ownImage }: { machine: Machine; ownImage: string },
): IdleField[] {
  const isOwn = (service: ComposeService) => service.image?.value.startsWith(`${ownImage}:`) ?? false
  return [
    ...project.services.flatMap((service) => [
      ...(isOwn(service) ? unreadVariables(service) : []),
      ...unknownProperties(service),
      ...overriddenRetention(service),
      ...overriddenHeaps(service),
      ...[...service.overridden].map(([name, { value, at }]) =>
        idle(`${service.name}.environment.${name}`, {
          service: service.name,
          class: 'environment',
          text: value,
          at,
          why: `environment gives ${name} another value, which wins over that of the file`,
        }),
      ),
    ]),
    ...findingsOf(project, machine).filter(
      ({ path }) =>
        !project.services.some(
          (service) => isOwn(service) && path.startsWith(`${service.name}.environment.VITE_`),
        ),
    ),
  ]
}

function findingsOf(project: ComposeProject, machine: Machine): IdleField[] {
  return findForeign(project, { ledger: foreignLedger(project), machine }).flatMap((finding) => {
    const kind = idleFindings[finding.id]
    if (kind === undefined) return []
    const service = project.services.find(({ name }) => name === finding.service)
    const path = idlePath(finding.id, { service, what: finding.what })
    return [
      idle(path, {
        service: finding.service,
        class: kind,
        text: service && finding.id === 'health-check-cannot-fail' ? testOf(service) : finding.what,
        at: finding.at,
        why: finding.why,
      }),
    ]
  })
}

function testOf({ healthCheck }: ComposeService): string {
  return healthCheck?.value.test.slice(1).join(' ') ?? ''
}

function idlePath(
  id: string,
  { service, what }: { service: ComposeService | undefined; what: string },
): string {
  const name = service?.name ?? '.env'
  const word = (pattern: RegExp) => pattern.exec(what)?.[1] ?? 'unknown'
  switch (id) {
    case 'health-check-cannot-fail':
      return `${name}.healthcheck.test`
    case 'swarm-only':
      return `${name}.${word(/^(deploy\.\w+)/)}`
    case 'flink-key-removed':
      return `${name}.environment.FLINK_PROPERTIES.${word(/(\S+)$/)}`
    default:
      return `${name}.environment.${word(/nothing reads (\w+)/)}`
  }
}

const runtimeVariables = new Set<string>([
  ...Object.values(ENVIRONMENT),
  'NODE_OPTIONS',
  'NODE_ENV',
  'NODE_COMPILE_CACHE',
])

/** A variable of ours that no program of this role reads, or that has no meaning at all. */
function unreadVariables({ name, environment }: ComposeService): IdleField[] {
  const role = roleOf({ name, environment })
  return [...environment].flatMap(([variable, { value, at }]) => {
    if (value === null || !variable.startsWith('RADTUNE_') || runtimeVariables.has(variable)) return []
    const key = settingOfVariable(variable)
    const why = key === undefined ? unknownVariable(variable) : unreadSetting(key, role)
    const path = variableFields({ service: name, name: variable, value, at })[0]?.path
    return why === undefined || path === undefined
      ? []
      : [idle(path, { service: name, class: 'environment', text: value, at, why })]
  })
}

function unknownVariable(variable: string): string {
  const known = [...runtimeVariables, ...(Object.keys(settings) as SettingKey[]).map(settingEnvironmentName)]
  const near = nearest(variable, known)
  return `nothing reads a variable of this name${near === undefined ? '' : `; did you mean ${near}?`}`
}

function unreadSetting(key: SettingKey, role: Role | 'topics' | undefined): string | undefined {
  const { readers, lands }: SettingDefinition = settings[key]
  if (role === undefined) return undefined
  if (/\.(memory|cpus|heap|count)$/.test(key)) return `${key} is no variable of a service: it is ${lands}`
  return (readers as readonly string[]).includes(role)
    ? undefined
    : `${role} does not read ${key}; read by ${readers.join(', ')}`
}

function roleOf({
  name,
  environment,
}: Pick<ComposeService, 'name' | 'environment'>): Role | 'topics' | undefined {
  const said = environment.get(ENVIRONMENT.service)?.value ?? name
  if (/^worker-\d+$/.test(said)) return 'worker'
  return (['backend', 'provider', 'frontend', 'topics'] as const).find((role) => role === said)
}

/** Apache's image makes a property of every variable, and the broker ignores the ones that it does not know. */
function unknownProperties(service: ComposeService): IdleField[] {
  if (!/(^|\/)apache\/kafka(-native)?:/.test(service.image?.value ?? '')) return []
  return [...service.environment].flatMap(([variable, { value, at }]) => {
    const property = propertyOf(variable)
    if (property === undefined || value === null || isKnownProperty(property)) return []
    const near = nearest(property, Object.keys(brokerDefaults))
    const hint = near === undefined ? '' : `; did you mean ${near}?`
    return [
      idle(`${service.name}.${property}`, {
        service: service.name,
        class: 'broker',
        text: value,
        at,
        why: `${variable} becomes ${property}, which Kafka does not know${hint}`,
      }),
    ]
  })
}

/** Settings of one listener or plug-in have a prefix that only they know. */
function isKnownProperty(property: string): boolean {
  return (
    Object.hasOwn(brokerDefaults, property) ||
    /^(listener\.name\.|rsm\.config\.|rlmm\.config\.|confluent\.|metric\.reporters)/.test(property)
  )
}

/** Of settings that say the same in several units, Kafka takes the finest. */
const finerFirst = [
  ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
  ['log.roll.ms', 'log.roll.hours'],
  ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
  ['log.dirs', 'log.dir'],
]

function overriddenRetention(service: ComposeService): IdleField[] {
  if (recogniseRole(service).role !== 'broker') return []
  const set = new Map(
    [...service.environment].flatMap(([variable, { value, at }]) => {
      const property = propertyOf(variable.replace(/^KAFKA_CFG_/, 'KAFKA_'))
      return property === undefined || value === null ? [] : [[property, { value, at }] as const]
    }),
  )
  return finerFirst.flatMap((names) => {
    const [winner, ...losers] = names.filter((name) => set.has(name))
    return losers.flatMap((name) => {
      const { value = '', at } = set.get(name) ?? {}
      return [
        idle(`${service.name}.${name}`, {
          service: service.name,
          class: 'broker',
          text: value,
          at,
          why: `${winner} is set too, and Kafka takes that`,
        }),
      ]
    })
  })
}

/** Of several flags for one heap the last holds; on the command line they win over NODE_OPTIONS. */
function overriddenHeaps({ name, environment, command }: ComposeService): IdleField[] {
  const texts = [
    ...['NODE_OPTIONS', 'KAFKA_HEAP_OPTS'].flatMap((variable) => {
      const found = environment.get(variable)
      return found?.value ? [{ words: found.value.split(/\s+/), at: found.at, variable }] : []
    }),
    ...(command === undefined ? [] : [{ words: command.value, at: command.at, variable: 'command' }]),
  ]
  const flags = texts.flatMap(({ words, at, variable }) =>
    words.flatMap((word) => {
      const heap = readHeapFlag(word)
      return heap === undefined ? [] : [{ word, flag: heap.flag, at, variable }]
    }),
  )
  return flags.flatMap(({ word, flag, at, variable }, index) => {
    const later = flags.slice(index + 1).findLast((other) => other.flag === flag)
    return later === undefined
      ? []
      : [
          idle(`${name}.${variable === 'command' ? 'command' : `environment.${variable}`} ${flag}`, {
            service: name,
            class: 'heap',
            text: word,
            at,
            why: `${later.word} comes later, and holds`,
          }),
        ]
  })
}

function idle(
  path: string,
  field: { service: string | undefined; class: DriftClass; text: string; at: Place | undefined; why: string },
): IdleField {
  return { ...field, path, canonical: field.text }
}

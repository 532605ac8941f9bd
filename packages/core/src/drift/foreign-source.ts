import type { ComposeProject, ComposeService } from '../compose-file/index.ts'
import { type ForeignRow, foreignLedger } from '../foreign/index.ts'
import type { Role, ServiceSpec, StackSpec } from '../stack/index.ts'
import { brokerSettings, propertyOf } from './broker-fields.ts'
import type { ComparedSource } from './compare-fields.ts'
import { composeFields } from './compose-fields.ts'
import type { Drift } from './drift.ts'
import { variableFields } from './environment-fields.ts'
import { bytesField, cpusField, type Field, settingField, textField } from './field.ts'
import type { IdleField } from './no-effect.ts'

const counterparts: Readonly<Record<ForeignRow['role'], Role | undefined>> = {
  broker: 'kafka',
  taskmanager: 'worker',
  worker: 'worker',
  backend: 'backend',
  provider: 'provider',
  frontend: 'frontend',
  jobmanager: undefined,
  other: undefined,
}

/** A file of somebody else against a plan: what has a counterpart is compared, everything else is named. */
export interface ForeignSource {
  source: ComparedSource
  notes: Drift['notes']
}

/** Fields of a foreign file that a plan has a word for. */
const MAPPED = ['memory', 'cpus', 'reservedMemory', 'reservedCpus', 'heap']

/**
 * Compares a compose file that radtune never wrote with a plan: services by what they seem to be, and of each limits,
 * reservations, a heap that is set, slots and what both call by one name. Names of services are those of the file.
 */
export function foreignSource(
  project: ComposeProject,
  { spec, name, noEffect }: { spec: StackSpec; name: string; noEffect: readonly IdleField[] },
): ForeignSource {
  const { rows } = foreignLedger(project)
  const found: Field[] = []
  const wanted: Field[] = []
  const notes: { at: Drift['notes'][number]['at']; text: string }[] = []
  const fields = composeFields(project)
  const taken = new Set<string>()
  for (const row of rows) {
    const service = project.services.find((one) => one.name === row.service)
    const counterpart = service && counterpartOf(row, spec, taken)
    const by = row.recognisedBy === 'its name' ? 'its name alone' : row.recognisedBy
    if (service === undefined || counterpart === undefined) {
      notes.push({ at: service?.at, text: unmapped(row, spec) })
      continue
    }
    taken.add(counterpart.name)
    notes.push({
      at: service.at,
      text: `${row.service} was taken for ${counterpart.name}, by ${by}`,
    })
    const own = fields.filter((field) => field.service === row.service)
    found.push(...mapped(own, { service, row }))
    wanted.push(...wantedOf(counterpart, { spec, row, service }))
  }
  for (const { name: missing, role, ...rest } of spec.services)
    if (!taken.has(missing)) wanted.push(serviceField({ name: missing, role, ...rest }))
  return { source: { kind: 'files', name, wanted, found: { state: 'read', fields: found }, noEffect }, notes }
}

function serviceField({ name }: Pick<ServiceSpec, 'name' | 'role'> & Partial<ServiceSpec>): Field {
  return textField({ path: name, class: 'service', service: name }, 'there')
}

/** The first service of the role that no other one was taken for. */
function counterpartOf(
  row: ForeignRow,
  spec: StackSpec,
  taken: ReadonlySet<string>,
): ServiceSpec | undefined {
  const role = counterparts[row.role]
  return spec.services.find((service) => service.role === role && !taken.has(service.name))
}

function unmapped({ service, role }: ForeignRow, { services }: StackSpec): string {
  const counterpart = counterparts[role]
  if (counterpart === undefined)
    return role === 'jobmanager'
      ? `${service} is not compared: this plan has no Flink`
      : `${service} is not compared: the plan has nothing like it`
  const count = services.filter((one) => one.role === counterpart).length
  return `${service} is one ${counterpart} more than the ${count} of the plan, and is not compared`
}

/** What the file says, as far as a plan could say it too. */
function mapped(
  own: readonly Field[],
  { service, row }: { service: ComposeService; row: ForeignRow },
): Field[] {
  const paths = new Set(MAPPED.map((field) => `${service.name}.${field}`))
  const known = own.filter(
    ({ path, class: kind }) =>
      path === service.name || paths.has(path) || kind === 'setting' || isPlanned(path, service.name),
  )
  const slots =
    row.slots === null
      ? []
      : [
          textField(
            { path: `${service.name}.slots`, class: 'setting', service: service.name, at: service.at },
            String(row.slots),
          ),
        ]
  return [...known, ...slots, ...retentionHours(service)]
}

/** Properties of the broker that are settings of the plan. */
function isPlanned(path: string, service: string): boolean {
  return Object.keys(brokerSettings).some((property) => path === `${service}.${property}`)
}

/** Hours, where nothing finer is said. */
function retentionHours({ name, environment }: ComposeService): Field[] {
  const textFor = (property: string) =>
    [...environment].find(
      ([variable]) => propertyOf(variable.replace(/^KAFKA_CFG_/, 'KAFKA_')) === property,
    )?.[1]
  const hours = textFor('log.retention.hours')
  if (!hours?.value || textFor('log.retention.ms')?.value) return []
  const ms = Number(hours.value) * 3_600_000
  return Number.isFinite(ms)
    ? [
        settingField(
          { path: `${name}.log.retention.ms`, class: 'broker', service: name, at: hours.at },
          'topics.retention',
          ms,
        ),
      ]
    : []
}

/** What the plan says of the counterpart, as far as the file says something of it; limits always. */
function wantedOf(
  plan: ServiceSpec,
  { spec, row, service }: { spec: StackSpec; row: ForeignRow; service: ComposeService },
): Field[] {
  const of = (what: string, kind: Field['class']) =>
    ({ path: `${row.service}.${what}`, class: kind, service: row.service, at: service.at }) as const
  const own = [...service.environment].flatMap(([variable, { value, at }]) =>
    value === null ? [] : variableFields({ service: row.service, name: variable, value, at }),
  )
  const settings = own.flatMap(({ path, class: kind, accept }) => {
    const key = accept?.name as keyof StackSpec['settings'] | undefined
    if (key === undefined || !(key in spec.settings) || !(kind === 'setting' || isPlanned(path, row.service)))
      return []
    return [settingField({ path, class: kind, service: row.service }, key, spec.settings[key].value)]
  })
  return [
    textField({ path: row.service, class: 'service', service: row.service, at: service.at }, 'there'),
    bytesField(of('memory', 'limit'), plan.memoryBytes),
    cpusField(of('cpus', 'limit'), plan.cpus),
    ...(row.reservedMemoryBytes === null
      ? []
      : [bytesField(of('reservedMemory', 'reservation'), plan.reservedMemoryBytes)]),
    ...(row.reservedCpus === null ? [] : [cpusField(of('reservedCpus', 'reservation'), plan.reservedCpus)]),
    ...(row.heap?.how === 'set' && plan.heapBytes !== undefined
      ? [bytesField(of('heap', 'heap'), plan.heapBytes)]
      : []),
    ...(row.slots === null || plan.slots === undefined
      ? []
      : [textField(of('slots', 'setting'), String(plan.slots))]),
    ...settings,
    ...retentionHours(service).map(({ path, class: kind }) =>
      settingField(
        { path, class: kind, service: row.service },
        'topics.retention',
        spec.settings['topics.retention'].value,
      ),
    ),
  ]
}

import {
  type ComposeNode,
  type ComposePort,
  type ComposeProject,
  type ComposeService,
  entryOf,
} from '../compose-file/index.ts'
import { isPlanLabel, nodeFields } from './compose-node-fields.ts'
import type { DriftClass } from './drift.ts'
import { variableFields } from './environment-fields.ts'
import { bytesField, cpusField, type Field, type FieldOf, setField, textField, wordsField } from './field.ts'
import { flagFields, readHeapFlag } from './flag-fields.ts'

/** Keys of a service that are read in forms of their own. */
const READ_APART = new Set(
  `environment env_file ports volumes depends_on deploy mem_limit cpus mem_reservation memswap_limit command entrypoint
  extends labels profiles scale networks healthcheck`.split(/\s+/),
)

/** All that compose files say, field by field, in the form in which spellings do not matter. */
export function composeFields(project: ComposeProject): Field[] {
  return [...project.services.flatMap(serviceFields), ...projectFields(project)]
}

function projectFields({ name, node }: ComposeProject): Field[] {
  const top = node.kind === 'map' ? node.entries : new Map()
  return [
    ...(name === undefined
      ? []
      : [textField({ path: 'name', class: 'container', at: top.get('name')?.value.at }, name)]),
    ...['networks', 'volumes', 'configs', 'secrets'].flatMap((key) => {
      const part = entryOf(node, key)
      return part?.kind === 'map'
        ? [...part.entries].flatMap(([item, { at, value }]) => [
            textField({ path: `${key}.${item}`, class: 'container', at }, 'defined'),
            ...nodeFields(value, { path: `${key}.${item}`, class: 'container' }),
          ])
        : []
    }),
  ]
}

function serviceFields(service: ComposeService): Field[] {
  const { name, node, at } = service
  const own = node.kind === 'map' ? [...node.entries] : []
  return [
    textField({ path: name, class: 'service', service: name, at }, 'there'),
    ...resourceFields(service),
    ...commandFields(service),
    ...[...service.environment].flatMap(([variable, { value, at: place }]) =>
      value === null ? [] : variableFields({ service: name, name: variable, value, at: place }),
    ),
    ...listFields(service),
    ...healthFields(service),
    ...labelFields(service),
    ...own
      .filter(([key]) => !READ_APART.has(key))
      .flatMap(([key, { value }]) =>
        nodeFields(value, { path: `${name}.${key}`, class: classOf(key), service: name }),
      ),
    ...deployFields(service),
  ]
}

function classOf(key: string): DriftClass {
  if (key === 'image' || key === 'build') return 'image'
  return key === 'cpu_shares' ? 'reservation' : 'container'
}

function resourceFields({ name, limits, reservations, memorySwapBytes }: ComposeService): Field[] {
  const of = (what: string, kind: DriftClass): FieldOf => ({
    path: `${name}.${what}`,
    class: kind,
    service: name,
  })
  const fields: Field[] = []
  const { memoryBytes, cpus } = limits
  if (memoryBytes)
    fields.push(
      bytesField(
        {
          ...of('memory', 'limit'),
          at: memoryBytes.at,
          accept: { name: `${name}.memory`, value: memoryBytes.value },
        },
        memoryBytes.value,
      ),
    )
  if (cpus)
    fields.push(
      cpusField(
        { ...of('cpus', 'limit'), at: cpus.at, accept: { name: `${name}.cpus`, value: cpus.value } },
        cpus.value,
      ),
    )
  if (memorySwapBytes)
    fields.push(bytesField({ ...of('memorySwap', 'limit'), at: memorySwapBytes.at }, memorySwapBytes.value))
  if (reservations.memoryBytes)
    fields.push(
      bytesField(
        { ...of('reservedMemory', 'reservation'), at: reservations.memoryBytes.at },
        reservations.memoryBytes.value,
      ),
    )
  if (reservations.cpus)
    fields.push(
      cpusField({ ...of('reservedCpus', 'reservation'), at: reservations.cpus.at }, reservations.cpus.value),
    )
  return fields
}

/** The heap is a field of its own; of the other words the order counts. */
function commandFields({ name, command, entrypoint }: ComposeService): Field[] {
  return [
    ...(['command', 'entrypoint'] as const).flatMap((key): Field[] => {
      const words = { command, entrypoint }[key]
      if (words === undefined) return []
      const field = { path: `${name}.${key}`, class: 'command', service: name, at: words.at } as const
      const heaps = words.value.filter((word) => readHeapFlag(word) !== undefined)
      const rest = words.value.filter((word) => readHeapFlag(word) === undefined)
      return [...flagFields(heaps, { ...field, heap: `${name}.heap` }), wordsField(field, rest)]
    }),
  ]
}

function listFields({ name, ports, volumes, dependsOn, node }: ComposeService): Field[] {
  const of = (what: string): FieldOf => ({ path: `${name}.${what}`, class: 'container', service: name })
  const place = (key: string) => entryOf(node, key)?.at
  const networks = entryOf(node, 'networks')
  return [
    ...(ports.length === 0
      ? []
      : [
          setField(
            { ...of('ports'), at: place('ports') },
            ports.flatMap(({ value }) => portTexts(value)),
          ),
        ]),
    ...(volumes.length === 0
      ? []
      : [
          setField(
            { ...of('volumes'), at: place('volumes') },
            volumes.map(
              ({ value: { type, source, target, readOnly } }) =>
                `${type} ${source ?? ''}:${target}${readOnly ? ' read-only' : ''}`,
            ),
          ),
        ]),
    ...(networks === undefined ? [] : [setField({ ...of('networks'), at: networks.at }, namesIn(networks))]),
    ...[...dependsOn].map(([other, { value, at }]) =>
      textField({ ...of(`depends_on.${other}`), at }, value.condition),
    ),
  ]
}

/** A range of ports is as many ports, one published as the other. */
function portTexts({ hostIp, published, target, protocol }: ComposePort): string[] {
  const ending = protocol === 'tcp' ? '' : `/${protocol}`
  const [targets, publishedOnes] = [portsOf(target), published === undefined ? [] : portsOf(published)]
  const pairs =
    publishedOnes.length === targets.length
      ? targets.map((one, index) => `${publishedOnes[index]}:${one}`)
      : publishedOnes.length === 0
        ? targets
        : [`${published}:${target}`]
  return pairs.map((pair) => `${hostIp ? `${hostIp}:` : ''}${pair}${ending}`)
}

function portsOf(range: string): string[] {
  const [first = 0, last = first] = range.split('-').map(Number)
  return Array.from({ length: Math.max(1, last - first + 1) }, (_, index) => String(first + index))
}

function namesIn(node: ComposeNode): string[] {
  if (node.kind === 'map') return [...node.entries.keys()]
  return node.kind === 'list'
    ? node.items.flatMap((item) => (item.kind === 'scalar' ? String(item.value) : []))
    : []
}

function healthFields({ name, healthCheck, node }: ComposeService): Field[] {
  if (healthCheck === undefined) return []
  const of = (what: string): FieldOf => ({
    path: `${name}.healthcheck${what}`,
    class: 'health-check',
    service: name,
    at: healthCheck.at,
  })
  if (healthCheck.value.disabled) return [textField(of(''), 'disabled')]
  const own = entryOf(node, 'healthcheck')
  const test = entryOf(own, 'test')
  const times =
    own?.kind === 'map' ? [...own.entries].filter(([key]) => key !== 'test' && key !== 'disable') : []
  return [
    textField(of(''), 'set'),
    wordsField({ ...of('.test'), at: test?.at ?? healthCheck.at }, healthCheck.value.test),
    ...times.flatMap(([key, { value }]) =>
      nodeFields(value, { path: `${name}.healthcheck.${key}`, class: 'health-check', service: name }),
    ),
  ]
}

/** Labels as a map; the fingerprint of the definition says again what the definition says. */
function labelFields({ name, node }: ComposeService): Field[] {
  const labels = entryOf(node, 'labels')
  if (labels === undefined) return []
  const entries: [string, string, ComposeNode['at']][] =
    labels.kind === 'map'
      ? [...labels.entries].map(([key, { value }]) => [
          key,
          value.kind === 'scalar' ? String(value.value ?? '') : '',
          value.at,
        ])
      : labels.kind === 'list'
        ? labels.items.map((item) => {
            const [key = '', ...rest] = (item.kind === 'scalar' ? String(item.value) : '').split('=')
            return [key, rest.join('='), item.at]
          })
        : []
  return entries
    .filter(([key]) => !isPlanLabel(key))
    .map(([key, value, at]) =>
      textField({ path: `${name}.labels.${key}`, class: 'container', service: name, at }, value),
    )
}

/** Resources are limits of their own, and what only a swarm obeys has no effect here. */
const DEPLOY_READ_APART = new Set([
  'resources',
  'replicas',
  'placement',
  'update_config',
  'rollback_config',
  'endpoint_mode',
])

/** What `deploy` says beside its resources. */
function deployFields({ name, node, replicas, at }: ComposeService): Field[] {
  const deploy = entryOf(node, 'deploy')
  const others =
    deploy?.kind === 'map' ? [...deploy.entries].filter(([key]) => !DEPLOY_READ_APART.has(key)) : []
  const place = entryOf(deploy, 'replicas')?.at ?? entryOf(node, 'scale')?.at ?? at
  return [
    ...(replicas === 1
      ? []
      : [
          textField(
            { path: `${name}.replicas`, class: 'service', service: name, at: place, fallback: '1' },
            String(replicas),
          ),
        ]),
    ...others.flatMap(([key, { value }]) =>
      nodeFields(value, { path: `${name}.deploy.${key}`, class: 'container', service: name }),
    ),
  ]
}

import { parseBytes } from '../units/index.ts'
import { type ComposeMap, type ComposeNode, entryOf, isNothing, textOf } from './compose-node.ts'
import type {
  ComposeDependency,
  ComposeProblem,
  ComposeResources,
  ComposeService,
  HealthCheck,
  Located,
} from './compose-project.ts'
import { unknownServiceKeys } from './known-keys.ts'
import { readPort, readVolume, splitWords } from './short-forms.ts'

/** What a service is read with beside its own node. */
export interface ServiceContext {
  name: string
  at: ComposeService['at']
  /** Already read from its environment files. */
  fileEnvironment: ReadonlyMap<string, Located<string>>
  /** Of the shell, for variables that are passed on. */
  variables: Readonly<Record<string, string | undefined>>
  note: (problem: ComposeProblem) => void
}

/** Reads a merged service: short and long forms alike, limits of `deploy` and of version 2 alike. What is odd is noted. */
export function normaliseService(node: ComposeMap, context: ServiceContext): ComposeService {
  for (const problem of unknownServiceKeys(node)) context.note(problem)
  const deploy = entryOf(node, 'deploy')
  const resources = entryOf(deploy, 'resources')
  const scalar = (key: string) => located(entryOf(node, key), textOf)
  const optional = <Key extends keyof ComposeService>(key: Key, value: ComposeService[Key] | undefined) =>
    value === undefined ? {} : ({ [key]: value } as Pick<ComposeService, Key>)
  const environment = readEnvironment(node, context)
  const replicas = Number(textOf(entryOf(deploy, 'replicas')) ?? textOf(entryOf(node, 'scale')) ?? 1)
  return {
    name: context.name,
    at: context.at,
    ...optional('image', scalar('image')),
    build: !isNothing(entryOf(node, 'build')),
    ...optional('command', located(entryOf(node, 'command'), wordsOf)),
    ...optional('entrypoint', located(entryOf(node, 'entrypoint'), wordsOf)),
    environment,
    overridden: new Map(
      [...context.fileEnvironment].filter(([name, { value }]) => environment.get(name)?.value !== value),
    ),
    ports: readList(node, 'ports', { read: readPort, note: context.note }),
    volumes: readList(node, 'volumes', { read: readVolume, note: context.note }),
    dependsOn: readDependencies(entryOf(node, 'depends_on')),
    limits: readResources(entryOf(resources, 'limits'), {
      memory: entryOf(node, 'mem_limit'),
      cpus: entryOf(node, 'cpus'),
      note: context.note,
    }),
    reservations: readResources(entryOf(resources, 'reservations'), {
      memory: entryOf(node, 'mem_reservation'),
      cpus: undefined,
      note: context.note,
    }),
    ...optional('memorySwapBytes', readBytes(entryOf(node, 'memswap_limit'), context.note)),
    replicas: Number.isInteger(replicas) && replicas >= 0 ? replicas : 1,
    ...optional('healthCheck', located(entryOf(node, 'healthcheck'), readHealthCheck)),
    ...optional('restart', scalar('restart')),
    profiles: itemsOf(entryOf(node, 'profiles')).flatMap((item) => textOf(item) ?? []),
    node,
  }
}

function located<Value>(
  node: ComposeNode | undefined,
  read: (node: ComposeNode) => Value | undefined,
): Located<Value> | undefined {
  const value = node === undefined ? undefined : read(node)
  return node === undefined || value === undefined ? undefined : { value, at: node.at }
}

function itemsOf(node: ComposeNode | undefined): readonly ComposeNode[] {
  if (node === undefined || isNothing(node)) return []
  return node.kind === 'list' ? node.items : [node]
}

function wordsOf(node: ComposeNode): readonly string[] | undefined {
  if (node.kind === 'list') return node.items.map((item) => textOf(item) ?? '')
  const text = textOf(node)
  return text === undefined ? undefined : splitWords(text)
}

function readList<Value>(
  node: ComposeNode,
  key: string,
  { read, note }: { read: (node: ComposeNode) => Value | undefined; note: ServiceContext['note'] },
): Located<Value>[] {
  return itemsOf(entryOf(node, key)).flatMap((item) => {
    const value = read(item)
    if (value === undefined) note({ at: item.at, message: `this entry of ${key} is not understood` })
    return value === undefined ? [] : [{ value, at: item.at }]
  })
}

function readEnvironment(
  node: ComposeNode,
  { fileEnvironment, variables }: ServiceContext,
): Map<string, Located<string | null>> {
  const environment = new Map<string, Located<string | null>>(fileEnvironment)
  const set = (name: string, text: string | undefined, at: Located<string>['at']) =>
    environment.set(name, { value: text ?? variables[name] ?? null, at })
  const own = entryOf(node, 'environment')
  if (own?.kind === 'map') for (const [name, { value }] of own.entries) set(name, textOf(value), value.at)
  for (const item of own?.kind === 'list' ? own.items : []) {
    const [name = '', ...rest] = (textOf(item) ?? '').split('=')
    if (name !== '') set(name, rest.length > 0 ? rest.join('=') : undefined, item.at)
  }
  return environment
}

function readDependencies(node: ComposeNode | undefined): Map<string, Located<ComposeDependency>> {
  const found = new Map<string, Located<ComposeDependency>>()
  if (node?.kind === 'map')
    for (const [name, { at, value }] of node.entries)
      found.set(name, {
        value: { condition: textOf(entryOf(value, 'condition')) ?? 'service_started' },
        at,
      })
  else
    for (const item of itemsOf(node)) {
      const name = textOf(item)
      if (name !== undefined) found.set(name, { value: { condition: 'service_started' }, at: item.at })
    }
  return found
}

function readResources(
  node: ComposeNode | undefined,
  old: { memory: ComposeNode | undefined; cpus: ComposeNode | undefined; note: ServiceContext['note'] },
): ComposeResources {
  const memory = readBytes(entryOf(node, 'memory') ?? old.memory, old.note)
  const cpus = readCpus(entryOf(node, 'cpus') ?? old.cpus, old.note)
  return {
    ...(memory === undefined ? {} : { memoryBytes: memory }),
    ...(cpus === undefined ? {} : { cpus }),
  }
}

/** 0 is no limit. */
function readBytes(node: ComposeNode | undefined, note: ServiceContext['note']): Located<number> | undefined {
  const text = textOf(node)
  if (node === undefined || text === undefined) return undefined
  if (/^-1$/.test(text.trim())) return { value: -1, at: node.at }
  const bytes = parseBytes(text)
  if (!bytes.ok) note({ at: node.at, message: bytes.problem })
  return bytes.ok && bytes.value > 0 ? { value: bytes.value, at: node.at } : undefined
}

function readCpus(node: ComposeNode | undefined, note: ServiceContext['note']): Located<number> | undefined {
  const text = textOf(node)
  if (node === undefined || text === undefined) return undefined
  const cpus = Number(text)
  if (Number.isFinite(cpus) && cpus >= 0) return cpus === 0 ? undefined : { value: cpus, at: node.at }
  note({ at: node.at, message: `"${text}" is not a number of CPUs` })
  return undefined
}

function readHealthCheck(node: ComposeNode): HealthCheck | undefined {
  if (node.kind !== 'map') return undefined
  const testNode = entryOf(node, 'test')
  const shell = textOf(testNode)
  const test =
    shell !== undefined ? ['CMD-SHELL', shell] : itemsOf(testNode).map((item) => textOf(item) ?? '')
  const disabled = textOf(entryOf(node, 'disable')) === 'true' || test[0] === 'NONE'
  return { test: disabled ? [] : test, disabled }
}

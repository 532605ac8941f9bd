import type { ComposeProject } from '../compose-file/index.ts'
import type { Reading } from '../metrics/index.ts'
import { type LocalRendering, renderLocal, startOrder, startValuesOf } from '../render/index.ts'
import type { StackSpec } from '../stack/index.ts'
import type { ComparedSource } from './compare-fields.ts'
import { variableFields } from './environment-fields.ts'
import { bytesField, cpusField, type Field, type FieldOf, textField } from './field.ts'
import { flagName, heapField, readHeapFlag } from './flag-fields.ts'
import type { IdleField } from './no-effect.ts'

/** Limits as one source tells them; undefined is none. */
interface Limits {
  memoryBytes: number | undefined
  cpus: number | undefined
}

/** A program of a stack as it is wanted to run. */
export interface WantedProcess {
  name: string
  command: readonly string[]
  environment: Readonly<Record<string, string>>
  image?: string | undefined
}

/** A program as it runs. */
export interface FoundProcess {
  name: string
  /** Why it does not run; undefined while it does. */
  ended: string | undefined
  image: string | undefined
  command: Reading<readonly string[]>
  environment: Reading<Readonly<Record<string, string>>>
  /** As whoever started it was told, and as the kernel holds it to them. */
  told: Reading<Limits>
  kernel: Reading<Limits>
}

/** The programs of a plan as the local runtime starts them. */
export function localProcesses(rendering: Omit<LocalRendering, 'paths'>): WantedProcess[] {
  const somewhere = {
    java: '',
    kafkaClassPath: '',
    kafkaClassArchive: '',
    node: '',
    nodeCompileCache: '',
    pipelineBin: '',
    kafkaDataDir: '',
    kafkaConfigFile: '',
    clusterId: '',
  }
  return renderLocal({ ...rendering, paths: somewhere }).map(({ name, args, env }) => {
    const { NODE_COMPILE_CACHE: _, ...environment } = env
    return { name, command: args, environment }
  })
}

/** The programs of a compose file. */
export function composeProcesses({ services }: ComposeProject): WantedProcess[] {
  return services.map(({ name, command, environment, image }) => ({
    name,
    command: command?.value ?? [],
    image: image?.value,
    environment: Object.fromEntries(
      [...environment].flatMap(([variable, { value }]) => (value === null ? [] : [[variable, value]])),
    ),
  }))
}

/** Variables that change the heap of a program, whoever set them. */
const heapVariables = [
  'NODE_OPTIONS',
  'JAVA_TOOL_OPTIONS',
  'JDK_JAVA_OPTIONS',
  '_JAVA_OPTIONS',
  'KAFKA_HEAP_OPTS',
  'KAFKA_OPTS',
]

/** The kernel counts memory in pages, of up to so many bytes. */
const PAGE_BYTES = 65_536

/**
 * What runs against a plan: each service with its limits, heap, flags and environment. Programs that run once are there only for
 * as long as they run, so they are not missed. Values that a service only starts with, and that change while it runs, are left to
 * the settings that it runs by.
 */
export function processSource(
  spec: StackSpec,
  {
    wanted,
    found,
    ownEnvironment,
  }: {
    wanted: readonly WantedProcess[]
    found: readonly FoundProcess[]
    /** Whether all variables of a program were given to it alone, and not taken from whoever started it. */
    ownEnvironment: boolean
  },
): ComparedSource {
  const source = {
    wanted: [] as Field[],
    fields: [] as Field[],
    noEffect: [] as IdleField[],
    untold: new Map<string, string>(),
  }
  for (const step of startOrder(spec)) {
    const { name, service } = step
    const process = found.find((one) => one.name === name)
    const definition = wanted.find((one) => one.name === name)
    if (service === undefined || definition === undefined) continue
    source.wanted.push(textField({ path: name, class: 'service', service: name }, 'runs'))
    if (process === undefined) continue
    if (process.ended !== undefined) {
      source.fields.push({
        ...textField({ path: name, class: 'service', service: name }, 'does not run'),
        why: process.ended,
      })
      continue
    }
    source.fields.push(textField({ path: name, class: 'service', service: name }, 'runs'))
    addLimits(source, { process, service })
    addProgram(source, { process, definition, startValues: startValuesOf(step), ownEnvironment })
  }
  const known = new Set(startOrder(spec).map(({ name }) => name))
  for (const { name } of found)
    if (!known.has(name))
      source.fields.push(textField({ path: name, class: 'service', service: name }, 'runs'))
  const { fields, ...rest } = source
  return { kind: 'services', name: 'running services', ...rest, found: { state: 'read', fields } }
}

interface Gathered {
  wanted: Field[]
  fields: Field[]
  noEffect: IdleField[]
  untold: Map<string, string>
}

function addLimits(
  { wanted, fields, noEffect, untold }: Gathered,
  { process, service }: { process: FoundProcess; service: StackSpec['services'][number] },
): void {
  const { name, kernel, told } = process
  const amounts = [
    { field: 'memoryBytes', path: `${name}.memory`, make: bytesField, want: service.memoryBytes },
    { field: 'cpus', path: `${name}.cpus`, make: cpusField, want: service.cpus },
  ] as const
  for (const { field, path, make, want } of amounts) {
    const of: FieldOf = {
      path,
      class: 'limit',
      service: name,
      tolerance: field === 'memoryBytes' ? PAGE_BYTES / want : 0,
    }
    wanted.push(make(of, want))
    const toldAmount = told.known ? told.value[field] : undefined
    const inForce = kernel.known ? kernel.value[field] : toldAmount
    if (inForce !== undefined) {
      const differs = toldAmount !== undefined && Math.abs(toldAmount - inForce) > want * 0.001
      const why = differs
        ? `the kernel holds it to this; the engine was told ${make(of, toldAmount).text}`
        : undefined
      fields.push({ ...make({ ...of, accept: { name: path, value: inForce } }, inForce), why })
    } else if (kernel.known || told.known)
      noEffect.push({
        ...make(of, toldAmount ?? want),
        text: 'no limit',
        why: `${make(of, want).text} is wanted, and nothing holds it to that`,
      })
    else untold.set(path, kernel.why)
  }
}

function addProgram(
  { wanted, fields, untold }: Gathered,
  {
    process,
    definition,
    startValues,
    ownEnvironment,
  }: {
    process: FoundProcess
    definition: WantedProcess
    startValues: readonly string[]
    ownEnvironment: boolean
  },
): void {
  const { name, command, environment } = process
  const flags = flagsOf(name, definition.command)
  wanted.push(...flags)
  if (command.known) {
    const known = new Set(flags.map(({ path }) => path))
    fields.push(
      ...flagsOf(name, command.value).filter(({ path, class: kind }) => kind === 'heap' || known.has(path)),
    )
  } else for (const { path } of flags) untold.set(path, command.why)

  const isCompared = (variable: string) => !startValues.includes(variable)
  const variables = variablesOf(name, definition.environment, isCompared)
  wanted.push(...variables)
  if (environment.known) {
    const isFound = (variable: string) =>
      isCompared(variable) &&
      (variable in definition.environment ||
        heapVariables.includes(variable) ||
        (ownEnvironment && /^(RADTUNE|KAFKA)_/.test(variable)))
    fields.push(...variablesOf(name, environment.value, isFound))
  } else for (const { path } of variables) untold.set(path, environment.why)

  if (definition.image !== undefined) {
    const of: FieldOf = { path: `${name}.image`, class: 'image', service: name }
    wanted.push(textField(of, definition.image))
    if (process.image !== undefined) fields.push(textField(of, process.image))
  }
}

function variablesOf(
  service: string,
  environment: Readonly<Record<string, string>>,
  isMeant: (variable: string) => boolean,
): Field[] {
  return Object.entries(environment)
    .filter(([variable, value]) => isMeant(variable) && value !== '')
    .flatMap(([variable, value]) => variableFields({ service, name: variable, value, at: undefined }))
}

/** Flags by their names; of what depends on the machine or shortens a start nothing is said. */
function flagsOf(service: string, words: readonly string[]): Field[] {
  const own = words.filter(
    (word) => /^-/.test(word) && !/^(-cp$|-D|-Xlog|-XX:SharedArchive|-XX:ArchiveClasses|-Xshare)/.test(word),
  )
  const byPath = own.map((word) => {
    const heap = readHeapFlag(word)
    return heap === undefined
      ? textField({ path: `${service}.flags.${flagName(word)}`, class: 'command', service }, word)
      : heapField({ path: `${service}.heap`, class: 'heap', service }, heap.bytes)
  })
  return [...new Map(byPath.map((field) => [field.path, field])).values()]
}

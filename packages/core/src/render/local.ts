import { ENVIRONMENT } from '../contract/index.ts'
import type { Role, ServiceSpec, StackSpec } from '../stack/index.ts'
import { jvmFlags, jvmToolFlags } from './jvm-flags.ts'
import { renderServerProperties } from './server-properties.ts'
import {
  identityEnvironment,
  nodeFlags,
  type RenderedData,
  settingsEnvironment,
  startValuesOf,
} from './service-environment.ts'
import { type StartStep, startOrder } from './start-order.ts'

/** What the stack of a plan is made of on this machine: a launch, and where its programs and folders lie. */
export interface LocalRendering {
  spec: StackSpec
  data: RenderedData
  /** Planted in the slots of all workers, as `parseSlotFault` reads it; of demos alone. */
  slotFault?: string
  ports: {
    kafka: number
    controller: number
    backend: number
    frontend: number
    stats: Readonly<Record<string, number>>
  }
  paths: {
    java: string
    /** Class path of Kafka, e.g. `…/libs/*`. */
    kafkaClassPath: string
    /** Class archive of this Kafka and this Java: used when it exists, made when it does not. */
    kafkaClassArchive: string
    node: string
    /** Where Node keeps what it has compiled, so that every start but the first is shorter. */
    nodeCompileCache: string
    /** Folder of the pipeline's entry points. */
    pipelineBin: string
    kafkaDataDir: string
    kafkaConfigFile: string
    /** Identity of the storage in `kafkaDataDir`. */
    clusterId: string
  }
}

export type Readiness = { kind: 'tcp'; port: number } | { kind: 'http'; url: string } | { kind: 'exit' }

/** One process of the stack, complete: what differs between two of them, start values aside, is why it is restarted. */
export interface LocalProcess {
  name: string
  role: Role | 'topics' | 'warm-up'
  /** Started once these are ready, stopped before them. */
  dependsOn: readonly string[]
  command: string
  args: readonly string[]
  env: Readonly<Record<string, string>>
  /** Variables of `env` that only say what it begins with: it follows the settings topic, so another value restarts nothing. */
  startValues: readonly string[]
  /** Written before each start. */
  files: readonly { path: string; text: string }[]
  /** Commands run to their end before the start, each only while `unless` does not exist. */
  prepare: readonly { command: string; args: readonly string[]; unless: string }[]
  /** Java only: class archive that shortens the start. */
  classArchive: string | undefined
  /** TCP ports of 127.0.0.1 that it listens on. */
  ports: readonly number[]
  readiness: Readiness
  /** `always`: any exit is unexpected; `never`: runs once, and exit code 0 is its end. */
  restart: 'always' | 'never'
  /** Milliseconds between the request to stop and the kill. */
  graceMs: number
  /** Unix niceness: 0 is normal, 19 gives way to all. */
  nice: number
  /** Of the plan; not part of what runs, so a change alone restarts nothing. No limits: all 0. */
  limits: { memoryBytes: number; cpus: number; reservedCpus: number }
}

/** The processes of a plan in the order in which they start. */
export function renderLocal(rendering: LocalRendering): LocalProcess[] {
  return startOrder(rendering.spec).map((step) =>
    step.role === 'kafka' && step.service
      ? renderKafka(rendering, step, step.service)
      : renderNode(rendering, step),
  )
}

function renderKafka(
  { spec, ports, paths }: LocalRendering,
  step: StartStep,
  service: ServiceSpec,
): LocalProcess {
  const tool = [
    ...jvmToolFlags(paths.kafkaClassArchive),
    '-cp',
    paths.kafkaClassPath,
    'kafka.tools.StorageTool',
  ]
  if (service.heapBytes === undefined) throw new Error(`the plan has no heap for ${service.name}`)
  return {
    name: service.name,
    role: service.role,
    dependsOn: step.dependsOn,
    command: paths.java,
    args: [
      ...jvmFlags({ heapBytes: service.heapBytes, cpus: service.cpus }),
      '-cp',
      paths.kafkaClassPath,
      'kafka.Kafka',
      paths.kafkaConfigFile,
    ],
    env: {},
    startValues: [],
    files: [
      {
        path: paths.kafkaConfigFile,
        text: renderServerProperties(spec, ports, { dataDir: paths.kafkaDataDir }),
      },
    ],
    prepare: [
      {
        command: paths.java,
        args: [
          ...tool,
          'format',
          '-t',
          paths.clusterId,
          '-c',
          paths.kafkaConfigFile,
          '--standalone',
          '--ignore-formatted',
        ],
        unless: `${paths.kafkaDataDir}/meta.properties`,
      },
    ],
    classArchive: paths.kafkaClassArchive,
    ports: [ports.kafka, ports.controller],
    readiness: { kind: 'tcp', port: ports.kafka },
    restart: 'always',
    graceMs: step.graceMs,
    nice: 0,
    limits: limitsOf(service),
  }
}

/** Of what runs once and is gone before the stack is up. */
const NO_LIMITS: LocalProcess['limits'] = { memoryBytes: 0, cpus: 0, reservedCpus: 0 }

function renderNode({ spec, data, slotFault, ports, paths }: LocalRendering, step: StartStep): LocalProcess {
  const { name, role, service } = step
  const statsPort = ports.stats[name]
  if (service && statsPort === undefined) throw new Error(`no stats port is given for ${name}`)
  const addresses = {
    bootstrap: loopback(ports.kafka),
    stats: loopback(statsPort ?? 0),
    http: loopback(role === 'frontend' ? ports.frontend : ports.backend),
    backend: loopback(ports.backend),
    statsOf: (of: string) => loopback(ports.stats[of] ?? 0),
  }
  return {
    name,
    role,
    dependsOn: step.dependsOn,
    command: paths.node,
    args: [...(service ? nodeFlags(service) : []), `${paths.pipelineBin}/${role}.js`],
    env: {
      ...settingsEnvironment(spec, role),
      ...identityEnvironment(step, { spec, data, addresses }),
      ...(role === 'worker' && slotFault !== undefined ? { [ENVIRONMENT.slotFault]: slotFault } : {}),
      NODE_ENV: 'production',
      NODE_COMPILE_CACHE: paths.nodeCompileCache,
    },
    startValues: startValuesOf(step),
    files: [],
    prepare: [],
    classArchive: undefined,
    ports: service ? [statsPort ?? 0, ...publicPorts(role, ports)] : [],
    readiness: service ? { kind: 'http', url: `http://${addresses.stats}/health` } : { kind: 'exit' },
    restart: service ? 'always' : 'never',
    graceMs: step.graceMs,
    nice: niceness(role),
    limits: service ? limitsOf(service) : NO_LIMITS,
  }
}

function publicPorts(role: StartStep['role'], ports: LocalRendering['ports']): number[] {
  return role === 'backend' || role === 'frontend' ? [ports[role]] : []
}

function limitsOf({ memoryBytes, cpus, reservedCpus }: ServiceSpec): LocalProcess['limits'] {
  return { memoryBytes, cpus, reservedCpus }
}

/**
 * The source and the page give way to the path that readings take, and the warm-up to everything: the services start beside
 * it, and they are what is waited for.
 */
function niceness(role: StartStep['role']): number {
  switch (role) {
    case 'warm-up':
      return 10
    case 'provider':
    case 'frontend':
      return 5
    case 'kafka':
    case 'topics':
    case 'worker':
    case 'backend':
      return 0
  }
}

function loopback(port: number): string {
  return `127.0.0.1:${port}`
}

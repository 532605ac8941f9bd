import { ENVIRONMENT } from '../contract/index.ts'
import {
  liveSettingsOf,
  liveValuesOf,
  type SettingKey,
  type SettingReader,
  settingEnvironmentName,
  settings,
} from '../settings/index.ts'
import { type Role, type ServiceSpec, type StackSpec, splitWorkerHeap } from '../stack/index.ts'
import { MIB } from '../units/index.ts'
import { jvmFlags, jvmToolFlags } from './jvm-flags.ts'
import { renderServerProperties } from './server-properties.ts'

/** What the stack of a plan is made of on this machine: a launch, and where its programs and folders lie. */
export interface LocalRendering {
  spec: StackSpec
  data: { kind: 'files'; paths: readonly string[]; loop: boolean } | { kind: 'generator'; seed: number }
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

type Entry = 'topics' | 'worker' | 'backend' | 'frontend' | 'provider'

/**
 * The processes of a plan in the order in which they start: kafka, topics (runs once; its success says that Kafka
 * takes requests), warm-up (runs once, beside the start of the workers), workers, backend, frontend, provider. They stop in
 * the reverse order.
 */
export function renderLocal(rendering: LocalRendering): LocalProcess[] {
  const { services } = rendering.spec
  const inOrder = (role: Role) => services.filter((service) => service.role === role)
  const names = (role: Role) => inOrder(role).map((service) => service.name)
  const workers = names('worker')
  const backends = names('backend')
  return [
    ...inOrder('kafka').map((service) => renderKafka(rendering, service)),
    renderOnce(rendering, {
      name: 'topics',
      dependsOn: names('kafka'),
      env: {
        [ENVIRONMENT.topics]: JSON.stringify(rendering.spec.topics),
        [ENVIRONMENT.settings]: JSON.stringify(liveValuesOf(rendering.spec.settings)),
      },
    }),
    renderOnce(rendering, { name: 'warm-up', dependsOn: ['topics'], env: {} }),
    ...inOrder('worker').map((service) =>
      renderNode(rendering, service, {
        dependsOn: ['topics'],
        env: workerEnvironment(service, workers),
        startValues: [ENVIRONMENT.slots, ENVIRONMENT.slotHeapBytes],
        graceMs: 20_000,
      }),
    ),
    ...inOrder('backend').map((service) =>
      renderNode(rendering, service, {
        dependsOn: ['topics'],
        env: { [ENVIRONMENT.httpAddress]: loopback(rendering.ports.backend) },
        ports: [rendering.ports.backend],
        graceMs: 5000,
      }),
    ),
    ...inOrder('frontend').map((service) =>
      renderNode(rendering, service, {
        dependsOn: backends,
        env: {
          [ENVIRONMENT.httpAddress]: loopback(rendering.ports.frontend),
          [ENVIRONMENT.backendUrl]: `http://${loopback(rendering.ports.backend)}`,
        },
        ports: [rendering.ports.frontend],
        graceMs: 5000,
      }),
    ),
    ...inOrder('provider').map((service) =>
      renderNode(rendering, service, {
        dependsOn: ['warm-up', ...workers, ...backends],
        env: dataEnvironment(rendering.data),
        graceMs: 15_000,
      }),
    ),
  ]
}

function renderKafka({ spec, ports, paths }: LocalRendering, service: ServiceSpec): LocalProcess {
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
    dependsOn: [],
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
    graceMs: 30_000,
    nice: 0,
    limits: limitsOf(service),
  }
}

/** Of what runs once and is gone before the stack is up. */
const NO_LIMITS: LocalProcess['limits'] = { memoryBytes: 0, cpus: 0, reservedCpus: 0 }

function renderOnce(
  { ports, paths }: LocalRendering,
  once: {
    name: 'topics' | 'warm-up'
    dependsOn: readonly string[]
    env: Readonly<Record<string, string>>
  },
): LocalProcess {
  const { name, dependsOn, env } = once
  return {
    name,
    role: name,
    dependsOn,
    command: paths.node,
    args: [`${paths.pipelineBin}/${name}.js`],
    env: {
      [ENVIRONMENT.bootstrap]: loopback(ports.kafka),
      [ENVIRONMENT.service]: name,
      ...env,
      NODE_ENV: 'production',
      NODE_COMPILE_CACHE: paths.nodeCompileCache,
    },
    startValues: [],
    files: [],
    prepare: [],
    classArchive: undefined,
    ports: [],
    readiness: { kind: 'exit' },
    restart: 'never',
    graceMs: 5000,
    // The services start beside the warm-up, and they are what is waited for.
    nice: name === 'warm-up' ? 10 : 0,
    limits: NO_LIMITS,
  }
}

interface NodeService {
  dependsOn: readonly string[]
  env: Readonly<Record<string, string>>
  /** Beside those of its live settings. */
  startValues?: readonly string[]
  /** Beside the port of its stats. */
  ports?: readonly number[]
  graceMs: number
}

function renderNode(rendering: LocalRendering, service: ServiceSpec, node: NodeService): LocalProcess {
  const { spec, ports, paths } = rendering
  const entry = service.role as Entry & Role
  const statsPort = ports.stats[service.name]
  if (statsPort === undefined) throw new Error(`no stats port is given for ${service.name}`)
  return {
    name: service.name,
    role: service.role,
    dependsOn: node.dependsOn,
    command: paths.node,
    args: [...nodeFlags(service), `${paths.pipelineBin}/${entry}.js`],
    env: {
      ...settingsEnvironment(spec, entry),
      [ENVIRONMENT.bootstrap]: loopback(ports.kafka),
      [ENVIRONMENT.service]: service.name,
      [ENVIRONMENT.statsAddress]: loopback(statsPort),
      NODE_ENV: 'production',
      NODE_COMPILE_CACHE: paths.nodeCompileCache,
      ...node.env,
    },
    startValues: [...liveSettingsOf(entry).map(settingEnvironmentName), ...(node.startValues ?? [])],
    files: [],
    prepare: [],
    classArchive: undefined,
    ports: [statsPort, ...(node.ports ?? [])],
    readiness: { kind: 'http', url: `http://${loopback(statsPort)}/health` },
    restart: 'always',
    graceMs: node.graceMs,
    nice: givesWay(service.role) ? 5 : 0,
    limits: limitsOf(service),
  }
}

function limitsOf({ memoryBytes, cpus, reservedCpus }: ServiceSpec): LocalProcess['limits'] {
  return { memoryBytes, cpus, reservedCpus }
}

/** The source and the page give way to the path that readings take. */
function givesWay(role: Role): boolean {
  switch (role) {
    case 'provider':
    case 'frontend':
      return true
    case 'kafka':
    case 'worker':
    case 'backend':
      return false
  }
}

/** Half of V8's default, three of which are a young generation: a provider at full speed takes 135 MiB so, and 222 without. */
const SEMI_SPACE_MIB = 8

/**
 * The heap of the main thread; the slots of a worker get theirs by `RADTUNE_SLOT_HEAP_BYTES`. A worker that has no slots now
 * may get some while it runs, so its main thread does not take their part.
 */
function nodeFlags({ role, heapBytes, slots = 0 }: ServiceSpec): string[] {
  if (heapBytes === undefined) return []
  const { mainBytes } = splitWorkerHeap(heapBytes, role === 'worker' ? Math.max(1, slots) : 0)
  return [
    `--max-old-space-size=${Math.max(16, Math.floor(mainBytes / MIB))}`,
    `--max-semi-space-size=${SEMI_SPACE_MIB}`,
  ]
}

function workerEnvironment(
  { name, heapBytes, slots = 0 }: ServiceSpec,
  workers: readonly string[],
): Record<string, string> {
  if (heapBytes === undefined) throw new Error(`the plan has no heap for ${name}`)
  return {
    [ENVIRONMENT.slots]: String(slots),
    [ENVIRONMENT.slotHeapBytes]: String(splitWorkerHeap(heapBytes, Math.max(1, slots)).slotBytes),
    [ENVIRONMENT.workerShare]: `${workers.indexOf(name) + 1}/${workers.length}`,
  }
}

function dataEnvironment(data: LocalRendering['data']): Record<string, string> {
  switch (data.kind) {
    case 'files':
      return { [ENVIRONMENT.data]: JSON.stringify(data.paths), [ENVIRONMENT.loop]: String(data.loop) }
    case 'generator':
      return { [ENVIRONMENT.seed]: String(data.seed) }
  }
}

/** One variable for each setting that the role reads; limits and heaps travel as flags of the process instead. */
function settingsEnvironment(spec: StackSpec, reader: SettingReader): Record<string, string> {
  const environment: Record<string, string> = {}
  for (const key of Object.keys(settings) as SettingKey[]) {
    const readers: readonly SettingReader[] = settings[key].readers
    if (!readers.includes(reader) || /\.(memory|cpus|heap|count)$/.test(key)) continue
    environment[settingEnvironmentName(key)] = String(spec.settings[key].value)
  }
  return environment
}

function loopback(port: number): string {
  return `127.0.0.1:${port}`
}

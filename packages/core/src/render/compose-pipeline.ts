import { ENVIRONMENT } from '../contract/index.ts'
import { settingEnvironmentName } from '../settings/index.ts'
import type { ServiceSpec, StackSpec } from '../stack/index.ts'
import { asShared, because, block, type YamlEntries, type YamlValue } from './commented-yaml.ts'
import { brokerAddress } from './compose-kafka.ts'
import { borrowedLimits, composeLimits } from './compose-limits.ts'
import { type ComposeRendering, hostPort, literal, NETWORKS } from './compose-rendering.ts'
import { identityEnvironment, nodeFlags, type RenderedData, settingsReadBy } from './service-environment.ts'
import type { StartStep } from './start-order.ts'

/** Inside of a container; every service has an address of its own. */
const PORTS = { stats: 9100, backend: 8000, frontend: 8080, inspector: 9229 }
const DOCKERFILE = 'compose/image/Dockerfile'
/** Where the image has the packages. */
const APP = '/app/packages'
const DATA_DIR = '/data'

/** What all programs of the pipeline have in common beside what every container has. */
export function pipelineDefaults(rendering: ComposeRendering): YamlEntries {
  return {
    '<<': asShared('service'),
    image: rendering.image,
    ...(rendering.inspector === undefined ? {} : { volumes: sourceMounts(rendering) }),
    healthcheck: because(
      {
        test: ['CMD', 'bash', '/app/healthy', String(PORTS.stats)],
        interval: '2s',
        timeout: '3s',
        retries: 5,
        start_period: '90s',
      },
      '/health of the service, which answers from what it does; asked by bash, because another Node would cost a tenth of the smallest CPU limit',
    ),
  }
}

/** The settings that services of a role start with, each with its reason. */
export function composeSettings(spec: StackSpec, role: StartStep['role']): YamlEntries {
  return Object.fromEntries(
    settingsReadBy(role).map((key) => {
      const { value, reason } = spec.settings[key]
      return [settingEnvironmentName(key), because(literal(String(value)), reason.sentence)]
    }),
  )
}

/** A service of the pipeline, or a program of it that runs once, as a container. */
export function composePipeline(rendering: ComposeRendering, step: StartStep): YamlEntries {
  const { spec, data, sources } = rendering
  const { name, role, service, graceMs } = step
  const once = service === undefined
  const ports = publishedPorts(rendering, step)
  return {
    '<<': asShared('pipeline'),
    ...(role === 'topics' && sources !== undefined
      ? {
          build: because(
            { context: sources, dockerfile: DOCKERFILE },
            'one image for all programs of the pipeline',
          ),
        }
      : {}),
    ...(once ? { restart: restartOfOnce(name) } : {}),
    command: composeCommand(rendering, step),
    environment: {
      ...(role === 'worker' ? { '<<': asShared('worker-settings') } : composeSettings(spec, role)),
      ...describedEnvironment(rendering, step),
    },
    ...(role === 'provider' && data.kind === 'files'
      ? { volumes: [...(rendering.inspector ? sourceMounts(rendering) : []), ...dataMounts(data.paths)] }
      : {}),
    ...(ports.length > 0 ? { ports } : {}),
    networks: networksOf(role),
    depends_on: Object.fromEntries(
      step.dependsOn.map((other) => [
        other,
        {
          condition:
            other === 'topics' || other === 'warm-up' ? 'service_completed_successfully' : 'service_healthy',
        },
      ]),
    ),
    ...(once ? { healthcheck: { disable: true } } : {}),
    ...(once ? limitsOfOnce(name, spec) : composeLimits(service)),
    stop_grace_period: because(`${graceMs / 1000}s`, GRACE[role] ?? 'it ends at once'),
  }
}

/** What runs once is not kept alive; the topics are worth another attempt, because everything else waits for them. */
function restartOfOnce(name: string): YamlValue {
  return name === 'topics'
    ? because('on-failure:5', 'it runs once; a broker that has just begun to listen may refuse')
    : because('no', 'it runs once, and going on without it is allowed')
}

const GRACE: Readonly<Partial<Record<StartStep['role'], string>>> = {
  worker: 'slots finish what they have, commit and leave the group',
  provider: 'what was read is published',
  backend: 'connections are closed',
  frontend: 'connections are closed',
}

function composeCommand({ inspector }: ComposeRendering, { name, role, service }: StartStep): YamlValue {
  const heap = service ? nodeFlags(service) : []
  const developed =
    inspector === undefined
      ? []
      : [
          '--conditions=radtune-source',
          ...(inspector[name] === undefined ? [] : [`--inspect=0.0.0.0:${PORTS.inspector}`]),
        ]
  const entry = inspector === undefined ? `dist/bin/${role}.js` : `src/bin/${role}.ts`
  const command = ['node', ...developed, ...heap, entry]
  const reason = service?.reasons.find(({ of }) => of === 'heapBytes')
  if (reason === undefined) return command
  const whose = role === 'worker' ? ' (here the part of the main thread; the slots have theirs)' : ''
  return because(command, `heap ${reason.sentence}${whose}`)
}

function describedEnvironment(rendering: ComposeRendering, step: StartStep): YamlEntries {
  const { spec, data } = rendering
  const { role, service } = step
  const kafka = spec.services.find((other) => other.role === 'kafka')
  const everywhere = (port: number) => `0.0.0.0:${port}`
  const environment = identityEnvironment(step, {
    spec,
    data: data.kind === 'files' ? { ...data, paths: data.paths.map(mountedPath) } : data,
    addresses: {
      bootstrap: brokerAddress(kafka ?? { name: 'kafka' }),
      stats: everywhere(PORTS.stats),
      http: everywhere(role === 'frontend' ? PORTS.frontend : PORTS.backend),
      backend: `backend:${PORTS.backend}`,
    },
  })
  const described = Object.fromEntries(
    Object.entries(environment).map(([variable, value]) => [
      variable,
      describedValue(variable, value, service),
    ]),
  )
  return { ...described, ...roleVariables(rendering, role) }
}

function describedValue(variable: string, value: string, service: ServiceSpec | undefined): YamlValue {
  const text = literal(value)
  switch (variable) {
    case ENVIRONMENT.topics:
      return because(block(oneEachLine(text)), 'the topics, one a line, as Kafka names their settings')
    case ENVIRONMENT.settings:
      return because(block(oneEachLine(text)), 'the live settings, which the settings topic is made to say')
    case ENVIRONMENT.slots: {
      const reason = service?.reasons.find(({ of }) => of === 'slots')
      return reason === undefined ? text : because(text, reason.sentence)
    }
    case ENVIRONMENT.slotHeapBytes:
      return because(text, 'V8 heap of each slot: a heap is of a thread, so each has a limit of its own')
    case ENVIRONMENT.seed:
      return because(text, `generated readings; to replay a file, mount it and set ${ENVIRONMENT.data}`)
    default:
      return text
  }
}

/** Beside what every runtime gives it: who may talk to the backend in here, and what the page is told. */
function roleVariables(rendering: ComposeRendering, role: StartStep['role']): YamlEntries {
  const page = hostPort(rendering, 'frontend')
  switch (role) {
    case 'backend':
      return {
        [ENVIRONMENT.allowedHosts]: because(
          'backend',
          'the frontend calls it so; by its published port it is loopback',
        ),
        [ENVIRONMENT.allowedOrigins]: because(
          `http://127.0.0.1:${page},http://localhost:${page}`,
          'the page, when VITE_WS_URL leads it here directly',
        ),
      }
    case 'frontend':
      return {
        VITE_API_URL: because(
          variable('VITE_API_URL'),
          'the page is told these at run time by /config.json; where one is empty, it stays with its own origin',
        ),
        VITE_WS_URL: variable('VITE_WS_URL'),
        VITE_MAPBOX_TOKEN: variable('VITE_MAPBOX_TOKEN'),
      }
    default:
      return {}
  }
}

function publishedPorts(rendering: ComposeRendering, { name, role, service }: StartStep): string[] {
  const stats = rendering.ports.stats[name]
  if (service && stats === undefined) throw new Error(`no stats port is given for ${name}`)
  const inspector = rendering.inspector?.[name]
  return [
    ...(role === 'backend' || role === 'frontend'
      ? [`127.0.0.1:${hostPort(rendering, role)}:${PORTS[role]}`]
      : []),
    ...(service ? [`127.0.0.1:${stats}:${PORTS.stats}`] : []),
    ...(inspector === undefined ? [] : [`127.0.0.1:${inspector}:${PORTS.inspector}`]),
  ]
}

function networksOf(role: StartStep['role']): string[] {
  if (role === 'frontend') return [NETWORKS.page]
  return role === 'backend' ? [NETWORKS.pipeline, NETWORKS.page] : [NETWORKS.pipeline]
}

/** A one-shot takes the limits of a service that starts when it has ended; the warm-up may keep the broker busy with them. */
function limitsOfOnce(name: string, { services }: StackSpec): YamlEntries {
  const ofRole = (role: ServiceSpec['role']): ServiceSpec => {
    const service = services.find((other) => other.role === role)
    if (service === undefined) throw new Error(`the plan has no ${role}`)
    return service
  }
  if (name === 'topics') return borrowedLimits(ofRole('worker'), undefined)
  const kafka = ofRole('kafka')
  return borrowedLimits(ofRole('provider'), {
    value: kafka.cpus,
    why: `as ${kafka.name}, which it keeps busy while nothing else does`,
  })
}

function sourceMounts({ sources = '../..' }: ComposeRendering): string[] {
  return ['core', 'pipeline'].map((room) => `${literal(sources)}/packages/${room}/src:${APP}/${room}/src:ro`)
}

function dataMounts(paths: Extract<RenderedData, { kind: 'files' }>['paths']): YamlEntries[] {
  return paths.map((path, index) => ({
    type: 'bind',
    source: literal(path),
    target: literal(mountedPath(path, index)),
    read_only: true,
    bind: { create_host_path: false },
  }))
}

/** Each file in a folder of its own: two may have the same name. */
function mountedPath(path: string, index: number): string {
  return `${DATA_DIR}/${index + 1}/${path.split(/[\\/]/).at(-1)}`
}

function variable(name: string): string {
  return `\${${name}:-}`
}

/** JSON with the entries of the outermost list or object on a line each. */
function oneEachLine(json: string): string {
  const value: unknown = JSON.parse(json)
  if (Array.isArray(value)) return `[\n${value.map((entry) => `  ${JSON.stringify(entry)}`).join(',\n')}\n]`
  const entries = Object.entries(value as object)
  return `{\n${entries.map(([key, entry]) => `  ${JSON.stringify(key)}: ${JSON.stringify(entry)}`).join(',\n')}\n}`
}

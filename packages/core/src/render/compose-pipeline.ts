import type { ServiceSpec, StackSpec } from '../stack/index.ts'
import { asShared, because, type YamlEntries, type YamlValue } from './commented-yaml.ts'
import { CONTAINER_PORTS, composeIdentity, composeSettings, mountedPath } from './compose-environment.ts'
import { borrowedLimits, composeLimits } from './compose-limits.ts'
import {
  type ComposeRendering,
  HEALTH_INTERVALS,
  hostPort,
  literal,
  NETWORKS,
  publishedHost,
} from './compose-rendering.ts'
import { nodeFlags } from './service-environment.ts'
import type { StartStep } from './start-order.ts'

const DOCKERFILE = 'compose/image/Dockerfile'
/** Where the image has the packages. */
const APP = '/app/packages'

/** What all programs of the pipeline have in common beside what every container has. */
export function pipelineDefaults(rendering: ComposeRendering): YamlEntries {
  return {
    '<<': asShared('service'),
    image: rendering.image,
    ...(rendering.inspector === undefined ? {} : { volumes: sourceMounts(rendering) }),
    healthcheck: because(
      {
        test: ['CMD', 'bash', '/app/healthy', String(CONTAINER_PORTS.stats)],
        ...HEALTH_INTERVALS,
      },
      '/health of the service, which answers from what it does; asked by bash, because another Node would cost a tenth of the smallest CPU limit',
    ),
  }
}

/** A service of the pipeline, or a program of it that runs once, as a container. */
export function composePipeline(rendering: ComposeRendering, step: StartStep): YamlEntries {
  const { spec, sources } = rendering
  const { name, role, service, graceMs } = step
  const settings = role === 'worker' ? { '<<': asShared('worker-settings') } : composeSettings(spec, role)
  return {
    '<<': asShared('pipeline'),
    build: role === 'topics' && sources !== undefined ? buildFrom(sources) : undefined,
    command: composeCommand(rendering, step),
    environment: { ...settings, ...composeIdentity(rendering, step) },
    volumes: role === 'provider' ? providerVolumes(rendering) : undefined,
    ports: service ? publishedPorts(rendering, step) : undefined,
    networks: networksOf(role),
    depends_on: Object.fromEntries(
      step.dependsOn.map((other) => [other, { condition: conditionOf(other, spec) }]),
    ),
    ...(service ? composeLimits(service) : runsOnce(name, spec)),
    stop_grace_period: because(`${graceMs / 1000}s`, GRACE[role] ?? 'it ends at once'),
  }
}

function buildFrom(sources: string): YamlValue {
  return because({ context: sources, dockerfile: DOCKERFILE }, 'one image for all programs of the pipeline')
}

function conditionOf(name: string, { services }: StackSpec): string {
  const runsOn = services.some((service) => service.name === name)
  return runsOn ? 'service_healthy' : 'service_completed_successfully'
}

/** What runs once is not kept alive and has no health; the topics are worth another attempt, because everything waits for them. */
function runsOnce(name: string, spec: StackSpec): YamlEntries {
  return {
    restart:
      name === 'topics'
        ? because('on-failure:5', 'it runs once; a broker that has just begun to listen may refuse')
        : because('no', 'it runs once, and going on without it is allowed'),
    healthcheck: { disable: true },
    ...limitsOfOnce(name, spec),
  }
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
          ...(inspector[name] === undefined ? [] : [`--inspect=0.0.0.0:${CONTAINER_PORTS.inspector}`]),
        ]
  const entry = inspector === undefined ? `dist/bin/${role}.js` : `src/bin/${role}.ts`
  const command = ['node', ...developed, ...heap, entry]
  const reason = service?.reasons.find(({ of }) => of === 'heapBytes')
  if (reason === undefined) return command
  const whose = role === 'worker' ? ' (here the part of the main thread; the slots have theirs)' : ''
  return because(command, `heap ${reason.sentence}${whose}`)
}

function publishedPorts(rendering: ComposeRendering, { name, role }: StartStep): string[] {
  const stats = rendering.ports.stats[name]
  if (stats === undefined) throw new Error(`no stats port is given for ${name}`)
  const inspector = rendering.inspector?.[name]
  return [
    ...(role === 'backend' || role === 'frontend'
      ? [`${publishedHost(rendering)}:${hostPort(rendering, role)}:${CONTAINER_PORTS[role]}`]
      : []),
    `127.0.0.1:${stats}:${CONTAINER_PORTS.stats}`,
    ...(inspector === undefined ? [] : [`127.0.0.1:${inspector}:${CONTAINER_PORTS.inspector}`]),
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

/** Undefined: those that all programs of the pipeline have. */
function providerVolumes(rendering: ComposeRendering): YamlValue | undefined {
  const { data, inspector } = rendering
  if (data.kind === 'generator') return undefined
  return [...(inspector ? sourceMounts(rendering) : []), ...dataMounts(data.paths)]
}

function dataMounts(paths: readonly string[]): YamlEntries[] {
  return paths.map((path, index) => ({
    type: 'bind',
    source: literal(path),
    target: literal(mountedPath(path, index)),
    read_only: true,
    bind: { create_host_path: false },
  }))
}

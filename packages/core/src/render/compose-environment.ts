import { ENVIRONMENT } from '../contract/index.ts'
import { settingEnvironmentName } from '../settings/index.ts'
import type { ServiceSpec, StackSpec } from '../stack/index.ts'
import { because, block, type YamlEntries, type YamlValue } from './commented-yaml.ts'
import { brokerAddress } from './compose-kafka.ts'
import { type ComposeRendering, hostPort, literal, publishedHost } from './compose-rendering.ts'
import { identityEnvironment, settingsReadBy } from './service-environment.ts'
import type { StartStep } from './start-order.ts'

/** Where programs of the pipeline listen inside of their containers; each has an address of its own. */
export const CONTAINER_PORTS = { stats: 9100, backend: 8000, frontend: 8080, inspector: 9229 }
const DATA_DIR = '/data'

/** The settings that services of a role start with, each with its reason. */
export function composeSettings(spec: StackSpec, role: StartStep['role']): YamlEntries {
  return Object.fromEntries(
    settingsReadBy(role).map((key) => {
      const { value, reason } = spec.settings[key]
      return [settingEnvironmentName(key), because(literal(String(value)), reason.sentence)]
    }),
  )
}

/** What makes a container of the pipeline the one that it is, explained where it is a number or a choice. */
export function composeIdentity(rendering: ComposeRendering, step: StartStep): YamlEntries {
  const { spec, data } = rendering
  const { role, service } = step
  const kafka = spec.services.find((other) => other.role === 'kafka')
  const everywhere = (port: number) => `0.0.0.0:${port}`
  const environment = identityEnvironment(step, {
    spec,
    data: data.kind === 'files' ? { ...data, paths: data.paths.map(mountedPath) } : data,
    addresses: {
      bootstrap: brokerAddress(kafka ?? { name: 'kafka' }),
      stats: everywhere(CONTAINER_PORTS.stats),
      http: everywhere(role === 'frontend' ? CONTAINER_PORTS.frontend : CONTAINER_PORTS.backend),
      backend: `backend:${CONTAINER_PORTS.backend}`,
      statsOf: (of) => `${of}:${CONTAINER_PORTS.stats}`,
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
    case ENVIRONMENT.stack:
      return because(
        block(oneEachLine(text)),
        'what the page shows of the system: the machine, the workload, and where each service tells its stats',
      )
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
          `backend,${variable(ENVIRONMENT.allowedHosts)}`,
          'the frontend calls it so; by its published port it is loopback, unless .env says otherwise',
        ),
        [ENVIRONMENT.allowedOrigins]: because(
          `http://127.0.0.1:${page},http://localhost:${page}`,
          'the page, when VITE_WS_URL leads it here directly',
        ),
        ...writeVariables(rendering),
      }
    case 'frontend':
      return {
        [ENVIRONMENT.allowedHosts]: variable(ENVIRONMENT.allowedHosts),
        ...writeVariables(rendering),
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

/** By what it is decided who may change settings. */
function writeVariables(rendering: ComposeRendering): YamlEntries {
  return {
    [ENVIRONMENT.publishedHost]: because(
      publishedHost(rendering),
      'settings can be changed over HTTP on loopback, and elsewhere by who has the token',
    ),
    [ENVIRONMENT.token]: variable(ENVIRONMENT.token),
  }
}

/** Where the provider finds a data file of the host. Each has a folder of its own: two may have the same name. */
export function mountedPath(path: string, index: number): string {
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

import { ENVIRONMENT } from '../contract/index.ts'
import type { StackSpec } from '../stack/index.ts'
import type { RenderedData } from './service-environment.ts'

/** What a compose file is made of: a plan, and where on the host its data and ports are. */
export interface ComposeRendering {
  spec: StackSpec
  /** Of radtune. */
  version: string
  fileName: string
  /** What the file is for and how it is used, in lines. */
  title: string
  /** Name of the compose project: what its containers, volumes and networks are called by. */
  project: string
  /** Of the pipeline, with its tag. */
  image: string
  /** radtune's own folder, absolute or from the file: what the image is built from. Absent where the image is there already. */
  sources?: string | undefined
  /** Development only: host port of Node's inspector by service. The programs run from mounted sources then. */
  inspector?: Readonly<Record<string, number>> | undefined
  /** Files by their paths on the host; they are mounted read-only. */
  data: RenderedData
  /** Ports of 127.0.0.1; `stats` is by service name. */
  ports: { kafka: number; backend: number; frontend: number; stats: Readonly<Record<string, number>> }
  /** Whether `RADTUNE_KAFKA_PORT` and its like win over those of kafka, backend and frontend. */
  portsFromEnvironment: boolean
}

export const NETWORKS = { pipeline: 'pipeline', page: 'page' } as const

/**
 * A check is a process in the container and costs the engine some 50 ms of CPU: every second until it is healthy, where the
 * engine knows `start_interval` (25 and newer), and then seldom.
 */
export const HEALTH_INTERVALS = {
  interval: '5s',
  timeout: '3s',
  retries: 3,
  start_period: '90s',
  start_interval: '1s',
} as const

/** Variables by which whoever starts a generated file gives it other ports. */
export const PORT_VARIABLES = {
  kafka: 'RADTUNE_KAFKA_PORT',
  backend: 'RADTUNE_BACKEND_PORT',
  frontend: 'RADTUNE_FRONTEND_PORT',
} as const

/** Where on the host a public service is published, as the file writes it. */
export function publishedHost({ portsFromEnvironment }: ComposeRendering): string {
  return portsFromEnvironment ? `\${${ENVIRONMENT.publishedHost}:-127.0.0.1}` : '127.0.0.1'
}

/** Port on the host of one of the public services, as the file writes it. */
export function hostPort(
  { ports, portsFromEnvironment }: ComposeRendering,
  service: keyof typeof PORT_VARIABLES,
): string {
  return portsFromEnvironment ? `\${${PORT_VARIABLES[service]}:-${ports[service]}}` : String(ports[service])
}

/** Text that compose must not take for a variable. */
export function literal(text: string): string {
  return text.replaceAll('$', '$$$$')
}

/** A port for each service of the pipeline, one after the other. */
export function numberedPorts(
  { services }: Pick<StackSpec, 'services'>,
  first: number,
): Record<string, number> {
  const names = services.filter(({ role }) => role !== 'kafka').map(({ name }) => name)
  return Object.fromEntries(names.map((name, index) => [name, first + index]))
}

/** Host ports of Node's inspector, from its usual one on. */
export function inspectorPorts(spec: Pick<StackSpec, 'services'>): Record<string, number> {
  return numberedPorts(spec, 9229)
}

import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  cpuShares,
  inspectorPorts,
  PIPELINE_IMAGE,
  renderCompose,
  startOrder,
  startValuesOf,
} from '@radtune/core/render'
import type { ServiceSpec } from '@radtune/core/stack'
import type { ContainerInspectInfo } from 'dockerode'
import { parse } from 'yaml'
import type { Launch } from '../../ports/runtime.ts'
import type { Place } from './docker-runtime.ts'

/** A stack as it is given to compose. */
export interface RenderedStack {
  text: string
  /** In the order of their start. */
  services: readonly RenderedService[]
}

export interface RenderedService {
  name: string
  image: string
  /** Runs to its end instead of going on. */
  once: boolean
  /** Whether its container must be made anew: it has none, or one of another definition. */
  differs: boolean
  /** On 127.0.0.1 of this machine. */
  ports: readonly number[]
  /** Absent of what runs once. */
  limits: { memoryBytes: number; cpus: number; cpuShares: number } | undefined
}

const FILE_NAME = 'compose.yaml'
/** Fields that change in place, while the container runs. */
const LIVE_FIELDS = ['deploy', 'memswap_limit', 'cpu_shares']

export function composeFile(folder: string): string {
  return join(folder, FILE_NAME)
}

interface ComposeService {
  image: string
  environment?: Record<string, string>
  ports?: string[]
  [field: string]: unknown
}

/** Renders a launch for this machine, and compares it with what was rendered before, of which containers exist. */
export async function renderStack(
  place: Place,
  { spec, data, ports, environment }: Launch,
  {
    version,
    sources,
    containers,
    again,
  }: {
    version: string
    sources: string | undefined
    containers: ReadonlyMap<string, ContainerInspectInfo>
    /** Programs that run once and are to run again. */
    again: readonly string[]
  },
): Promise<RenderedStack> {
  const development = environment === 'dev' && sources !== undefined
  const [artifact] = renderCompose({
    spec,
    version,
    fileName: FILE_NAME,
    title:
      'What radtune up launched last, on this machine. Written by radtune; changes made here have no effect.',
    project: place.project,
    image: `${PIPELINE_IMAGE}:${version}`,
    sources,
    inspector: development ? inspectorPorts(spec) : undefined,
    data,
    ports,
    portsFromEnvironment: false,
  })
  if (!artifact) throw new Error('nothing was rendered')
  const before = servicesOf(await readFile(composeFile(place.folder), 'utf8').catch(() => ''))
  const wanted = servicesOf(artifact.text)
  const services = startOrder(spec).map((step): RenderedService => {
    const { name, service } = step
    const definition = wanted[name]
    if (!definition) throw new Error(`${name} was not rendered`)
    const startValues = startValuesOf(step)
    const same =
      containers.has(name) &&
      !again.includes(name) &&
      JSON.stringify(lasting(before[name], startValues)) === JSON.stringify(lasting(definition, startValues))
    return {
      name,
      image: definition.image,
      once: service === undefined,
      differs: !same,
      ports: (definition.ports ?? []).map(hostPortOf),
      limits: service && limitsOf(service),
    }
  })
  return { text: artifact.text, services }
}

/** Only for the user: with `--data` it names files of theirs. */
export async function writeStack(folder: string, { text }: RenderedStack): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(composeFile(folder), text, { mode: 0o600 })
  await chmod(composeFile(folder), 0o600)
}

function servicesOf(text: string): Record<string, ComposeService | undefined> {
  const file = parse(text, { merge: true }) as { services?: Record<string, ComposeService> } | null
  return file?.services ?? {}
}

/** A definition without what changes in place. The labels say again what it says. */
function lasting(service: ComposeService | undefined, startValues: readonly string[]): unknown {
  if (!service) return undefined
  const { labels: _labels, environment = {}, ...rest } = service
  const fields = Object.entries(rest).filter(([field]) => !LIVE_FIELDS.includes(field))
  const variables = Object.entries(environment).filter(([name]) => !startValues.includes(name))
  return { fields, variables }
}

/** Of `127.0.0.1:8000:8000`. */
function hostPortOf(port: string): number {
  return Number(port.split(':').at(-2))
}

function limitsOf({ memoryBytes, cpus, reservedCpus }: ServiceSpec): RenderedService['limits'] {
  return { memoryBytes, cpus, cpuShares: cpuShares(reservedCpus) }
}

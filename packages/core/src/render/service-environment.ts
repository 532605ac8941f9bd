import { ENVIRONMENT, type StackOutline } from '../contract/index.ts'
import {
  liveSettingsOf,
  liveValuesOf,
  type SettingKey,
  type SettingReader,
  settingEnvironmentName,
  settings,
} from '../settings/index.ts'
import { type ServiceSpec, type StackSpec, splitWorkerHeap } from '../stack/index.ts'
import { MIB } from '../units/index.ts'
import type { StartStep } from './start-order.ts'

/** Where the readings come from: files read once or again and again, or the seeded generator. */
export type RenderedData =
  | { kind: 'files'; paths: readonly string[]; loop: boolean }
  | { kind: 'generator'; seed: number }

/** Where a program of the pipeline listens and whom it talks to; each as host:port. */
export interface ServiceAddresses {
  bootstrap: string
  stats: string
  /** Of the public server of the backend or the frontend. */
  http: string
  backend: string
  /** Where the backend reaches the stats of another service, by its name. */
  statsOf: (service: string) => string
}

/** The settings that services of a role read from their environment; limits and heaps travel as flags of the process instead. */
export function settingsReadBy(role: StartStep['role']): SettingKey[] {
  return (Object.keys(settings) as SettingKey[]).filter((key) => {
    const readers: readonly SettingReader[] = settings[key].readers
    return (
      role !== 'topics' && readers.includes(role as SettingReader) && !/\.(memory|cpus|heap|count)$/.test(key)
    )
  })
}

/** One variable for each setting that the role reads. */
export function settingsEnvironment(spec: StackSpec, role: StartStep['role']): Record<string, string> {
  return Object.fromEntries(
    settingsReadBy(role).map((key) => [settingEnvironmentName(key), String(spec.settings[key].value)]),
  )
}

/** What makes a program of the pipeline the one that it is: its name, its addresses, its slots, its data. */
export function identityEnvironment(
  step: StartStep,
  { spec, data, addresses }: { spec: StackSpec; data: RenderedData; addresses: ServiceAddresses },
): Record<string, string> {
  return {
    // The frontend talks to the backend alone.
    ...(step.role === 'frontend' ? {} : { [ENVIRONMENT.bootstrap]: addresses.bootstrap }),
    [ENVIRONMENT.service]: step.name,
    ...(step.service === undefined ? {} : { [ENVIRONMENT.statsAddress]: addresses.stats }),
    ...roleEnvironment(step, { spec, data, addresses }),
  }
}

function roleEnvironment(
  { role, service }: StartStep,
  { spec, data, addresses }: { spec: StackSpec; data: RenderedData; addresses: ServiceAddresses },
): Record<string, string> {
  switch (role) {
    case 'topics':
      return {
        [ENVIRONMENT.topics]: JSON.stringify(spec.topics),
        [ENVIRONMENT.settings]: JSON.stringify(liveValuesOf(spec.settings)),
      }
    case 'worker':
      return service === undefined ? {} : workerEnvironment(service, spec.services)
    case 'backend':
      return {
        [ENVIRONMENT.httpAddress]: addresses.http,
        [ENVIRONMENT.stack]: JSON.stringify(outlineOf(spec, addresses)),
      }
    case 'frontend':
      return {
        [ENVIRONMENT.httpAddress]: addresses.http,
        [ENVIRONMENT.backendUrl]: `http://${addresses.backend}`,
      }
    case 'provider':
      return dataEnvironment(data)
    case 'kafka':
    case 'warm-up':
      return {}
  }
}

/** The broker has no stats, and the backend knows its own. */
function outlineOf(
  { machine, workload, services }: StackSpec,
  { statsOf }: Pick<ServiceAddresses, 'statsOf'>,
): StackOutline {
  const stats = services.map(({ name, role }) => [
    name,
    role === 'kafka' || role === 'backend' ? null : statsOf(name),
  ])
  return { machine, workload, stats: Object.fromEntries(stats) }
}

/** Variables that only say what a service begins with: it follows the settings topic, so another value restarts nothing. */
export function startValuesOf({ role, service }: StartStep): string[] {
  if (service === undefined || role === 'kafka') return []
  return [
    ...liveSettingsOf(role as SettingReader).map(settingEnvironmentName),
    ...(role === 'worker' ? [ENVIRONMENT.slots, ENVIRONMENT.slotHeapBytes] : []),
  ]
}

/** Half of V8's default, three of which are a young generation: a provider at full speed takes 135 MiB so, and 222 without. */
const SEMI_SPACE_MIB = 8

/**
 * The heap of the main thread; the slots of a worker get theirs by `RADTUNE_SLOT_HEAP_BYTES`. A worker that has no slots now
 * may get some while it runs, so its main thread does not take their part.
 */
export function nodeFlags({ role, heapBytes, slots = 0 }: ServiceSpec): string[] {
  if (heapBytes === undefined) return []
  const { mainBytes } = splitWorkerHeap(heapBytes, role === 'worker' ? Math.max(1, slots) : 0)
  return [
    `--max-old-space-size=${Math.max(16, Math.floor(mainBytes / MIB))}`,
    `--max-semi-space-size=${SEMI_SPACE_MIB}`,
  ]
}

function workerEnvironment(
  { name, heapBytes, slots = 0 }: ServiceSpec,
  services: readonly ServiceSpec[],
): Record<string, string> {
  if (heapBytes === undefined) throw new Error(`the plan has no heap for ${name}`)
  const workers = services.filter(({ role }) => role === 'worker').map((worker) => worker.name)
  return {
    [ENVIRONMENT.slots]: String(slots),
    [ENVIRONMENT.slotHeapBytes]: String(splitWorkerHeap(heapBytes, Math.max(1, slots)).slotBytes),
    [ENVIRONMENT.workerShare]: `${workers.indexOf(name) + 1}/${workers.length}`,
  }
}

function dataEnvironment(data: RenderedData): Record<string, string> {
  switch (data.kind) {
    case 'files':
      return { [ENVIRONMENT.data]: JSON.stringify(data.paths), [ENVIRONMENT.loop]: String(data.loop) }
    case 'generator':
      return { [ENVIRONMENT.seed]: String(data.seed) }
  }
}

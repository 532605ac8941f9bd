import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { RadtuneError } from '@radtune/core/errors'
import { KAFKA_VERSION, PIPELINE_IMAGE } from '@radtune/core/render'
import type { ContainerInspectInfo } from 'dockerode'
import type { Launch, LaunchOptions, Runtime, RuntimeEvent, StackState } from '../../ports/runtime.ts'
import { checkPorts } from '../local/index.ts'
import { bringUp } from './bring-up.ts'
import { requireCompose } from './compose-command.ts'
import { readContainerLogs } from './container-logs.ts'
import { createUsageMeter } from './container-usage.ts'
import { describeContainers } from './describe-containers.ts'
import { type Engine, findEngine, readEngine } from './engine.ts'
import { findSources, imageIdOf, providePipeline, providePulled } from './images.ts'
import { launchedFile, readLaunched, seeContainers, stackStateOf } from './launched-stack.ts'
import {
  findContainers,
  findVolumes,
  type ProjectVolume,
  projectNameOf,
  removeContainers,
} from './project-containers.ts'
import { type RenderedStack, renderStack, writeStack } from './rendered-stack.ts'
import { stopContainers } from './stop-containers.ts'
import { watchStack } from './watch-stack.ts'

export interface DockerRuntimeOptions {
  /** Folder that holds `.radtune/`. */
  projectDir: string
  /** Of radtune: the tag of the image of the pipeline. */
  version: string
  environment?: NodeJS.ProcessEnv
}

/** Label of the volumes: which plan their data belong to. */
const PROFILE_LABEL = 'radtune.profile'

/** The runtime on a container engine: launched through `docker compose`, observed and changed over the engine's API. */
export function createDockerRuntime({
  projectDir,
  version,
  environment = process.env,
}: DockerRuntimeOptions): Runtime {
  const projectFolder = resolve(projectDir)
  const place: Place = {
    folder: join(projectFolder, '.radtune', 'docker'),
    project: projectNameOf(projectFolder),
    environment,
  }
  let opened: Promise<Engine> | undefined
  const engineOf = () => {
    opened ??= findEngine(environment)
    return opened
  }
  let meter: ReturnType<typeof createUsageMeter> | undefined

  async function inspect(): Promise<StackState | undefined> {
    const launched = await readLaunched(place.folder)
    if (!launched) return undefined
    const engine = await engineOf()
    const seen = await seeContainers(engine, place.project, launched)
    if (seen.containers.size === 0) return undefined
    meter ??= createUsageMeter(engine)
    return stackStateOf(launched, { ...seen, usages: await meter.measure(seen.running) })
  }

  async function stop({ onEvent }: { onEvent: (event: RuntimeEvent) => void }): Promise<boolean> {
    const engine = await engineOf()
    // Nothing was launched here, and no engine is there: nothing runs.
    if (!existsSync(place.folder) && !(await answers(engine))) return false
    await readEngine(engine)
    const ran = await stopContainers(engine, place.project, onEvent)
    await removeContainers(engine, place.project)
    await rm(launchedFile(place.folder), { force: true })
    return ran
  }

  async function data() {
    // Nothing was ever launched here: the engine, which may hang, is not asked.
    if (!existsSync(place.folder)) return undefined
    const engine = await engineOf()
    if (!(await answers(engine))) return undefined
    const volumes = await findVolumes(engine, place.project)
    if (volumes.length === 0) return undefined
    return {
      profile:
        volumes.map(({ labels }) => labels[PROFILE_LABEL]).find((name) => name !== undefined) ?? 'unknown',
      bytes: volumes.reduce((sum, { bytes }) => sum + bytes, 0),
    }
  }

  async function dropData(): Promise<void> {
    const engine = await engineOf()
    const containers = await findContainers(engine, place.project)
    if ([...containers.values()].some(({ State }) => State.Running))
      throw new RadtuneError('RT-LOCAL-012', { what: 'the stack runs, so its data cannot be dropped' })
    await removeContainers(engine, place.project)
    for (const { name } of await findVolumes(engine, place.project)) await engine.getVolume(name).remove()
  }

  async function launch(wanted: Launch, { signal, onEvent, again = [] }: LaunchOptions): Promise<StackState> {
    signal.throwIfAborted()
    const engine = await engineOf()
    await readEngine(engine)
    await requireCompose()
    const containers = await findContainers(engine, place.project)
    const volumes = await findVolumes(engine, place.project)
    checkData(volumes, wanted.spec.profile)
    const sources = findSources(import.meta.dirname)
    const drawn = await renderStack(place, wanted, { version, sources, containers, again })
    await checkPorts(drawn.services, publishedBy(containers))
    await provideImages(engine, drawn, { sources, signal, onEvent })
    const rendered = await withNewImages(engine, drawn, containers)
    signal.throwIfAborted()
    const launchedAt = (await readLaunched(place.folder))?.launchedAt
    await mkdir(place.folder, { recursive: true, mode: 0o700 })
    await writeStack(place.folder, rendered)
    const launched = {
      launch: wanted,
      launchedAt: containers.size > 0 ? (launchedAt ?? Date.now()) : Date.now(),
    }
    await writeFile(launchedFile(place.folder), JSON.stringify(launched))
    try {
      await bringUp(engine, { place, rendered, containers, signal, onEvent })
    } catch (error) {
      if (signal.aborted && containers.size === 0) {
        await stop({ onEvent })
        if (volumes.length === 0) await dropData()
      }
      throw error
    }
    const state = await inspect()
    if (!state)
      throw new RadtuneError('RT-UP-004', { what: 'the stack is gone: nothing of it runs any more' })
    const [first] = state.services
    if (first) onEvent({ kind: 'limits', enforced: first.limits.enforced, how: first.limits.how })
    return state
  }

  return {
    name: 'docker',
    inspect,
    async describe() {
      const launched = await readLaunched(place.folder)
      return launched && (await describeContainers(await engineOf(), place.project, launched))
    },
    watch: () => watchStack(place, engineOf),
    launch,
    stop,
    data,
    dropData,
    async *logs(query, signal) {
      const engine = await engineOf()
      await readEngine(engine)
      const containers = await findContainers(engine, place.project)
      const ids = new Map([...containers].map(([service, { Id }]) => [service, Id]))
      yield* readContainerLogs(engine, ids, query, signal)
    },
  }
}

/** Ports of this machine that our own containers hold now. */
function publishedBy(containers: ReadonlyMap<string, ContainerInspectInfo>): Set<number> {
  const running = [...containers.values()].filter(({ State }) => State.Running)
  const bindings = running.flatMap(({ NetworkSettings }) => Object.values(NetworkSettings.Ports ?? {}))
  return new Set(bindings.flatMap((bound) => (bound ?? []).map(({ HostPort }) => Number(HostPort))))
}

/** Of Kafka, as the image has it. */
const KAFKA_LABEL = 'radtune.kafka'

/**
 * An older Kafka does not read what a newer one has written, and a newer one does not give it back. Data of another profile are
 * found here when the project's own folder, which knew of them, was removed.
 */
function checkData(volumes: readonly ProjectVolume[], profile: string): void {
  for (const { name, labels } of volumes) {
    const { [KAFKA_LABEL]: written = KAFKA_VERSION, [PROFILE_LABEL]: of = profile } = labels
    if (written !== KAFKA_VERSION)
      throw new RadtuneError('RT-DOCKER-007', {
        what: `the data of this project were written by Kafka ${written}, and this radtune runs ${KAFKA_VERSION}`,
        why: `the volume ${name} bears the label ${KAFKA_LABEL}=${written}`,
        left: 'nothing was changed',
      })
    if (of !== profile)
      throw new RadtuneError('RT-UP-006', {
        what: `the project holds data of profile ${of}, and ${profile} was asked for`,
        why: `the volume ${name} bears the label ${PROFILE_LABEL}=${of}`,
        fix: [`docker volume rm ${name}    (drops the data)`, `radtune up --profile ${of}`],
        left: 'nothing was changed',
      })
  }
}

async function provideImages(
  engine: Engine,
  { services }: RenderedStack,
  provision: {
    sources: string | undefined
    signal: AbortSignal
    onEvent: (event: RuntimeEvent) => void
  },
): Promise<void> {
  for (const image of new Set(services.map((service) => service.image))) {
    if (image.startsWith(PIPELINE_IMAGE)) await providePipeline(engine, image, provision)
    else await providePulled(engine, image, provision)
  }
}

/** A container of an image that was built anew since is made anew as well. */
async function withNewImages(
  engine: Engine,
  rendered: RenderedStack,
  containers: ReadonlyMap<string, ContainerInspectInfo>,
): Promise<RenderedStack> {
  const services = await Promise.all(
    rendered.services.map(async (service) => {
      const container = containers.get(service.name)
      if (service.differs || service.once || !container) return service
      return { ...service, differs: container.Image !== (await imageIdOf(engine, service.image)) }
    }),
  )
  return { ...rendered, services }
}

/** Where a stack of a project lives. */
export interface Place {
  /** `.radtune/docker` of the project. */
  folder: string
  /** Name of the compose project. */
  project: string
  environment: NodeJS.ProcessEnv
}

async function answers(engine: Engine): Promise<boolean> {
  return await readEngine(engine).then(
    () => true,
    () => false,
  )
}

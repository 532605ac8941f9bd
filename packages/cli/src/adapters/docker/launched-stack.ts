import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ContainerInspectInfo } from 'dockerode'
import type { Launch, StackState } from '../../ports/runtime.ts'
import { absentService, type LastEnd, serviceStateOf } from './container-state.ts'
import type { ContainerUsage } from './container-usage.ts'
import { type Engine, readEngine } from './engine.ts'
import { findContainers, findLastEnds } from './project-containers.ts'

/** What a running stack was launched as. */
export interface Launched {
  launch: Launch
  launchedAt: number
}

/** Where that is kept, in the folder of the stack. */
export function launchedFile(folder: string): string {
  return join(folder, 'launched.json')
}

export async function readLaunched(folder: string): Promise<Launched | undefined> {
  try {
    return JSON.parse(await readFile(launchedFile(folder), 'utf8')) as Launched
  } catch {
    return undefined
  }
}

/** The containers of a project; `running` are those of the plan that run. Throws when no engine answers. */
export async function seeContainers(engine: Engine, project: string, { launch }: Launched) {
  const { cgroupVersion } = await readEngine(engine)
  const containers = await findContainers(engine, project)
  const own = launch.spec.services.flatMap(({ name }) => containers.get(name) ?? [])
  return {
    containers,
    running: own.filter(({ State }) => State.Running && !State.Restarting).map(({ Id }) => Id),
    lastEnds: await findLastEnds(engine, own),
    how: `by the container engine (cgroup v${cgroupVersion})`,
  }
}

/** A stack as it was launched and is found: by service what is seen of the containers. */
export function stackStateOf(
  { launch, launchedAt }: Launched,
  seen: {
    containers: ReadonlyMap<string, ContainerInspectInfo>
    usages: ReadonlyMap<string, ContainerUsage>
    lastEnds: ReadonlyMap<string, LastEnd>
    how: string
  },
): StackState {
  const { containers, usages, lastEnds, how } = seen
  return {
    runtime: 'docker',
    launch,
    launchedAt,
    // Nobody watches while no command runs, and the engine forgets its events.
    availability: undefined,
    services: launch.spec.services.map((service) => {
      const container = containers.get(service.name)
      if (!container) return absentService(service, how)
      const usage = usages.get(container.Id)
      return serviceStateOf(service, container, { usage, lastEnd: lastEnds.get(container.Id), how })
    }),
  }
}

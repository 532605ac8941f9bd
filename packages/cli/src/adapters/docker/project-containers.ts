import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import type { ContainerInspectInfo } from 'dockerode'
import type { LastEnd } from './container-state.ts'
import type { Engine } from './engine.ts'

const PROJECT_LABEL = 'com.docker.compose.project'
const SERVICE_LABEL = 'com.docker.compose.service'

/** Name of the compose project of a folder: two folders never share containers, and a person recognises it. */
export function projectNameOf(folder: string): string {
  const slug = basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 24)
  const hash = createHash('sha256').update(folder).digest('hex').slice(0, 6)
  return ['radtune', slug, hash].filter((part) => part !== '').join('-')
}

/** All containers of a compose project, by service, whether or not they run. */
export async function findContainers(
  engine: Engine,
  project: string,
): Promise<Map<string, ContainerInspectInfo>> {
  const listed = await engine.listContainers({ all: true, filters: ofProject(project) })
  const found = await Promise.all(
    listed.map(async ({ Id, Labels }) => {
      // It may be removed between the two questions.
      const container = await engine
        .getContainer(Id)
        .inspect()
        .catch(() => undefined)
      return [Labels[SERVICE_LABEL] ?? Id, container] as const
    }),
  )
  return new Map(found.filter((entry): entry is [string, ContainerInspectInfo] => entry[1] !== undefined))
}

/** How containers that were restarted ended the last time, by their id. */
export async function findLastEnds(
  engine: Engine,
  containers: readonly ContainerInspectInfo[],
): Promise<Map<string, LastEnd>> {
  const restarted = containers.filter(({ RestartCount }) => RestartCount > 0)
  const ends = new Map<string, LastEnd>()
  if (restarted.length === 0) return ends
  const created = Math.min(...restarted.map(({ Created }) => Date.parse(Created)))
  const events = (await engine.getEvents({
    since: Math.floor(created / 1000),
    until: Math.ceil(Date.now() / 1000),
    filters: { container: restarted.map(({ Id }) => Id), event: ['oom', 'die'] },
  })) as AsyncIterable<Buffer>
  const killed = new Set<string>()
  let text = ''
  for await (const chunk of events) text += String(chunk)
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    const { Action, Actor } = JSON.parse(line) as {
      Action: string
      Actor: { ID: string; Attributes: Record<string, string> }
    }
    if (Action === 'oom') killed.add(Actor.ID)
    else {
      ends.set(Actor.ID, { code: Number(Actor.Attributes.exitCode), outOfMemory: killed.has(Actor.ID) })
      killed.delete(Actor.ID)
    }
  }
  return ends
}

/** Removes what is left of a project's containers and networks; its volumes stay. */
export async function removeContainers(engine: Engine, project: string): Promise<void> {
  const containers = await engine.listContainers({ all: true, filters: ofProject(project) })
  await Promise.all(containers.map(({ Id }) => engine.getContainer(Id).remove({ force: true })))
  const networks = await engine.listNetworks({ filters: ofProject(project) })
  await Promise.all(networks.map(({ Id }) => engine.getNetwork(Id).remove()))
}

export interface ProjectVolume {
  name: string
  labels: Readonly<Record<string, string>>
  /** As far as the engine measures it. */
  bytes: number
}

export async function findVolumes(engine: Engine, project: string): Promise<ProjectVolume[]> {
  const { Volumes } = await engine.listVolumes({ filters: ofProject(project) })
  if (!Volumes || Volumes.length === 0) return []
  const usage = (await engine.df().catch(() => undefined)) as
    | { Volumes?: { Name: string; UsageData?: { Size: number } }[] }
    | undefined
  return Volumes.map(({ Name, Labels }) => ({
    name: Name,
    labels: Labels ?? {},
    bytes: Math.max(0, usage?.Volumes?.find((volume) => volume.Name === Name)?.UsageData?.Size ?? 0),
  }))
}

/** Filters what the engine lists or tells by the label of a compose project. */
export function ofProject(project: string): { label: string[] } {
  return { label: [`${PROJECT_LABEL}=${project}`] }
}

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { MIB } from '@radtune/core/units'
import {
  type ControlGroup,
  type GroupSystem,
  joinCommand,
  kernelGroups,
  removeGroupFolders,
  writeGroupFile,
} from './control-group.ts'
import { findGroupParents, findGroupPlace, type GroupPlace } from './control-group-place.ts'
import { createControlGroupV1, foldersOf } from './control-group-v1.ts'
import { createControlGroupV2 } from './control-group-v2.ts'

/** The control groups of one stack: one for all of it, and in it one per service. */
export interface StackGroups {
  /** How limits are held: `cgroup v1`, `cgroup v2`, or why they are not. */
  readonly how: string
  readonly enforcing: boolean
  /** Of the stack's group, one per hierarchy; they outlive a supervisor that is killed. */
  readonly folders: readonly string[]
  /** Makes the group of a service; undefined where groups cannot be made. */
  create(service: string): ControlGroup | undefined
  /** Tells the kernel what all services together have reserved. */
  reserveCpus(cpus: number): void
  /** Removes the stack's group with all that is in it. */
  remove(): Promise<void>
}

/** Finds out whether control groups can be made for the stack of that folder, by making one and putting a process in it. */
export async function openStackGroups(
  localFolder: string,
  system: GroupSystem = kernelGroups,
): Promise<StackGroups> {
  const place = findGroupPlace(system)
  if (place.kind === 'none') return withoutGroups(place.why)
  const why = await tryOut(place, localFolder, system)
  if (why !== undefined) return withoutGroups(why)
  const path = groupPath(localFolder)
  const folders = stackFolders(place, path)
  return {
    how: place.kind === 'v1' ? 'cgroup v1' : 'cgroup v2',
    enforcing: true,
    folders,
    create(service) {
      prepareStack(place, path, system)
      return createGroup(place, join(path, service), system)
    },
    reserveCpus: (cpus) => prepareStack(place, path, system).reserveCpus(cpus),
    remove: () => removeStackGroups(folders, system),
  }
}

/** Limits as advice only, for the reason given. */
export function withoutGroups(why: string): StackGroups {
  return {
    how: `advisory: heap flags and niceness (${why})`,
    enforcing: false,
    folders: [],
    create: () => undefined,
    reserveCpus: () => undefined,
    remove: async () => undefined,
  }
}

/** The folders of a stack's group that exist where this process would make them. */
export function findStackFolders(localFolder: string, system: GroupSystem = kernelGroups): string[] {
  const path = groupPath(localFolder)
  return findGroupParents(system)
    .map((parent) => join(parent, path))
    .filter((folder) => existsSync(folder))
}

/** Kills what is left in the groups of a stack and removes them. */
export async function removeStackGroups(
  folders: readonly string[],
  system: GroupSystem = kernelGroups,
): Promise<void> {
  for (const folder of folders) {
    const services = foldersIn(folder).map((name) => join(folder, name))
    await removeGroupFolders(system, [...services, folder])
  }
}

type UsablePlace = Exclude<GroupPlace, { kind: 'none' }>

/** Short, and the same for every process that looks for it. */
function groupPath(localFolder: string): string {
  return `radtune-${createHash('sha256').update(localFolder).digest('hex').slice(0, 12)}`
}

function stackFolders(place: UsablePlace, path: string): string[] {
  if (place.kind === 'v2') return [join(place.parent, path)]
  return foldersOf(place.parents).map((folder) => join(folder, path))
}

function prepareStack(place: UsablePlace, path: string, system: GroupSystem): ControlGroup {
  const whole = createGroup(place, path, system)
  if (place.kind === 'v2') writeGroupFile(join(place.parent, path, 'cgroup.subtree_control'), '+cpu +memory')
  return whole
}

function createGroup(place: UsablePlace, path: string, system: GroupSystem): ControlGroup {
  if (place.kind === 'v2') return createControlGroupV2(system, join(place.parent, path))
  const { cpu, memory, cpuacct } = place.parents
  return createControlGroupV1(system, {
    cpu: join(cpu, path),
    memory: join(memory, path),
    cpuacct: cpuacct === undefined ? undefined : join(cpuacct, path),
  })
}

const TRIAL_MS = 5000
const TRIAL_BYTES = 64 * MIB

/** A group with limits, and a process that joins it: undefined when all of that works, else why not. */
async function tryOut(
  place: UsablePlace,
  localFolder: string,
  system: GroupSystem,
): Promise<string | undefined> {
  // Beside the stack's own group, which another process may just be clearing up.
  const path = `${groupPath(localFolder)}-trial-${process.pid}`
  try {
    prepareStack(place, path, system)
    const group = createGroup(place, join(path, 'service'), system)
    group.limitMemory(TRIAL_BYTES)
    group.limitCpus(1)
    const { command, args } = joinCommand(group.joinFiles, 'true', [])
    const joined = spawnSync(command, args, { timeout: TRIAL_MS, encoding: 'utf8' })
    const { memoryLimitBytes, cpuLimit } = group.read()
    if (joined.status !== 0) return `a process cannot join a group: ${joined.stderr.trim().split('\n')[0]}`
    if (memoryLimitBytes === undefined || cpuLimit === undefined)
      return `a limit is not kept: ${group.refusal ?? 'it reads back as none'}`
    return undefined
  } catch (error) {
    const { code, path, message } = error as NodeJS.ErrnoException
    return code && path ? `no control group can be made: ${code} at ${path}` : message
  } finally {
    await removeStackGroups(stackFolders(place, path), system).catch(() => undefined)
  }
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
  } catch {
    return []
  }
}

import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type GroupSystem, readGroupFile, writeGroupFile } from './control-group.ts'
import { type FoldersV1, foldersOf } from './control-group-v1.ts'

/** The group below which this user's groups are made, or why there is none. */
export type GroupPlace =
  | { kind: 'v1'; parents: FoldersV1 }
  | { kind: 'v2'; parent: string }
  | { kind: 'none'; why: string }

const CONTROLLERS = ['cpu', 'memory'] as const

/**
 * Finds where control groups can be made: below the group that this process is in, so that the limits of that group hold
 * for them too. cgroup v2 is told by its controllers: a machine with v1 may have an empty v2 mounted as well.
 */
export function findGroupPlace(system: GroupSystem): GroupPlace {
  const mount = join(system.root, 'sys/fs/cgroup')
  if (!existsSync(mount)) return { kind: 'none', why: 'this system has no control groups' }
  const own = ownPaths(system.root)
  return hasControllers(mount, 'cgroup.controllers')
    ? findUnified(mount, own.get('') ?? '/')
    : findV1(mount, own)
}

/** All groups below which `findGroupPlace` may have made one, now or for a process that ran elsewhere. Changes nothing. */
export function findGroupParents(system: GroupSystem): string[] {
  const mount = join(system.root, 'sys/fs/cgroup')
  const own = ownPaths(system.root)
  if (!hasControllers(mount, 'cgroup.controllers')) {
    const place = findV1(mount, own)
    return place.kind === 'v1' ? foldersOf(place.parents) : []
  }
  const parents: string[] = []
  for (let at = join(mount, own.get('') ?? '/'); ; at = dirname(at)) {
    parents.push(at)
    if (at === mount) return parents
  }
}

/** Paths of this process's groups by controller; that of cgroup v2 has no name. */
function ownPaths(root: string): Map<string, string> {
  const paths = new Map<string, string>()
  for (const line of (readGroupFile(join(root, 'proc/self/cgroup')) ?? '').split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.+)$/.exec(line) ?? []
    if (controllers === undefined || path === undefined) continue
    for (const name of controllers.split(',')) paths.set(name, path)
  }
  return paths
}

function findV1(mount: string, own: ReadonlyMap<string, string>): GroupPlace {
  const folderOf = (name: string): string | undefined => {
    const hierarchy = join(mount, name)
    if (!existsSync(join(hierarchy, 'cgroup.procs'))) return undefined
    const folder = join(hierarchy, own.get(name) ?? '/')
    // In a container the path may be that of the host; what is mounted then is our own group.
    return realpathSync(existsSync(folder) ? folder : hierarchy)
  }
  const [cpu, memory, cpuacct] = ['cpu', 'memory', 'cpuacct'].map(folderOf)
  if (cpu === undefined || memory === undefined) {
    const missing = cpu === undefined ? 'cpu' : 'memory'
    return { kind: 'none', why: `the ${missing} controller is not mounted` }
  }
  return { kind: 'v1', parents: { cpu, memory, cpuacct } }
}

/**
 * A group that holds processes cannot hand its controllers on, so that ours, which holds this process, mostly cannot be the
 * parent. Then the next group above is, as long as the ones that are left have no limit that would be escaped.
 */
function findUnified(mount: string, ownPath: string): GroupPlace {
  const own = join(mount, ownPath)
  let refusal = `${own} does not exist`
  for (let at = existsSync(own) ? own : mount; ; at = dirname(at)) {
    const problem = handOn(at)
    if (problem === undefined) return { kind: 'v2', parent: at }
    refusal = problem
    if (at === mount) break
    if (isLimited(at)) {
      refusal = `${problem}, and its limits hold for everything in it`
      break
    }
  }
  return { kind: 'none', why: refusal }
}

/** Makes a group hand its cpu and memory controllers on to groups in it; returns why it does not. */
function handOn(folder: string): string | undefined {
  if (!hasControllers(folder, 'cgroup.controllers')) return `${folder} has no cpu and memory controllers`
  if (hasControllers(folder, 'cgroup.subtree_control')) return undefined
  const refusal = writeGroupFile(
    join(folder, 'cgroup.subtree_control'),
    CONTROLLERS.map((name) => `+${name}`).join(' '),
  )
  return refusal === undefined ? undefined : `${folder} does not hand on its controllers (${refusal})`
}

function hasControllers(folder: string, file: string): boolean {
  const names = (readGroupFile(join(folder, file)) ?? '').split(/\s+/)
  return CONTROLLERS.every((name) => names.includes(name))
}

function isLimited(folder: string): boolean {
  return ['memory.max', 'memory.high', 'cpu.max'].some((file) => {
    const value = readGroupFile(join(folder, file))
    return value !== undefined && !value.startsWith('max')
  })
}

import { RadtuneError } from '@radtune/core/errors'
import { type Profile, parseProfile, profileError, profileFromName } from '@radtune/core/profile'
import { nearest } from '@radtune/core/settings'
import { detectProfileName } from '@radtune/core/stack'
import type { Files } from '../ports/files.ts'
import type { Host } from '../ports/host.ts'

/** Where profiles are looked for. */
export interface ProfilePlaces {
  files: Files
  /** Asked for the profile `auto` only. */
  host: Pick<Host, 'facts'>
  /** Absolute. */
  projectDir: string
  workingDir: string
  shippedProfilesDir: string
}

/** A profile and where it came from: a path as given, `<project>/profiles`, radtune's own, or its name alone. */
export interface FoundProfile {
  profile: Profile
  source: 'path' | 'project' | 'shipped' | 'name'
  /** Null when the profile is sized from its name alone. */
  path: string | null
}

/** The name that stands for the profile of this machine. */
export const AUTO = 'auto'

/**
 * Finds a profile by name or path: a path when it has a slash or ends in .yaml or .yml, else the project's own, else a
 * shipped one, else any `<cpus>c<GB>g` name; `auto` is the name of this machine. Throws RT-PROF-001 for a profile with problems and RT-PROF-002 for none.
 */
export async function loadProfile(name: string, places: ProfilePlaces): Promise<FoundProfile> {
  if (isPath(name)) {
    const path = name.startsWith('/') ? name : joined(places.workingDir, name)
    const text = await readText(path, places.files)
    if (text === undefined) throw await noSuchProfile(name, places, `${path} does not exist`)
    return { profile: parseText(text, name), source: 'path', path }
  }
  for (const [source, folder] of profileFolders(places)) {
    for (const ending of ['yaml', 'yml']) {
      const path = `${folder}/${name}.${ending}`
      const text = await readText(path, places.files)
      if (text !== undefined) return { profile: parseText(text, shorten(path, places)), source, path }
    }
  }
  if (name === AUTO) return await loadProfile(detectProfileName(await places.host.facts()), places)
  const byName = profileFromName(name)
  if (byName.ok) return { profile: byName.profile, source: 'name', path: null }
  const impossible = /^\d+(\.\d+)?c\d+(\.\d+)?g$/.test(name) ? byName.problem : undefined
  throw await noSuchProfile(name, places, impossible)
}

/** The folders of named profiles, the ones that win first. */
export function profileFolders(places: ProfilePlaces): ['project' | 'shipped', string][] {
  const own = `${places.projectDir}/profiles`
  return own === places.shippedProfilesDir
    ? [['shipped', own]]
    : [
        ['project', own],
        ['shipped', places.shippedProfilesDir],
      ]
}

/** Names of the profile files in a folder, in the order of machine size. */
export async function profileNamesIn(folder: string, files: Files): Promise<string[]> {
  const names = (await files.list(folder))
    .filter((file) => /\.ya?ml$/.test(file))
    .map((file) => file.replace(/\.ya?ml$/, ''))
  return names.sort((one, other) => one.localeCompare(other, 'en', { numeric: true }))
}

function parseText(text: string, shown: string): Profile {
  const parsed = parseProfile(text, { file: shown })
  if (parsed.ok) return parsed.profile
  throw profileError(parsed.problems)
}

async function noSuchProfile(
  name: string,
  places: ProfilePlaces,
  why: string | undefined,
): Promise<RadtuneError> {
  const lists = await Promise.all(
    profileFolders(places).map(([, folder]) => profileNamesIn(folder, places.files)),
  )
  const names = [...new Set(lists.flat())]
  const near = nearest(name, names)
  const hint = near
    ? `did you mean ${near}?`
    : why === undefined
      ? `known are ${names.join(', ')}, any <cpus>c<GB>g such as 6c12g, auto for this machine, and a path to a file`
      : undefined
  const reasons = [why, hint].filter((reason) => reason !== undefined)
  return new RadtuneError('RT-PROF-002', {
    what: `there is no profile "${name}"`,
    ...(reasons.length > 0 ? { why: reasons.join('; ') } : {}),
    fix: ['radtune profiles'],
  })
}

async function readText(path: string, files: Files): Promise<string | undefined> {
  try {
    return await files.read(path)
  } catch (error) {
    throw new RadtuneError('RT-PROF-003', {
      what: `${path} cannot be read`,
      why: error instanceof Error ? error.message : String(error),
      fix: [`ls -ld ${path}`],
      cause: error,
    })
  }
}

function isPath(name: string): boolean {
  return name.includes('/') || /\.ya?ml$/i.test(name)
}

function joined(folder: string, path: string): string {
  return `${folder}/${path.replace(/^(\.\/)+/, '')}`
}

function shorten(path: string, { workingDir, projectDir }: ProfilePlaces): string {
  const folder = [workingDir, projectDir].find((each) => path.startsWith(`${each}/`))
  return folder === undefined ? path : path.slice(folder.length + 1)
}

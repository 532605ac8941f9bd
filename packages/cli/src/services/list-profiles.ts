import {
  type FoundProfile,
  loadProfile,
  type ProfilePlaces,
  profileFolders,
  profileNamesIn,
} from './load-profile.ts'

/** One profile of the list; `problem` in place of the machine when it cannot be read. */
export type ListedProfile = { name: string; source: 'project' | 'shipped'; path: string } & (
  | { ok: true; cpus: number; memoryBytes: number; minPerSecond: number; maxPerSecond: number; pins: number }
  | { ok: false; problem: string }
)

/** All named profiles, the project's own before shipped ones of the same name, in the order of size. */
export async function listProfiles(places: ProfilePlaces): Promise<ListedProfile[]> {
  const listed = new Map<string, ListedProfile>()
  for (const [source, folder] of profileFolders(places)) {
    for (const name of await profileNamesIn(folder, places.files)) {
      if (!listed.has(name)) listed.set(name, await describe(name, { source, folder, places }))
    }
  }
  return [...listed.values()].sort((one, other) =>
    one.name.localeCompare(other.name, 'en', { numeric: true }),
  )
}

async function describe(
  name: string,
  { source, folder, places }: { source: 'project' | 'shipped'; folder: string; places: ProfilePlaces },
): Promise<ListedProfile> {
  const entry = { name, source, path: `${folder}/${name}.yaml` }
  try {
    const { profile } = (await loadProfile(name, places)) satisfies FoundProfile
    const { machine, workload, pins } = profile
    return {
      ...entry,
      ok: true,
      cpus: machine.cpus,
      memoryBytes: machine.memoryBytes,
      minPerSecond: workload.minPerSecond,
      maxPerSecond: workload.maxPerSecond,
      pins: pins.length,
    }
  } catch (error) {
    return { ...entry, ok: false, problem: error instanceof Error ? error.message : String(error) }
  }
}

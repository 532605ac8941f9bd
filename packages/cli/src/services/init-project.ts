import { RadtuneError } from '@radtune/core/errors'
import { renderProjectFile } from '@radtune/core/render'
import { planStack } from '@radtune/core/stack'
import { readGenerated, writeGenerated } from './generated-files.ts'
import { loadProfile, type ProfilePlaces } from './load-profile.ts'

export interface InitializedProject {
  /** Absolute. */
  path: string
  profile: string
  /** Of the file that was there before. */
  backup: string | undefined
}

/**
 * Writes an annotated radtune.yaml for a profile. Throws RT-GEN-003 when there is one and `overwrite` is not set, and what
 * loading and planning the profile throw.
 */
export async function initProject(
  places: ProfilePlaces,
  { profile, overwrite }: { profile: string; overwrite: boolean },
): Promise<InitializedProject> {
  const path = `${places.projectDir}/radtune.yaml`
  const before = await readGenerated(places.files, path)
  if (before !== undefined && !overwrite)
    throw new RadtuneError('RT-GEN-003', { what: `${path} exists`, left: 'nothing was changed' })
  const found = await loadProfile(profile, places)
  const planned = planStack(found.profile)
  if (!planned.ok) throw planned.error
  const text = renderProjectFile(planned.spec, profile)
  return { path, profile, backup: await writeGenerated(places.files, path, { text, before }) }
}

import { relative } from 'node:path'
import {
  type Artifact,
  type ArtifactDifference,
  type ComposeEnvironment,
  compareArtifact,
  isHandEdited,
  renderComposeFolder,
} from '@radtune/core/render'
import { type Pin, pinName, type StackSpec } from '@radtune/core/stack'
import type { Files } from '../ports/files.ts'
import { readGenerated, writeGenerated } from './generated-files.ts'
import { type PlanPlaces, planProject } from './plan-project.ts'

/** What is to be generated, and where. */
export interface GenerateRequest {
  /** Undefined: the one that radtune.yaml names, else 4c8g. */
  profile: string | undefined
  profileFromEnvironment?: boolean
  /** Values of `--set`, as KEY=VALUE. */
  assignments: readonly string[]
  /** Absolute folder; the files lie in a folder of it that is named like the profile. */
  out: string
  environments: readonly ComposeEnvironment[]
  /** Of radtune. */
  version: string
}

/** A file that is generated, against what is on disk. */
export interface GeneratedFile {
  /** Absolute. */
  path: string
  /** From the project folder, for people. */
  shown: string
  /** `edited`: somebody has changed it since it was generated, or it never was. */
  state: 'new' | 'unchanged' | 'outdated' | 'edited'
  /** Of the file on disk; none for a new one. */
  differences: readonly ArtifactDifference[]
  text: string
  before: string | undefined
}

export interface GeneratedCompose {
  profile: string
  files: readonly GeneratedFile[]
  /** Whether the image can be built from this project. */
  hasSources: boolean
  /** Names of pins that belong to this user, machine or shell, and so are not in the files. */
  leftOut: readonly string[]
}

const DOCKERFILE = 'compose/image/Dockerfile'

/** What a profile is generated to, before it is compared with anything. */
export interface RenderedFolder {
  spec: StackSpec
  /** Each file with its absolute path, and its path from the project folder. */
  files: readonly { path: string; shown: string; artifact: Artifact }[]
  hasSources: boolean
  leftOut: readonly Pin[]
}

/**
 * Plans a profile without anything that only this machine has, renders its compose files and compares them with those on
 * disk. Writes nothing. Throws what planning throws, and RT-GEN-002.
 */
export async function generateCompose(
  places: PlanPlaces,
  request: GenerateRequest,
): Promise<GeneratedCompose> {
  const { spec, files, hasSources, leftOut } = await renderFolder(places, request)
  const generated: GeneratedFile[] = []
  for (const { path, shown, artifact } of files)
    generated.push({ path, shown, ...compare(await readGenerated(places.files, path), artifact) })
  return {
    profile: spec.profile,
    files: generated,
    hasSources,
    leftOut: leftOut.map((pin) => `${pinName(pin)} (${pin.at ?? pin.origin})`),
  }
}

/** Plans and renders what `generateCompose` compares. Throws what planning throws. */
export async function renderFolder(places: PlanPlaces, request: GenerateRequest): Promise<RenderedFolder> {
  const { profile, profileFromEnvironment = false, assignments, environments, version } = request
  const { spec, leftOut } = await planProject(places, {
    profile,
    profileFromEnvironment,
    assignments,
    portable: true,
  })
  const { files, projectDir } = places
  const folder = `${request.out}/${spec.profile}`
  const hasSources = (await files.kind(`${projectDir}/${DOCKERFILE}`)) === 'file'
  const sources = hasSources ? relative(folder, projectDir).replaceAll('\\', '/') || '.' : undefined
  const artifacts = renderComposeFolder({ spec, version, sources, environments })
  return {
    spec,
    files: artifacts.map((artifact) => {
      const path = `${folder}/${artifact.path}`
      const shown = path.startsWith(`${projectDir}/`) ? path.slice(projectDir.length + 1) : path
      return { path, shown, artifact }
    }),
    hasSources,
    leftOut,
  }
}

function compare(
  found: string | undefined,
  artifact: Artifact,
): Pick<GeneratedFile, 'state' | 'differences' | 'text' | 'before'> {
  const { text } = artifact
  if (found === undefined) return { state: 'new', differences: [], text, before: undefined }
  const before = found.replaceAll('\r\n', '\n')
  if (before === text) return { state: 'unchanged', differences: [], text, before }
  const state = isHandEdited(before) ? 'edited' : 'outdated'
  return { state, differences: compareArtifact(before, artifact), text, before }
}

/** Writes what differs. Of a file that was edited by hand a copy is kept; gives the copies by the path of their file. */
export async function writeCompose(
  files: Files,
  generated: readonly GeneratedFile[],
): Promise<ReadonlyMap<string, string>> {
  const backups = new Map<string, string>()
  for (const { path, state, text, before } of generated) {
    if (state === 'unchanged') continue
    const backup = await writeGenerated(files, path, {
      text,
      before: state === 'edited' ? before : undefined,
    })
    if (backup !== undefined) backups.set(path, backup)
  }
  return backups
}

import { type ComposeProject, readCompose } from '@radtune/core/compose-file'
import {
  type ComparedSource,
  composeFields,
  findNoEffect,
  foreignSource,
  variablesSource,
} from '@radtune/core/drift'
import { PIPELINE_IMAGE } from '@radtune/core/render'
import type { StackSpec } from '@radtune/core/stack'
import type { Files } from '../ports/files.ts'
import { type GenerateRequest, type RenderedFolder, renderFolder } from './generate-compose.ts'
import { type ImportPlaces, readProject, schemaProblems } from './import-compose.ts'
import type { PlanPlaces } from './plan-project.ts'

type Committed = RenderedFolder['files'][number]

/** The committed files of a profile, each against what would be generated now. Throws what planning throws. */
export async function committedSources(
  places: PlanPlaces,
  request: GenerateRequest,
): Promise<{ spec: StackSpec; sources: ComparedSource[] }> {
  const { spec, files } = await renderFolder(places, request)
  const sources: ComparedSource[] = []
  for (const file of files) sources.push(await committedSource(places.files, { file, spec }))
  return { spec, sources }
}

async function committedSource(
  disk: Files,
  { file, spec }: { file: Committed; spec: StackSpec },
): Promise<ComparedSource> {
  const { path, shown, artifact } = file
  const read = await disk.read(path).then(
    (text) => ({ text, why: `it does not exist; radtune generate writes it` }),
    (error: unknown) => ({ text: undefined, why: `it cannot be read: ${messageOf(error)}` }),
  )
  if (!/\.ya?ml$/.test(path)) {
    const source = variablesSource({ name: shown, wanted: artifact.text, found: read.text ?? '' })
    return read.text === undefined ? { ...source, found: { state: 'unchecked', why: read.why } } : source
  }
  // Variables of an .env beside it are the user's own, and the same for both.
  const load = (text: string) => async (asked: string) =>
    asked === shown ? text : await disk.read(absolute(asked, { path, shown }))
  const wanted = await readCompose({ files: [shown], environment: {}, load: load(artifact.text) })
  if (!wanted.ok) throw new Error(`what would be generated cannot be read: ${wanted.problems[0]?.message}`)
  const source = { kind: 'files', name: shown, wanted: composeFields(wanted.project), noEffect: [] } as const
  if (read.text === undefined) return { ...source, found: { state: 'unchecked', why: read.why } }
  // Most files are as they were generated, and reading one is what takes the time.
  const found =
    read.text === artifact.text
      ? wanted
      : await readCompose({ files: [shown], environment: {}, load: load(read.text) })
  return found.ok ? foundSource(source, { project: found.project, spec }) : unreadable(shown, found.problems)
}

function foundSource(
  source: Omit<ComparedSource, 'found'>,
  { project, spec }: { project: ComposeProject; spec: StackSpec },
): ComparedSource {
  const noEffect = findNoEffect(project, { machine: spec.machine, ownImage: PIPELINE_IMAGE })
  return { ...source, found: { state: 'read', fields: composeFields(project) }, noEffect }
}

/** A file that compose cannot read is another than it should be, whatever else it says. */
function unreadable(
  name: string,
  problems: readonly { at: { file: string; line: number; column: number }; message: string }[],
): ComparedSource {
  const field = { path: name, class: 'service' } as const
  return {
    kind: 'files',
    name,
    wanted: [{ ...field, canonical: 'read', text: 'a compose file' }],
    found: {
      state: 'read',
      fields: problems.slice(0, 1).map(({ at, message }) => ({
        ...field,
        at,
        canonical: 'unreadable',
        text: 'cannot be read',
        why: message,
      })),
    },
    noEffect: [],
  }
}

/** Paths that a compose file names are shown as the file itself is. */
function absolute(asked: string, { path, shown }: Pick<Committed, 'path' | 'shown'>): string {
  if (asked.startsWith('/')) return asked
  return `${path.slice(0, path.length - shown.length)}${asked}`
}

/** Compose files that radtune never wrote, against a plan. Throws RT-COMP-001 when they cannot be read at all. */
export async function foreignFiles(
  places: ImportPlaces,
  { paths, spec }: { paths: readonly string[]; spec: StackSpec },
) {
  const project = await readProject(paths, places)
  const noEffect = findNoEffect(project, { machine: spec.machine, ownImage: PIPELINE_IMAGE })
  const { source, notes } = foreignSource(project, { spec, name: paths.join(', '), noEffect })
  const odd = [...project.notes, ...(await schemaProblems(project, places))]
  return { source, notes: [...notes, ...odd.map(({ at, message }) => ({ at, text: message }))] }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

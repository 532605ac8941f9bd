import {
  type ComposeProblem,
  type ComposeProject,
  placeAt,
  plainValue,
  printPlace,
  readCompose,
} from '@radtune/core/compose-file'
import { RadtuneError } from '@radtune/core/errors'
import {
  type ForeignFinding,
  type ForeignLedger,
  type ForeignProfile,
  findForeign,
  foreignLedger,
  guessMachine,
  profileOfForeign,
} from '@radtune/core/foreign'
import type { ProfileFile } from '@radtune/core/profile'
import type { Machine } from '@radtune/core/stack'
import type { ComposeSchema } from '../ports/compose-schema.ts'
import type { Files } from '../ports/files.ts'

/** What an import reads. */
export interface ImportRequest {
  /** As given, relative to the current folder; none looks for the usual names. */
  paths: readonly string[]
  /** Of the machine that the file is for; guessed from its limits where absent. */
  cpus: number | undefined
  memoryBytes: number | undefined
  /** Of the profile that it becomes. */
  name: string
}

/** What a foreign compose file says, what is wrong with it, and the profile that it becomes. */
export interface Imported {
  /** The compose files themselves, in their order. */
  given: readonly string[]
  /** All that was read, environment files included. */
  files: readonly string[]
  name: string | undefined
  ledger: ForeignLedger
  machine: Machine
  findings: readonly ForeignFinding[]
  /** What was not understood. */
  notes: readonly ComposeProblem[]
  profile: ForeignProfile
  profileFile: ProfileFile
}

/** What the services of import see of the world. */
export interface ImportPlaces {
  files: Files
  composeSchema: ComposeSchema
  workingDir: string
  environment: Readonly<Record<string, string | undefined>>
}

/** Names that compose looks for, the first that is there; and what it merges over that. */
const usualNames = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml']

/** Reads compose files of somebody else. Throws RT-COMP-001 with every problem when they cannot be read at all. */
export async function importCompose(places: ImportPlaces, request: ImportRequest): Promise<Imported> {
  const files = request.paths.length > 0 ? request.paths : await findUsual(places)
  const project = await readProject(files, places)
  const ledger = foreignLedger(project)
  const guessed = guessMachine(ledger)
  const machine = {
    cpus: request.cpus ?? guessed.cpus,
    memoryBytes: request.memoryBytes ?? guessed.memoryBytes,
  }
  const isGuessed = request.cpus === undefined && request.memoryBytes === undefined
  const profile = profileOfForeign(project, { ledger, machine: isGuessed ? undefined : machine })
  return {
    given: files,
    files: project.files,
    name: project.name,
    ledger,
    machine,
    findings: findForeign(project, { ledger, machine }),
    notes: [...project.notes, ...(await schemaProblems(project, places))],
    profile,
    profileFile: {
      name: request.name,
      about: `made by radtune import from ${files.join(', ')}.`,
      machine,
      workload: profile.workload,
      pins: profile.pins,
    },
  }
}

/** Reads compose files as one project. Throws RT-COMP-001 with every problem. */
export async function readProject(
  files: readonly string[],
  { files: disk, workingDir, environment }: Omit<ImportPlaces, 'composeSchema'>,
): Promise<ComposeProject> {
  const failures: unknown[] = []
  const read = await readCompose({
    files,
    environment,
    load: async (path) => {
      try {
        return await disk.read(path.startsWith('/') ? path : `${workingDir}/${path}`)
      } catch (error) {
        failures.push(error)
        throw error
      }
    },
  })
  if (read.ok) return read.project
  const [failure] = failures
  throw new RadtuneError('RT-COMP-001', {
    what: `${files.join(', ')} cannot be read as a compose file`,
    why: read.problems.map(({ at, message }) => `${printPlace(at)}: ${message}`).join('\n'),
    fix: [`docker compose ${files.map((file) => `-f ${file}`).join(' ')} config --quiet`],
    ...(failure === undefined ? {} : { exitCode: 4, cause: failure }),
  })
}

/** What the schema of compose says beside what the reader has said of the same places. */
export async function schemaProblems(
  { node, notes }: ComposeProject,
  { composeSchema }: ImportPlaces,
): Promise<ComposeProblem[]> {
  const problems = await composeSchema.problems(plainValue(node))
  return problems
    .map(({ path, message }) => ({ at: placeAt(node, path), message: `${path.join('.')}: ${message}` }))
    .toSorted((one, other) => one.at.line - other.at.line)
    .filter(({ at }) => !notes.some((note) => note.at.file === at.file && note.at.line === at.line))
}

async function findUsual(places: ImportPlaces): Promise<string[]> {
  const present = await places.files.list(places.workingDir)
  const base = usualNames.find((name) => present.includes(name))
  if (base === undefined)
    throw new RadtuneError('RT-COMP-001', {
      what: 'there is no compose file in this folder',
      why: `looked for ${usualNames.join(', ')} in ${places.workingDir}`,
      fix: ['radtune import path/to/docker-compose.yaml'],
    })
  const over = base.replace(/\.(ya?ml)$/, '.override.$1')
  return present.includes(over) ? [base, over] : [base]
}

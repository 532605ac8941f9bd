import { type ComposeProblem, type ComposeProject, printPlace, readCompose } from '@radtune/core/compose-file'
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
    notes: project.notes,
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

async function readProject(files: readonly string[], places: ImportPlaces): Promise<ComposeProject> {
  const read = await readCompose({
    files,
    environment: places.environment,
    load: (path) => load(path, places),
  })
  if (read.ok) return read.project
  throw new RadtuneError('RT-COMP-001', {
    what: `${files.join(', ')} cannot be read as a compose file`,
    why: read.problems.map(({ at, message }) => `${printPlace(at)}: ${message}`).join('\n'),
    fix: [`docker compose ${files.map((file) => `-f ${file}`).join(' ')} config --quiet`],
  })
}

async function load(path: string, { files, workingDir }: ImportPlaces): Promise<string | undefined> {
  try {
    return await files.read(path.startsWith('/') ? path : `${workingDir}/${path}`)
  } catch (error) {
    throw new RadtuneError('RT-COMP-001', {
      what: `${path} cannot be read`,
      why: error instanceof Error ? error.message : String(error),
      fix: [`ls -ld ${path}`],
      exitCode: 4,
      cause: error,
    })
  }
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

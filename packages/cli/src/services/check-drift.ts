import {
  type ComparedSource,
  compareStack,
  type Drift,
  type DriftState,
  type IgnoreRule,
  parseIgnoreRules,
} from '@radtune/core/drift'
import { profileError } from '@radtune/core/profile'
import type { StackWorld } from '../ports/stack-world.ts'
import { committedSources, foreignFiles } from './drift-files.ts'
import { findLive, liveSources } from './drift-live.ts'
import type { ImportPlaces } from './import-compose.ts'
import { type PlanPlaces, planProject } from './plan-project.ts'

/** What runs, as `--only` knows it: everything but files. */
export const LIVE_KINDS: readonly string[] = [
  'services',
  'kafka',
  'settings',
] satisfies Drift['sources'][number]['kind'][]

/** What is to be compared, and what counts. */
export interface DriftRequest {
  /** Undefined: the one that radtune.yaml names, else 4c8g; for what runs, the one that it was launched with. */
  profile: string | undefined
  profileFromEnvironment: boolean
  /** Absolute folder of the generated files. */
  out: string
  /** Of radtune. */
  version: string
  /** Compose files of somebody else, as typed; they are compared alone then. */
  compose: readonly string[]
  /** Patterns of paths, classes, or kinds of sources; empty is everything. */
  only: readonly string[]
  failOn: readonly DriftState[]
  strict: boolean
}

export interface DriftPlaces extends PlanPlaces, ImportPlaces {}

/**
 * Compares what should be with what is written and, with a `world`, with what runs. Changes nothing. What cannot be read is
 * unchecked and says why. Throws what planning throws, RT-PROF-001 for bad ignore rules, RT-COMP-001 for foreign files that
 * cannot be read.
 */
export async function checkDrift(
  places: DriftPlaces,
  request: DriftRequest,
  { world, now }: { world: StackWorld | undefined; now: number },
): Promise<Drift> {
  const rules = await readRules(places)
  const { profile, sources, notes } =
    request.compose.length > 0 ? await foreignPart(places, request) : await ownPart(places, request, world)
  return compareStack(sources, {
    ...request,
    profile,
    foreign: request.compose.length > 0,
    rules,
    now,
    notes,
  })
}

interface Part {
  profile: string
  sources: readonly ComparedSource[]
  notes: Drift['notes']
}

async function foreignPart(
  places: DriftPlaces,
  { profile, profileFromEnvironment, compose }: DriftRequest,
): Promise<Part> {
  const { spec } = await planProject(places, {
    profile,
    profileFromEnvironment,
    assignments: [],
    portable: true,
  })
  const { source, notes } = await foreignFiles(places, { paths: compose, spec })
  return { profile: spec.profile, sources: [source], notes }
}

async function ownPart(
  places: DriftPlaces,
  request: DriftRequest,
  world: StackWorld | undefined,
): Promise<Part> {
  const live = world && (await findLive(world))
  const profile = request.profile ?? live?.launch?.spec.profile
  const wanted = { ...request, profile, assignments: [] }
  const { spec, sources } = looksAtFiles(request)
    ? await committedSources(places, { ...wanted, environments: ['dev', 'prod'] })
    : { spec: (await planProject(places, wanted)).spec, sources: [] }
  const running =
    world && live ? await liveSources(world, places, { live, spec, version: request.version }) : []
  return { profile: spec.profile, sources: [...sources, ...running], notes: [] }
}

/** Rendering and reading files is most of the work: not for a question about what runs. */
function looksAtFiles({ only }: DriftRequest): boolean {
  return only.length === 0 || only.some((pattern) => !LIVE_KINDS.includes(pattern))
}

async function readRules({ files, projectDir }: PlanPlaces): Promise<readonly IgnoreRule[]> {
  const text = await files.read(`${projectDir}/radtune.yaml`)
  const parsed = parseIgnoreRules(text ?? '', 'radtune.yaml')
  if (parsed.ok) return parsed.rules
  throw profileError(parsed.problems.map(({ at, message }) => ({ ...at, message })))
}

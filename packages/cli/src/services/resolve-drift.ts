import {
  type AcceptableValue,
  type Drift,
  type DriftItem,
  type IgnoreRule,
  parseIgnoreRules,
} from '@radtune/core/drift'
import { RadtuneError } from '@radtune/core/errors'
import { profileError } from '@radtune/core/profile'
import type { Files } from '../ports/files.ts'
import { addIgnoreRules, editSettings } from './edit-project-file.ts'
import { type PlanPlaces, planProject } from './plan-project.ts'

/** What is to be written into radtune.yaml so that items are no longer differences. */
export interface Resolution {
  accepted: readonly AcceptableValue[]
  rules: readonly Omit<IgnoreRule, 'at'>[]
}

/** What accepting all of a comparison comes to. */
export interface Acceptance extends Resolution {
  /** Differences that no setting can say. */
  left: readonly DriftItem[]
  /** Settings of which different values were found: nobody but a person can choose. */
  contradictory: readonly { name: string; values: readonly string[] }[]
}

/** Gathers what radtune.yaml would have to say so that what was found is desired. */
export function acceptanceOf({ failing }: Pick<Drift, 'failing'>): Acceptance {
  const byName = new Map<string, AcceptableValue[]>()
  for (const { accept } of failing)
    if (accept !== undefined) byName.set(accept.name, [...(byName.get(accept.name) ?? []), accept])
  const distinct = [...byName].map(([name, values]) => ({
    name,
    values: [...new Map(values.map((one) => [String(one.value), one])).values()],
  }))
  return {
    accepted: distinct.flatMap(({ values }) => (values.length === 1 ? values : [])),
    rules: [],
    left: failing.filter(({ accept, state }) => accept === undefined && state !== 'unchecked'),
    contradictory: distinct
      .filter(({ values }) => values.length > 1)
      .map(({ name, values }) => ({ name, values: values.map(({ value }) => String(value)) })),
  }
}

/**
 * Writes a resolution into radtune.yaml, comments and layout kept, once the plan is known to hold with it. Throws what planning
 * throws, RT-PROF-001 for a rule that says not all it must, and RT-DRIFT-002 when the file cannot be written; nothing is changed then.
 */
export async function writeResolution(
  places: PlanPlaces,
  { accepted, rules, profile }: Resolution & { profile: string },
): Promise<{ path: string }> {
  const path = `${places.projectDir}/radtune.yaml`
  const before = await places.files.read(path)
  const text = addIgnoreRules(editSettings(before, accepted), rules)
  const parsed = parseIgnoreRules(text, 'radtune.yaml')
  if (!parsed.ok) throw profileError(parsed.problems.map(({ at, message }) => ({ ...at, message })))
  const files: Files = {
    ...places.files,
    read: async (asked) => (asked === path ? text : places.files.read(asked)),
  }
  await planProject({ ...places, files }, { profile, assignments: [], portable: true })
  try {
    await places.files.write(path, text)
  } catch (error) {
    throw new RadtuneError('RT-DRIFT-002', {
      what: `${path} cannot be written`,
      why: error instanceof Error ? error.message : String(error),
      left: 'nothing was changed',
      cause: error,
    })
  }
  return { path }
}

import { type ComparedSource, compareFields } from './compare-fields.ts'
import {
  type Drift,
  type DriftItem,
  type DriftState,
  type DriftVerdict,
  driftClasses,
  driftSourceKinds,
  driftStates,
  type IgnoreRule,
} from './drift.ts'
import { applyRules, matchesPath } from './ignore-rules.ts'

/** States that fail where nothing else is asked for. */
export const failingStates = [
  'changed',
  'missing',
  'unexpected',
  'no effect',
] as const satisfies readonly DriftState[]

export interface CompareOptions {
  profile: string
  foreign?: boolean
  rules: readonly IgnoreRule[]
  /** Wall-clock milliseconds; decides which rules have expired. */
  now: number
  /** Patterns of paths, or kinds of sources; empty is everything. */
  only: readonly string[]
  failOn: readonly DriftState[]
  /** Whether what could not be checked fails too. */
  strict: boolean
  notes?: Drift['notes']
}

/** Compares all sources with what is wanted of them, and says what comes of it. */
export function compareStack(sources: readonly ComparedSource[], options: CompareOptions): Drift {
  const { profile, only, now, rules } = options
  const isMeant = (item: DriftItem) => only.length === 0 || only.some((one) => isNamed(item, one))
  const isAsked = ({ name }: ComparedSource) =>
    only.length === 0 || items.some(({ source }) => source.name === name)
  const ruled = applyRules(sources.flatMap(compareFields), { rules, now })
  const items = ruled.items
    .filter(isMeant)
    .toSorted((one, other) => driftStates.indexOf(one.state) - driftStates.indexOf(other.state))
  return {
    profile,
    foreign: options.foreign ?? false,
    sources: sources.filter(isAsked).map(({ kind, name, found }) => ({
      kind,
      name,
      state: found.state,
      why: found.state === 'read' ? undefined : found.why,
    })),
    items,
    notes: [...(options.notes ?? []), ...(only.length === 0 ? ruled.notes : [])],
    ...judgeItems(items, options),
  }
}

/** A kind of sources or a class means just that; every other word is a pattern of paths. */
function isNamed({ path, also, source, class: kind }: DriftItem, word: string): boolean {
  if ((driftSourceKinds as readonly string[]).includes(word)) return source.kind === word
  if (Object.hasOwn(driftClasses, word)) return kind === word
  return [path, ...also].some((name) => matchesPath(word, name))
}

/**
 * 3 as soon as one item is in a state that fails, whatever else was not checked; 4 when only unchecked ones fail, as `strict`
 * says, or nothing at all could be checked; else 0.
 */
export function judgeItems(
  items: readonly DriftItem[],
  { failOn, strict }: Pick<CompareOptions, 'failOn' | 'strict'>,
): DriftVerdict {
  const counts = Object.fromEntries(
    driftStates.map((state) => [state, items.filter((item) => item.state === state).length]),
  ) as Record<DriftState, number>
  const drifted = items.filter(({ state }) => state !== 'unchecked' && failOn.includes(state))
  const unchecked = items.filter(({ state }) => state === 'unchecked')
  const nothingChecked =
    unchecked.length > 0 && items.every(({ state }) => state === 'unchecked' || state === 'not applicable')
  if (drifted.length > 0) return { verdict: 'drift', exitCode: 3, counts, failing: drifted }
  return unchecked.length > 0 && (strict || failOn.includes('unchecked') || nothingChecked)
    ? { verdict: 'not checked', exitCode: 4, counts, failing: unchecked }
    : { verdict: 'in sync', exitCode: 0, counts, failing: [] }
}

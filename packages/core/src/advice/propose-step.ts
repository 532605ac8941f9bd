import { parseSetting, type SettingEffect, type SettingKey, settings } from '../settings/index.ts'
import type { AdviceContext } from './context.ts'
import { pinnedBy } from './pinned.ts'
import type { Change, Kept, RuleId, Step } from './rule.ts'

/** Differences up to this are left alone. */
const SMALLEST_DIFFERENCE = 0.05

/** What a proposal comes to: a step, or what is kept instead, or nothing. */
export interface Proposed {
  steps: Step[]
  kept: Kept[]
}

export const NOTHING: Proposed = { steps: [], kept: [] }

export interface Proposal extends Pick<Step, 'why' | 'expected' | 'stage'> {
  changes: readonly Change[]
  /** What it costs beside what its effect class does. */
  cost?: string
}

/**
 * Makes a step of changes that belong together. A pinned setting among them keeps all of them as they are, and so does a value
 * that the table refuses; when none differs by more than 5 % there is no step. Throws when their effects differ: such changes
 * are steps of their own.
 */
export function proposeStep(
  context: Pick<AdviceContext, 'spec' | 'own'>,
  rule: RuleId,
  { changes, why, expected, stage, cost }: Proposal,
): Proposed {
  const real = changes.filter(({ from, to }) => from !== to)
  const [first] = real
  if (!first || !real.some(isWorthwhile) || real.some(({ key, to }) => !parseSetting(key, to).ok))
    return NOTHING
  const kept = real.flatMap(({ key, service, from }): Kept[] => {
    const pin = pinnedBy(context, { key, ...(service === undefined ? {} : { service }) })
    const named = service === undefined ? { key } : { key, service }
    return pin === undefined ? [] : [{ rule, ...named, value: from, why: pin }]
  })
  if (kept.length > 0) return { steps: [], kept }
  const effect = effectOf(first.key)
  if (real.some(({ key }) => effectOf(key) !== effect))
    throw new Error(
      `${rule}: one step changes ${real.map(({ key }) => key).join(', ')}, of different effects`,
    )
  return {
    steps: [
      {
        rule,
        effect,
        changes: real,
        stage,
        why,
        expected,
        cost: cost === undefined ? COSTS[effect] : `${cost}; ${COSTS[effect]}`,
      },
    ],
    kept: [],
  }
}

/** Several proposals for one finding: all that they come to, in their order. */
export function together(...proposals: readonly Proposed[]): Proposed {
  return {
    steps: proposals.flatMap(({ steps }) => steps),
    kept: proposals.flatMap(({ kept }) => kept),
  }
}

const COSTS: Readonly<Record<SettingEffect, string>> = {
  live: 'nothing restarts',
  restart:
    'the services concerned restart one after the other, unless the runtime changes their limits in place',
  recreate: 'services are made anew',
  irreversible: 'it cannot be taken back',
}

function effectOf(key: SettingKey): SettingEffect {
  return settings[key].effect
}

function isWorthwhile({ from, to }: Change): boolean {
  if (typeof from !== 'number' || typeof to !== 'number') return from !== to
  return Math.abs(to - from) > SMALLEST_DIFFERENCE * Math.abs(from)
}

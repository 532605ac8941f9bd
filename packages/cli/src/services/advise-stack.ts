import {
  type Advice,
  adviceSettingsOf,
  type ContextOptions,
  createContext,
  evaluateRules,
  type Facts,
  judge,
  openEntry,
  ownSettings,
  type Rule,
  type RuleState,
  rules,
} from '@radtune/core/advice'
import { type CalibrationStanding, observationsOf } from '@radtune/core/bench'
import { RadtuneError } from '@radtune/core/errors'
import type { Recording, Snapshot } from '@radtune/core/metrics'
import type { StackSpec } from '@radtune/core/stack'
import type { Launch } from '../ports/runtime.ts'
import type { StackWorld } from '../ports/stack-world.ts'
import { collectFacts, countKeys } from './collect-facts.ts'
import { NOTHING_RUNS } from './collect-snapshots.ts'
import type { JournalStore } from './journal-store.ts'
import { type Moment, replayRecording } from './monitor-stack.ts'
import { runningLaunch } from './running-launch.ts'
import type { StackObserver } from './stack-observer.ts'

/** What the rules say at one instant, and what it was measured from. */
export interface Judged {
  advice: Advice
  rules: readonly RuleState[]
  /** Of what was measured, wall-clock milliseconds. */
  from: number
  to: number
  moment: Moment
  spec: StackSpec
  /** Of this machine's calibration; undefined where none was looked for. */
  standing: CalibrationStanding | undefined
}

/** How long to measure, and by which rules to judge. */
export interface JudgeRequest {
  /** At least so long before the verdict; undefined as long as the rules need. */
  forMs: number | undefined
  only: readonly Rule[]
}

/** Rules that need longer than this are not waited for, unless somebody says for how long. */
const MOST_PATIENCE_MS = 60_000

/** The stack that advice is for. Throws RT-ADV-003 when none runs. */
export async function adviceLaunch(world: StackWorld): Promise<Launch> {
  const stack = await world.runtime.inspect()
  if (!stack) throw new RadtuneError('RT-ADV-003', { what: NOTHING_RUNS })
  return await runningLaunch(world, stack)
}

/**
 * Measures until the rules have what they need, or as long as is asked for, and judges. `onSample` is told after each sample how long
 * it will take still.
 */
export async function adviseStack(
  world: StackWorld,
  observer: StackObserver,
  {
    request: { forMs, only },
    journal,
    standing,
    signal,
    onSample,
  }: {
    request: JudgeRequest
    journal: JournalStore
    standing?: CalibrationStanding | undefined
    signal: AbortSignal
    onSample(leftMs: number): void
  },
): Promise<Judged> {
  const entries = await journal.read()
  const own = ownSettings(entries)
  const inFlight = openEntry(entries)
  const { spec } = await adviceLaunch(world)
  const startedAt = world.clock.now()
  const facts = await collectFacts(world)
  const judging = { spec, own, facts, standing, only, inFlight: inFlight?.id }
  const moment = await observer.observe((newest) => {
    const now = newest.snapshot.at
    const enoughAt =
      forMs === undefined
        ? Math.min(
            enoughFor(evaluateRules(contextOf(newest, judging), only), now),
            startedAt + MOST_PATIENCE_MS,
          )
        : startedAt + forMs
    onSample(Math.max(0, enoughAt - now))
    return now >= enoughAt
  }, signal)
  const judged = judgeMoment(moment, judging)
  if (!judged.advice.findings.some(({ rule }) => rule === 'hot-partition')) return judged
  const commonestKeys = await keysOf(world, moment)
  return judgeMoment(moment, { ...judging, facts: { ...facts, commonestKeys } })
}

async function keysOf(world: StackWorld, moment: Moment): Promise<Facts['commonestKeys']> {
  const { ports } = await adviceLaunch(world)
  const broker = world.broker(ports.kafka)
  try {
    return await countKeys(broker, moment)
  } finally {
    await broker.close()
  }
}

/** Judges the last moment of a recording, by the settings that the plan of its profile has. */
export async function adviseRecording(
  recording: Recording,
  {
    spec,
    only,
    clock,
    signal,
  }: { spec: StackSpec; only: readonly Rule[]; clock: StackWorld['clock']; signal: AbortSignal },
): Promise<Judged> {
  let last: Moment | undefined
  for await (const moment of replayRecording(recording, { clock, pace: { speed: 0 }, signal })) last = moment
  if (!last) throw new RadtuneError('RT-MON-001', { what: 'the recording holds no snapshot' })
  return judgeMoment(last, { spec: inForceIn(spec, last.snapshot), only })
}

/** A plan with the values that held: a recording tells those, the plan the rest. */
export function inForceIn(spec: StackSpec, { settings }: Snapshot): StackSpec {
  if (!settings.known) return spec
  const { values } = settings.value
  const inForce = Object.entries(spec.settings).map(([key, setting]) => [
    key,
    values[key] === undefined ? setting : { ...setting, value: values[key] },
  ])
  return { ...spec, settings: Object.fromEntries(inForce) as StackSpec['settings'] }
}

/** What the rules say of one moment. */
export function judgeMoment(
  moment: Moment,
  { only = rules, inFlight, ...judging }: Judging & { only?: readonly Rule[]; inFlight?: string | undefined },
): Judged {
  const now = moment.snapshot.at
  const context = contextOf(moment, judging)
  const results = evaluateRules(context, only)
  const held = inFlight === undefined ? {} : { inFlight: `step ${inFlight} is not decided yet` }
  return {
    advice: judge(context, { results, ...held }),
    rules: results,
    from: moment.evaluator.history.oldestAt ?? now,
    to: now,
    moment,
    spec: judging.spec,
    standing: judging.standing,
  }
}

/** By which plan is judged, and what of it advice itself has set. */
interface Judging {
  spec: StackSpec
  own?: NonNullable<ContextOptions['own']>
  facts?: Partial<Facts>
  standing?: CalibrationStanding | undefined
}

function contextOf(
  { snapshot, evaluator }: Moment,
  { spec, own = new Map(), facts = {}, standing }: Judging,
) {
  const calibration =
    standing?.state === 'usable'
      ? { observations: observationsOf(standing.calibration.points), sentence: standing.sentence }
      : undefined
  return createContext(evaluator, {
    spec,
    now: snapshot.at,
    own,
    facts,
    ...(calibration ? { calibration } : {}),
  })
}

/** When those rules that lack nothing but time have enough. */
function enoughFor(results: Judged['rules'], now: number): number {
  const waits = results.flatMap(({ result }) =>
    result.state === 'not-enough-data' && result.enoughAt !== null ? [result.enoughAt] : [],
  )
  return Math.max(now, ...waits.filter((at) => at - now <= MOST_PATIENCE_MS))
}

/** The rules with these ids. Throws RT-CLI-003 for one that there is not. */
export function rulesNamed(ids: readonly string[]): readonly Rule[] {
  if (ids.length === 0) return rules
  return ids.map((id) => {
    const rule = rules.find((one) => one.id === id)
    if (rule) return rule
    throw new RadtuneError('RT-CLI-003', {
      what: `there is no rule ${id}`,
      why: `the rules are ${rules.map((one) => one.id).join(', ')}`,
      fix: ['radtune advise --rules'],
    })
  })
}

/** How often to sample so that a window of measurement holds some. */
export function sampleEvery(spec: StackSpec): number {
  return Math.min(1000, Math.max(200, adviceSettingsOf(spec)['advice.window'] / 5))
}

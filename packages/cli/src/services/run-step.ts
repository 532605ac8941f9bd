import {
  adviceSettingsOf,
  type Change,
  clearFrom,
  type Finding,
  healthOf,
  isCatchingUp,
  type JournalEntry,
  judgeVerdict,
  openEntry,
  resolveOpenEntry,
  type Step,
  startedAt,
  type Verdict,
} from '@radtune/core/advice'
import type { CalibrationStanding } from '@radtune/core/bench'
import { RECENT_LATENCY_MS } from '@radtune/core/contract'
import { RadtuneError } from '@radtune/core/errors'
import { pinName } from '@radtune/core/stack'
import { adviceLaunch } from './advise-stack.ts'
import { type Applying, applyChanges, revertChanges } from './apply-changes.ts'
import { valueInForce } from './change-in-force.ts'
import { type JournalStore, nextId } from './journal-store.ts'
import type { StackObserver } from './stack-observer.ts'

/** What a step needs to be made, measured and taken back. */
export interface Stepping {
  applying: Applying
  observer: StackObserver
  journal: JournalStore
  /** Of this machine's calibration. */
  standing: CalibrationStanding | undefined
  /** Length of the comparison; undefined takes that of the settings. */
  verifyMs: number | undefined
  /** Keep what nothing can be said about. */
  keep: boolean
  /** Says what is done now, and how long it takes still. */
  onProgress(what: string, leftMs: number | undefined): void
}

/** What became of a step. */
export interface StepOutcome {
  id: string
  step: Step
  verdict: Verdict
  /** When it was in force, and when it was decided, wall-clock milliseconds. */
  appliedAt: number
  decidedAt: number
}

/** Services remember a quarter of an hour. */
const REMEMBERED_MS = 15 * 60_000

/**
 * Makes a step, waits until it has settled, compares what was measured before and after, and keeps it or takes it back. Each thing is
 * in the journal before it is done. An interruption leaves the step open, for the next command to resolve.
 */
export async function runStep(
  stepping: Stepping,
  { step, finding, by }: { step: Step; finding: Finding | undefined; by: string },
): Promise<StepOutcome> {
  const { applying, journal, observer, onProgress } = stepping
  const { clock } = applying.world
  const settings = await verifySettings(stepping)
  const entries = await journal.read()
  // What comes before is compared with, so it must have been watched, and be nothing of the start or of an earlier step.
  const { moment } = observer
  const seen = moment?.evaluator.history.oldestAt ?? clock.now()
  const disturbedAt = Math.max((moment && startedAt(moment.snapshot)) ?? 0, entries.at(-1)?.last.at ?? 0)
  const enoughAt = Math.max(seen, clearFrom(disturbedAt, settings)) + settings['advice.verify']
  await observer.observe(({ snapshot }) => {
    if (snapshot.at < enoughAt) onProgress('measuring what is before', enoughAt - snapshot.at)
    return snapshot.at >= enoughAt
  }, applying.signal)
  const id = nextId(entries)
  const sentence = finding?.sentence ?? step.why
  const openedAt = clock.now()
  await journal.append({
    id,
    at: openedAt,
    kind: 'open',
    by,
    step,
    sentence,
    evidence: finding?.evidence ?? [],
    verifyMs: settings['advice.verify'],
  })
  onProgress(`changing ${changesText(step.changes)}`, undefined)
  try {
    await applyChanges(applying, step.changes)
  } catch (error) {
    if (applying.signal.aborted) throw error
    await takeBack(stepping, { id, changes: step.changes, why: reasonOf(error) })
    throw error
  }
  const appliedAt = clock.now()
  await journal.append({ id, at: appliedAt, kind: 'applied' })
  return await verifyStep(stepping, { id, step, openedAt, appliedAt })
}

/** Compares, decides and does what was decided. */
async function verifyStep(
  stepping: Stepping,
  { settledAt: toldAt, ...applied }: Applied & { settledAt?: number | undefined },
): Promise<StepOutcome> {
  const { applying, observer, journal, keep, onProgress } = stepping
  const settings = await verifySettings(stepping)
  const before = observer.moment ? healthOf(observer.moment.evaluation) : undefined
  const { id, step, openedAt, appliedAt } = applied
  const settledAt = toldAt ?? (await settle(stepping, applied))
  const verdictAt = settledAt + settings['advice.verify']
  const { evaluator, evaluation, snapshot } = await observer.observe(({ snapshot: { at } }) => {
    onProgress('comparing', Math.max(0, verdictAt - at))
    return at >= verdictAt
  }, applying.signal)
  const after = healthOf(evaluation)
  const { spec } = await adviceLaunch(applying.world)
  const verdict = judgeVerdict({
    history: evaluator.history,
    step,
    openedAt,
    settledAt,
    settings,
    targets: evaluator.targets,
    spec,
    health: { before: before ?? after, after },
  })
  const stays = verdict.verdict === 'kept' || (verdict.verdict === 'inconclusive' && keep)
  if (!stays) {
    onProgress(`taking back ${changesText(step.changes)}`, undefined)
    await revertChanges(applying, step.changes)
  }
  const decided = stays ? 'kept' : verdict.verdict
  const { clock } = applying.world
  await journal.append({ id, at: clock.now(), kind: 'verdict', verdict: decided, sentence: verdict.sentence })
  return { id, step, verdict: { ...verdict, verdict: decided }, appliedAt, decidedAt: snapshot.at }
}

/** A step that is in force. */
interface Applied {
  id: string
  step: Step
  /** Before anything was changed, and when all of it was in force, wall-clock milliseconds. */
  openedAt: number
  appliedAt: number
}

/**
 * Waits until what is measured is of the step alone, and answers since when. What piled up while a service was restarted for it may
 * take as long as `advice.catchUp` to be caught up.
 */
async function settle(stepping: Stepping, { id, step, openedAt, appliedAt }: Applied): Promise<number> {
  const { applying, observer, journal, onProgress } = stepping
  const settings = await verifySettings(stepping)
  let settledAt = clearFrom(appliedAt, settings)
  await observer.observe(({ snapshot: { at: now }, evaluator: { history, targets } }) => {
    const isLate = now > appliedAt + settings['advice.settle'] + settings['advice.catchUp']
    const isWaiting =
      step.effect !== 'live' && !isLate && isCatchingUp(history, { openedAt, now, settings, targets })
    if (isWaiting) settledAt = Math.max(settledAt, now + RECENT_LATENCY_MS)
    onProgress(isWaiting ? 'catching up' : 'settling', settledAt - now)
    return now >= settledAt
  }, applying.signal)
  await journal.append({ id, at: settledAt, kind: 'settled' })
  return settledAt
}

/** What was done about a step that an earlier run had left open. */
export interface ResolvedStep {
  id: string
  sentence: string
  outcome: StepOutcome | undefined
}

/** Finishes what an earlier run left open, if there is something; throws RT-ADV-002 when that cannot be told now. */
export async function resolveOpenStep(options: Stepping): Promise<ResolvedStep | undefined> {
  const { applying, observer, journal, onProgress } = options
  const entry = openEntry(await journal.read())
  if (!entry) return undefined
  const { id } = entry
  const stepping = { ...options, verifyMs: entry.opened.verifyMs }
  onProgress(`step ${id} was left open`, undefined)
  const { snapshot } = observer.moment ?? (await observer.observe(() => true, applying.signal))
  const settings = await verifySettings(stepping)
  const resolution = resolveOpenEntry(entry, {
    inForce: (change) => valueInForce(snapshot, change),
    settings,
    now: applying.world.clock.now(),
    rememberedMs: REMEMBERED_MS,
  })
  switch (resolution.do) {
    case 'wait':
      throw new RadtuneError('RT-ADV-002', {
        what: `step ${id} was left open, and what became of it cannot be told`,
        why: resolution.why,
      })
    case 'close':
      await close(stepping, entry, resolution.why)
      return { id, sentence: `closed: ${resolution.why}`, outcome: undefined }
    case 'revert':
      await takeBack(stepping, { id, changes: resolution.changes, why: resolution.why })
      return { id, sentence: `taken back: ${resolution.why}`, outcome: undefined }
    case 'verify': {
      const { opened, settledAt } = entry
      const { appliedAt } = resolution
      const applied = { id, step: opened.step, openedAt: opened.at, appliedAt }
      const outcome = await verifyStep(stepping, { ...applied, settledAt })
      return { id, sentence: outcome.verdict.sentence, outcome }
    }
  }
}

/** Takes back a kept step, the last one when none is named. Throws RT-ADV-004. */
export async function undoStep(stepping: Stepping, id: string | undefined): Promise<JournalEntry> {
  const { applying, journal } = stepping
  const entries = await journal.read()
  const kept = ({ last }: JournalEntry) => last.kind === 'verdict' && last.verdict === 'kept'
  const entry = id === undefined ? entries.findLast(kept) : entries.find((one) => one.id === id)
  if (!entry)
    throw new RadtuneError('RT-ADV-004', {
      what: id === undefined ? 'no step was kept' : `there is no step ${id}`,
    })
  if (!kept(entry))
    throw new RadtuneError('RT-ADV-004', {
      what: `step ${entry.id} is ${stateText(entry)}: there is nothing to take back`,
    })
  const { changes, effect } = entry.opened.step
  if (effect === 'irreversible')
    throw new RadtuneError('RT-ADV-004', {
      what: `step ${entry.id} cannot be taken back`,
      why: changesText(changes),
    })
  await revertChanges(applying, changes)
  await close(stepping, entry, 'taken back by hand')
  return entry
}

/** How a step stands, in a word or two. */
export function stateText({ last }: JournalEntry): string {
  switch (last.kind) {
    case 'verdict':
      return last.verdict
    case 'closed':
      return 'closed'
    default:
      return 'open'
  }
}

/** `kafka.cpus, worker-2.memory`. */
export function changesText(changes: readonly Change[]): string {
  return changes.map(pinName).join(', ')
}

async function takeBack(
  stepping: Stepping,
  { id, changes, why }: { id: string; changes: readonly Change[]; why: string },
): Promise<void> {
  const { applying, journal } = stepping
  await revertChanges(applying, changes)
  await journal.append({ id, at: applying.world.clock.now(), kind: 'closed', why: `taken back: ${why}` })
}

async function close({ applying, journal }: Stepping, { id }: JournalEntry, why: string): Promise<void> {
  await journal.append({ id, at: applying.world.clock.now(), kind: 'closed', why })
}

async function verifySettings({ applying, verifyMs }: Stepping) {
  const { spec } = await adviceLaunch(applying.world)
  const settings = adviceSettingsOf(spec)
  return verifyMs === undefined ? settings : { ...settings, 'advice.verify': verifyMs }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

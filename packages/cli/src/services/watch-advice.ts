import { type JournalEntry, type Rule, type Step, sameWay } from '@radtune/core/advice'
import { formatDuration } from '@radtune/core/units'
import { adviseStack } from './advise-stack.ts'
import { editOverlay } from './edit-overlay.ts'
import { changesText, runStep, type StepOutcome, type Stepping } from './run-step.ts'

/** What keeps the loop from doing too much. */
export interface WatchLimits {
  only: readonly Rule[]
  /** Steps in an hour at most. */
  changesPerHour: number
  /** Says and changes nothing. */
  dryRun: boolean
}

/** One decision of the loop, in a line; `outcome` when a step was made. */
export interface Decision {
  at: number
  sentence: string
  outcome?: StepOutcome
}

const BY = 'radtune advise --watch'
const HOUR_MS = 3_600_000
/** Somebody who changes settings knows why: nothing is done for so long. */
const STAND_ASIDE_MS = 10 * 60_000
/** Another load, or too little of it, may be over by then. */
const TRY_AGAIN_MS = 10 * 60_000
const JUDGE_EVERY_MS = 10_000
/** Two in a row that did not help: the beliefs are wrong, not the settings. */
const MOST_REVERTED = 2

/**
 * Judges, makes one step at a time, and tells each decision, also those to do nothing when their reason is another than before. Ends
 * when the signal is aborted, or after two steps in a row that had to be taken back.
 */
export async function* watchAdvice(
  stepping: Stepping,
  { only, changesPerHour, dryRun }: WatchLimits,
): AsyncGenerator<Decision, void, undefined> {
  const { applying, observer, journal } = stepping
  const { world, places, signal } = applying
  const overlayPath = `${places.projectDir}/.radtune/overlay.yaml`
  const tuning = async () => withoutLoad(await places.files.read(overlayPath))
  let known = await tuning()
  let asideUntil = 0
  let reverted = 0
  let said = ''
  // The same reason with other figures is the same reason.
  const decide = (sentence: string): Decision[] => {
    const gist = sentence.replaceAll(/\d[\d.,]*/g, '')
    if (gist === said) return []
    said = gist
    return [{ at: world.clock.now(), sentence }]
  }
  while (!signal.aborted) {
    const { advice } = await adviseStack(world, observer, {
      request: { forMs: undefined, only },
      journal,
      standing: stepping.standing,
      signal,
      onSample: () => undefined,
    })
    const now = world.clock.now()
    const found = await tuning()
    if (found !== known) {
      known = found
      asideUntil = now + STAND_ASIDE_MS
    }
    const recent = (await journal.read()).filter(({ opened }) => opened.at >= now - HOUR_MS)
    const made = recent.filter(({ opened }) => opened.by === BY).length
    const step = advice.steps.find((one) => !takenBack(recent, one, now))
    const tried = advice.steps.map((one) => takenBack(recent, one, now)).find((entry) => entry !== undefined)
    if (!step && tried)
      yield* decide(`leaves ${changesText(tried.opened.step.changes)}: step ${tried.id} was taken back`)
    else if (!step) yield* decide(`nothing to change: ${advice.bottleneck.sentence}`)
    else if (now < asideUntil)
      yield* decide(`stands aside: settings were changed by hand; again in ${formatDuration(STAND_ASIDE_MS)}`)
    else if (advice.holds !== null) yield* decide(`waits: ${advice.holds}`)
    else if (step.effect === 'irreversible')
      yield* decide(`leaves ${changesText(step.changes)} to a person: it cannot be taken back`)
    else if (made >= changesPerHour)
      yield* decide(`waits: ${made} steps were made in the last hour, ${changesPerHour} are allowed`)
    else if (dryRun) yield* decide(`would change ${changesText(step.changes)}: ${step.why}`)
    else {
      const finding = advice.findings.find(({ steps }) => steps.includes(step))
      yield* decide(`changes ${changesText(step.changes)}: ${step.why}`)
      const outcome = await runStep(stepping, { step, finding, by: BY })
      known = await tuning()
      if (outcome.verdict.verdict !== 'inconclusive')
        reverted = outcome.verdict.verdict === 'kept' ? 0 : reverted + 1
      said = ''
      yield { at: world.clock.now(), sentence: `step ${outcome.id} ${outcome.verdict.sentence}`, outcome }
      if (reverted === MOST_REVERTED) {
        yield* decide(`stops: ${MOST_REVERTED} steps in a row had to be taken back; look at radtune journal`)
        return
      }
    }
    // The next judgement is by new measurements.
    const until = world.clock.now() + JUDGE_EVERY_MS
    await observer.observe(({ snapshot }) => snapshot.at >= until, signal)
  }
}

/** How much comes in is what the stack is tuned for, not how. */
const LOAD = ['provider.rate', 'provider.playbackSpeed'] as const

/** The text of an overlay with nothing in it but how the stack is tuned. */
function withoutLoad(overlay: string | undefined): string {
  return editOverlay(
    overlay,
    LOAD.map((name) => ({ name, value: undefined })),
  )
}

/** The step that went the same way and did not help; one of which nothing could be said is tried again some time later. */
function takenBack(
  entries: readonly JournalEntry[],
  { changes }: Step,
  now: number,
): JournalEntry | undefined {
  return entries.find(
    ({ opened, last }) =>
      last.kind === 'verdict' &&
      (last.verdict === 'reverted' || (last.verdict === 'inconclusive' && last.at > now - TRY_AGAIN_MS)) &&
      sameWay(opened.step.changes, changes),
  )
}

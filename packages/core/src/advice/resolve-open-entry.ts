import type { Reading } from '../metrics/index.ts'
import { formatDuration } from '../units/index.ts'
import type { AdviceSettings } from './advice-settings.ts'
import type { JournalEntry } from './journal-entry.ts'
import type { Change, ChangeValue } from './rule.ts'

/** What to do about a step that an earlier run left open. */
export type Resolution =
  /** Nothing is known for sure: later. */
  | { do: 'wait'; why: string }
  /** Nothing is left to do but to write it down. */
  | { do: 'close'; why: string }
  /** Put these back to what they were, then close. */
  | { do: 'revert'; changes: readonly Change[]; why: string }
  /** Go on where it was left: compare when the window of after is full. */
  | { do: 'verify'; appliedAt: number; why: string }

export interface ResolveOptions {
  /** The value of a setting that is in force, as its readers tell. */
  inForce: (change: Change) => Reading<ChangeValue>
  settings: AdviceSettings
  /** Wall-clock milliseconds. */
  now: number
  /** How far back measurements can still be had. */
  rememberedMs: number
}

/**
 * Says how a step ends that was left open, as by a crash. What somebody changed meanwhile is theirs; what is half applied, or
 * can no longer be compared, is taken back.
 */
export function resolveOpenEntry(
  { opened, last, appliedAt }: JournalEntry,
  { inForce, settings, now, rememberedMs }: ResolveOptions,
): Resolution {
  const { changes, effect } = opened.step
  if (last.kind === 'verdict' || last.kind === 'closed') return { do: 'close', why: 'it is decided already' }
  const made: Change[] = []
  for (const change of changes) {
    const value = inForce(change)
    if (!value.known) return { do: 'wait', why: `${change.key}: ${value.why}` }
    if (value.value === change.to) made.push(change)
    else if (value.value !== change.from)
      return {
        do: 'close',
        why: `${change.key} was changed to ${value.value} meanwhile: it is left as it is`,
      }
  }
  if (made.length === 0) return { do: 'close', why: 'none of it is in force' }
  if (effect === 'irreversible') return { do: 'close', why: 'it is in force and cannot be taken back' }
  if (made.length < changes.length) return { do: 'revert', changes: made, why: 'only part of it is in force' }
  if (appliedAt === undefined)
    return { do: 'revert', changes: made, why: 'it is not known since when it is in force' }
  if (now - opened.at + settings['advice.verify'] > rememberedMs)
    return {
      do: 'revert',
      changes: made,
      why: `it was made ${formatDuration(now - opened.at)} ago: what was before is not remembered`,
    }
  return { do: 'verify', appliedAt, why: 'all of it is in force' }
}

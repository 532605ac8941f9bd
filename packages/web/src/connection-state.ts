import type { Playback } from '@radtune/core/contract'

/** How the page stands with the pipeline. Times are milliseconds of the browser's clock. */
export type Connection =
  | { kind: 'connecting' }
  | { kind: 'open'; heardAt: number; missedFrames: number; missedAt: number | null }
  /** `down`: the frontend answers and the backend does not. */
  | { kind: 'waiting'; attempt: number; retryAt: number; down: boolean }
  /** The page itself has failed. */
  | { kind: 'broken'; why: string }

/** The state in one word, for tests and styles. */
export type ConnectionWord =
  | 'connecting'
  | 'live'
  | 'paused'
  | 'finished'
  | 'lagging'
  | 'stalled'
  | 'reconnecting'
  | 'down'
  | 'broken'

/** Words for a connection that is as it should be: what is shown is what there is. */
export const CURRENT_WORDS: readonly ConnectionWord[] = ['live', 'paused', 'finished', 'lagging']

/** Heartbeats come every 5 s at most. */
const STALLED_MS = 8000
/** How long the page says that it was too slow. */
const LAGGING_SHOWN_MS = 10_000
const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 15_000

/** How it stands, in a word and in a sentence; `playback` is what the backend told of the replay last. */
export function describeConnection(
  connection: Connection,
  { nowMs, playback }: { nowMs: number; playback: Playback | null },
): { word: ConnectionWord; sentence: string } {
  switch (connection.kind) {
    case 'connecting':
      return { word: 'connecting', sentence: 'connecting' }
    case 'open': {
      const silentMs = nowMs - connection.heardAt
      if (silentMs >= STALLED_MS)
        return { word: 'stalled', sentence: `stalled: no data for ${Math.floor(silentMs / 1000)} s` }
      if (connection.missedAt !== null && nowMs - connection.missedAt < LAGGING_SHOWN_MS)
        return { word: 'lagging', sentence: `lagging: ${connection.missedFrames} frames skipped` }
      return describePlayback(playback)
    }
    case 'waiting': {
      const seconds = Math.max(0, Math.ceil((connection.retryAt - nowMs) / 1000))
      const retry = `reconnecting in ${seconds} s (try ${connection.attempt})`
      return connection.down
        ? { word: 'down', sentence: `pipeline down: ${retry}` }
        : { word: 'reconnecting', sentence: retry }
    }
    case 'broken':
      return { word: 'broken', sentence: `broken: ${connection.why}; load the page again` }
  }
}

function describePlayback(playback: Playback | null): { word: ConnectionWord; sentence: string } {
  if (playback?.state === 'finished') return { word: 'finished', sentence: 'replay finished' }
  if (playback?.state === 'paused') return { word: 'paused', sentence: 'paused' }
  return { word: 'live', sentence: 'live' }
}

/**
 * Milliseconds to wait before attempt `attempt` (from 1): doubling from 0.5 s to 15 s, of which the last half is random, so
 * that many pages do not come back at once. `random` is in [0, 1).
 */
export function retryDelayMs(attempt: number, random: number): number {
  const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt)
  return Math.max(FIRST_DELAY_MS, Math.round(longest * (0.5 + random / 2)))
}

/** How the page stands with the pipeline. Times are milliseconds of the browser's clock. */
export type Connection =
  | { kind: 'connecting' }
  | { kind: 'open'; heardAt: number; missedFrames: number; missedAt: number | null }
  /** `down`: the frontend answers and the backend does not. */
  | { kind: 'waiting'; attempt: number; retryAt: number; down: boolean }

/** The state in one word, for tests and styles. */
export type ConnectionWord = 'connecting' | 'live' | 'lagging' | 'stalled' | 'reconnecting' | 'down'

/** Heartbeats come every 5 s at most. */
const STALLED_MS = 8000
/** How long the page says that it was too slow. */
const LAGGING_SHOWN_MS = 10_000
const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 15_000

export function describeConnection(
  connection: Connection,
  nowMs: number,
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
      return { word: 'live', sentence: 'live' }
    }
    case 'waiting': {
      const seconds = Math.max(0, Math.ceil((connection.retryAt - nowMs) / 1000))
      const retry = `reconnecting in ${seconds} s (try ${connection.attempt})`
      return connection.down
        ? { word: 'down', sentence: `pipeline down: ${retry}` }
        : { word: 'reconnecting', sentence: retry }
    }
  }
}

/**
 * Milliseconds to wait before attempt `attempt` (from 1): doubling from 0.5 s to 15 s, of which the last half is random, so
 * that many pages do not come back at once. `random` is in [0, 1).
 */
export function retryDelayMs(attempt: number, random: number): number {
  const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt)
  return Math.max(FIRST_DELAY_MS, Math.round(longest * (0.5 + random / 2)))
}

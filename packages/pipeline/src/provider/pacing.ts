import type { PlaybackGaps } from '@radtune/core/contract'
import { formatInstantIso } from '@radtune/core/safecast'
import { possibleTimeUs } from './possible-time.ts'
import type { SourceRow } from './row-source.ts'

/** Decides when a row may go. */
export interface Pacer {
  /** Rows per second aimed at; 0 when the pace is another. */
  readonly targetPerSecond: number
  /** No row will be due. */
  readonly paused: boolean
  /** Milliseconds until the row is due, 0 when it is, infinite when another pacer has to say. `nowMs` is monotonic. Asked once for each row, in order. */
  waitMs(row: SourceRow, nowMs: number): number
}

/** As fast as rows can be had. */
export function createFreePacer(): Pacer {
  return { targetPerSecond: 0, paused: false, waitMs: () => 0 }
}

/** Nothing goes. */
export function createPausedPacer(): Pacer {
  return { targetPerSecond: 0, paused: true, waitMs: () => Number.POSITIVE_INFINITY }
}

/** After a longer stall the rest is given up: a rate is a load, not a debt. */
const MAX_DEBT_MS = 1000
/** What was due in a pause of up to this long may go at once: a throttled process is paused that long again and again. */
const BURST_MS = 250
/** How much faster than the rate the debt of a stall is paid back. */
const CATCH_UP = 1.5

/**
 * A steady rate, kept against a schedule, so that late timers do not add up. After a stall it catches up at 1.5 times the
 * rate, for at most a second's worth of rows, and never sends more than 250 ms of the raised rate at once.
 */
export function createRatePacer(ratePerSecond: number): Pacer {
  const stepMs = 1000 / ratePerSecond
  const catchUpStepMs = stepMs / CATCH_UP
  let scheduleMs = Number.NaN
  let earliestMs = Number.NEGATIVE_INFINITY
  return {
    targetPerSecond: ratePerSecond,
    paused: false,
    waitMs(_row, nowMs) {
      if (Number.isNaN(scheduleMs)) scheduleMs = nowMs
      scheduleMs = Math.max(scheduleMs, nowMs - MAX_DEBT_MS)
      earliestMs = Math.max(earliestMs, nowMs - BURST_MS)
      const dueMs = Math.max(scheduleMs, earliestMs)
      scheduleMs += stepMs
      earliestMs += catchUpStepMs
      return Math.max(0, dueMs - nowMs)
    },
  }
}

/** Longer silences of the data are cut to this, wall-clock time. */
const MAX_GAP_MS = 2000
/** So many rows in a row behind the newest one mean that the data themselves have gone back, as dumps in upload order do. */
const BEHIND_BEFORE_RETURN = 1000

/**
 * Replays the time between readings, `speed` seconds of captured time per second. Late rows go at once; rows without a
 * possible time too. `wallMs` tells which times are possible; `gaps` is told of every silence that is cut.
 */
export function createEventTimePacer(
  speed: number,
  { wallMs, gaps }: { wallMs: () => number; gaps: PlaybackGaps },
): Pacer {
  let newestUs = Number.NaN
  let dueMs = Number.NaN
  let behind = 0

  function moveTo(instantUs: number, nowMs: number): number {
    behind = instantUs < newestUs ? behind + 1 : 0
    if (Number.isNaN(newestUs) || behind >= BEHIND_BEFORE_RETURN) {
      newestUs = instantUs
      behind = 0
    }
    if (instantUs <= newestUs) return dueMs
    const gapMs = (instantUs - newestUs) / 1000 / speed
    if (gapMs > MAX_GAP_MS) {
      gaps.cut += 1
      gaps.newest = { from: formatInstantIso(newestUs), to: formatInstantIso(instantUs), at: wallMs() }
    }
    newestUs = instantUs
    // Time that was lost elsewhere is not made up for: the pace counts, not the end.
    return Math.max(dueMs, nowMs - BURST_MS) + Math.min(gapMs, MAX_GAP_MS)
  }

  return {
    targetPerSecond: 0,
    paused: false,
    waitMs({ reading }, nowMs) {
      if (Number.isNaN(dueMs)) dueMs = nowMs
      const instantUs = possibleTimeUs(reading.captured_time, wallMs())
      if (instantUs !== undefined) dueMs = moveTo(instantUs, nowMs)
      return Math.max(0, dueMs - nowMs)
    },
  }
}

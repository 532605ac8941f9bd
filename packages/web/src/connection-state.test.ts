import type { Playback } from '@radtune/core/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Connection, describeConnection, retryDelayMs } from './connection-state.ts'

const open: Connection = { kind: 'open', heardAt: 100_000, missedFrames: 0, missedAt: null }

describe('the connection in words', () => {
  const told = (connection: Connection, nowMs: number, state: Playback['state'] = 'running') =>
    describeConnection(connection, {
      nowMs,
      playback: { speed: 60, ratePerSecond: 0, paused: false, state, gaps: null },
    })

  test.each<[string, Connection, number, string]>([
    ['connecting', { kind: 'connecting' }, 0, 'connecting'],
    ['live', open, 107_999, 'live'],
    ['stalled', open, 108_000, 'stalled: no data for 8 s'],
    ['lagging', { ...open, missedFrames: 12, missedAt: 99_000 }, 101_000, 'lagging: 12 frames skipped'],
    ['live', { ...open, heardAt: 110_000, missedFrames: 12, missedAt: 99_000 }, 110_000, 'live'],
    [
      'reconnecting',
      { kind: 'waiting', attempt: 4, retryAt: 102_400, down: false },
      100_000,
      'reconnecting in 3 s (try 4)',
    ],
    [
      'down',
      { kind: 'waiting', attempt: 1, retryAt: 100_500, down: true },
      101_000,
      'pipeline down: reconnecting in 0 s (try 1)',
    ],
  ])('%s', (word, connection, nowMs, sentence) => {
    expect(told(connection, nowMs)).toEqual({ word, sentence })
  })

  test('a replay that stands still says why, while nothing worse is to be said', () => {
    expect(told(open, 101_000, 'paused')).toEqual({ word: 'paused', sentence: 'paused' })
    expect(told(open, 101_000, 'finished').sentence).toBe('replay finished')
    expect(told(open, 120_000, 'paused').word).toBe('stalled')
    expect(told(open, 101_000, null).word).toBe('live')
    expect(describeConnection(open, { nowMs: 101_000, playback: null }).word).toBe('live')
  })

  test('a page that fails says so', () => {
    expect(told({ kind: 'broken', why: 'no worker' }, 0).sentence).toBe(
      'broken: no worker; load the page again',
    )
  })

  test('waits between 0.5 and 15 s, longer with each try', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempt, random) => {
          const delayMs = retryDelayMs(attempt, random)
          expect(delayMs).toBeGreaterThanOrEqual(500)
          expect(delayMs).toBeLessThanOrEqual(15_000)
          expect(retryDelayMs(attempt + 1, random)).toBeGreaterThanOrEqual(delayMs)
        },
      ),
    )
    expect(retryDelayMs(1, 0)).toBe(500)
    expect(retryDelayMs(20, 0.999)).toBeGreaterThan(14_900)
  })
})

import type { PlaybackGaps } from '@radtune/core/contract'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { createEventTimePacer, createRatePacer, type Pacer } from './pacing.ts'
import type { SourceRow } from './row-source.ts'

const row: SourceRow = { row: 1, reading: {} }

/** Sends rows as the provider does, on a clock whose sleeps are late by `lateMs`, until `untilMs`. */
function sendUntil(
  pacer: Pacer,
  untilMs: number,
  options: { lateMs?: () => number; stalls?: [at: number, ms: number][] } = {},
) {
  const { lateMs = () => 0, stalls = [] } = options
  const sentAt: number[] = []
  const pending = [...stalls]
  let now = 0
  while (now < untilMs) {
    const wait = pacer.waitMs(row, now)
    if (wait > 0) now += Math.max(wait, 4) + lateMs()
    sentAt.push(now)
    const stall = pending[0]
    if (stall && now >= stall[0]) {
      now += stall[1]
      pending.shift()
    }
  }
  return sentAt
}

const within = (sentAt: readonly number[], from: number, to: number) =>
  sentAt.filter((at) => at >= from && at < to).length

describe('pacing by rate', () => {
  it.each([1, 7, 100, 1000, 10_000, 50_000])(
    'keeps %d/s to a hundredth over 10 s, with late timers',
    (rate) => {
      let tick = 0
      const sentAt = sendUntil(createRatePacer(rate), 12_000, { lateMs: () => (tick++ % 7) * 0.9 })
      expect(Math.abs(within(sentAt, 1000, 11_000) - rate * 10)).toBeLessThanOrEqual(
        Math.max(1, rate * 10 * 0.01),
      )
    },
  )

  it('keeps it when the process is paused four times a second, as under a CPU limit', () => {
    const stalls = Array.from({ length: 40 }, (_, at): [number, number] => [at * 250, 150])
    const sentAt = sendUntil(createRatePacer(10_000), 10_000, { stalls })
    expect(within(sentAt, 0, 10_000)).toBeGreaterThan(99_000)
  })

  it('is even within each tenth of a second', () => {
    const sentAt = sendUntil(createRatePacer(10_000), 3000)
    for (let from = 0; from < 2900; from += 100) {
      expect(within(sentAt, from, from + 100)).toBeGreaterThan(900)
      expect(within(sentAt, from, from + 100)).toBeLessThan(1100)
    }
  })

  it('catches up after a stall without a burst', () => {
    const sentAt = sendUntil(createRatePacer(1000), 8000, { stalls: [[2000, 800]] })
    // 250 ms at 1.5 times the rate at once, then 1.5 times the rate.
    expect(within(sentAt, 2800, 2810)).toBeLessThan(400)
    expect(within(sentAt, 3000, 3500)).toBeGreaterThan(700)
    expect(within(sentAt, 3000, 3500)).toBeLessThan(800)
    expect(within(sentAt, 0, 8000)).toBeGreaterThan(7950)
    expect(within(sentAt, 6000, 7000)).toBeLessThan(1010)
  })

  it('gives up what a long stall has cost beyond a second', () => {
    const sentAt = sendUntil(createRatePacer(1000), 70_000, { stalls: [[2000, 60_000]] })
    expect(within(sentAt, 62_000, 70_000)).toBeLessThan(9100)
  })

  it('never sends more than the raised rate and one burst, whatever the clock does', () => {
    const step = fc.tuple(fc.integer({ min: 1, max: 500 }), fc.double({ min: 0, max: 3000, noNaN: true }))
    fc.assert(
      fc.property(fc.constantFrom(10, 1000, 10_000), fc.array(step, { maxLength: 20 }), (rate, steps) => {
        const pacer = createRatePacer(rate)
        const sentAt: number[] = []
        let now = 0
        for (const [rows, idle] of steps) {
          for (let count = 0; count < rows; count += 1) {
            now += pacer.waitMs(row, now)
            sentAt.push(now)
          }
          now += idle
        }
        for (const from of [0, Math.floor(sentAt.length / 2)]) {
          const start = sentAt[from] ?? 0
          expect(within(sentAt, start, start + 1000)).toBeLessThanOrEqual(1.5 * rate * 1.25 + 2)
        }
      }),
    )
  })
})

describe('pacing by captured time', () => {
  const wall = Date.parse('2020-02-01T00:00:00Z')
  const at = (time: string): SourceRow => ({ row: 1, reading: { captured_time: time } })
  let gaps: PlaybackGaps
  beforeEach(() => {
    gaps = { cut: 0, newest: null }
  })

  it('replays the time between readings, faster', () => {
    const pacer = createEventTimePacer(60, { wallMs: () => wall, gaps })
    expect(pacer.waitMs(at('2020-01-01 00:00:00'), 0)).toBe(0)
    expect(pacer.waitMs(at('2020-01-01 00:01:00'), 0)).toBe(1000)
    expect(pacer.waitMs(at('2020-01-01 00:01:30'), 1000)).toBe(500)
    expect(gaps.cut).toBe(0)
  })

  it('sends late rows and impossible times at once, and is not led astray by them', () => {
    const pacer = createEventTimePacer(1, { wallMs: () => wall, gaps })
    pacer.waitMs(at('2020-01-01 00:00:10'), 0)
    for (const time of ['2020-01-01 00:00:05', '2080-01-06 03:14:07', '1970-01-05 00:00:00', 'x']) {
      expect(pacer.waitMs(at(time), 0)).toBe(0)
    }
    expect(pacer.waitMs(row, 0)).toBe(0)
    expect(pacer.waitMs(at('2020-01-01 00:00:11'), 0)).toBe(1000)
    expect(gaps.cut).toBe(0)
  })

  it('cuts silences to two seconds and counts them', () => {
    const pacer = createEventTimePacer(10, { wallMs: () => wall, gaps })
    pacer.waitMs(at('2020-01-01 00:00:00'), 0)
    expect(pacer.waitMs(at('2020-01-01 01:00:00'), 0)).toBe(2000)
    expect(gaps).toEqual({
      cut: 1,
      newest: { from: '2020-01-01T00:00:00Z', to: '2020-01-01T01:00:00Z', at: wall },
    })
  })

  it('goes back with data that go back for good, as a second file or upload order', () => {
    const pacer = createEventTimePacer(1, { wallMs: () => wall, gaps })
    pacer.waitMs(at('2020-01-20 00:00:00'), 0)
    for (let count = 0; count < 1000; count += 1) expect(pacer.waitMs(at('2019-01-01 00:00:00'), 0)).toBe(0)
    expect(pacer.waitMs(at('2019-01-01 00:00:01'), 0)).toBe(1000)
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createStory } from '../../test/snapshot-story.ts'
import { DEFAULT_TARGETS, Evaluator, evaluationSchema, known, type Reading, unknown } from './index.ts'
import { rateBetween } from './rate.ts'
import { stepThreshold, type ThresholdState } from './threshold.ts'

const SOURCES = ['runtime', 'host', 'kafka', 'provider', 'backend', 'worker-1', 'worker-2']

const reading: fc.Arbitrary<Reading<number>> = fc.oneof(
  fc
    .record({ value: fc.double({ noNaN: true, noDefaultInfinity: true }), at: fc.integer() })
    .map((told) => known(told.value, told.at)),
  fc.constant(unknown<number>('down')),
)

describe('whatever happens', () => {
  test('a rate is never negative, never NaN, and unknown comes of unknown', () => {
    fc.assert(
      fc.property(fc.option(reading, { nil: undefined }), reading, (before, after) => {
        const rate = rateBetween(before, after)
        if (rate.known) expect(Number.isFinite(rate.value) && rate.value >= 0).toBe(true)
        if (!after.known || !before?.known) expect(rate.known).toBe(false)
      }),
    )
  })

  /** One second of a story: how counters move, what is silent, and what begins anew. */
  const second = fc.record({
    in: fc.integer({ min: 0, max: 1_000_000 }),
    out: fc.integer({ min: 0, max: 1_000_000 }),
    silent: fc.subarray(SOURCES),
    anew: fc.boolean(),
    ms: fc.integer({ min: 0, max: 20_000 }),
    p99Ms: fc.option(fc.double({ min: 0, max: 1e7, noNaN: true })),
  })

  test('evaluations have no number that is none, and nothing of a silent source', () => {
    fc.assert(
      fc.property(fc.array(second, { minLength: 1, maxLength: 12 }), (seconds) => {
        const story = createStory()
        const evaluator = new Evaluator({ targets: DEFAULT_TARGETS, capacity: 8 })
        for (const { in: into, out, silent, anew, ms, p99Ms } of seconds) {
          Object.assign(story, { in: into, out, p99Ms })
          story.silent = new Map(silent.map((source) => [source, `${source} is down`]))
          if (anew)
            for (const partition of story.partitions)
              Object.assign(partition, { end: 0, committed: 0, dirty: 0, duplicates: 0 })
          const evaluation = evaluator.add(story.next(ms))
          // NaN and Infinity are null in JSON, so they would not come back as they went.
          expect(evaluationSchema.parse(JSON.parse(JSON.stringify(evaluation)))).toEqual(evaluation)
          if (ms === 0) continue
          for (const [source, metrics] of [
            [
              'kafka',
              [evaluation.flow.in, evaluation.flow.out, evaluation.flow.lag, evaluation.flow.rejects],
            ],
            ['provider', [evaluation.flow.provider]],
            ['backend', [evaluation.flow.p99, evaluation.flow.received]],
            ['host', [evaluation.host.cpu]],
            ['worker-1', [evaluation.slots.busy]],
          ] as const)
            if (silent.includes(source)) for (const { now } of metrics) expect(now.known).toBe(false)
          for (const { now, min } of [evaluation.flow.in, evaluation.flow.out, evaluation.flow.provider]) {
            if (now.known) expect(now.value).toBeGreaterThanOrEqual(0)
            if (min !== null) expect(min).toBeGreaterThanOrEqual(0)
          }
        }
      }),
      { numRuns: 60 },
    )
  })

  test('a word changes only after three samples over or ten under', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 1.5, 3, undefined), { maxLength: 60 }), (samples) => {
        let state: ThresholdState | undefined
        const told: number[] = []
        for (const sample of samples) {
          const before = state?.word ?? 'ok'
          if (sample !== undefined) told.push(sample)
          state = stepThreshold(state, sample === undefined ? unknown('down') : known(sample, 0), {
            warn: 1,
            critical: 2,
          })
          if (state.word === before) continue
          if (state.word === 'ok') expect(told.slice(-10).every((value) => value <= 1)).toBe(true)
          else if (before === 'CRIT') expect(told.slice(-10).every((value) => value < 2)).toBe(true)
          else expect(told.slice(-3).every((value) => value > 1)).toBe(true)
        }
      }),
    )
  })
})

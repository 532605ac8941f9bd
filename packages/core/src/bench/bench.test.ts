import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { createAdviceStory } from '../../test/advice-story.ts'
import { LATENCY_BOUNDS_MS } from '../contract/index.ts'
import type { BenchReport, BenchStep, StepMeasures } from './bench-report.ts'
import { parseBenchReport } from './bench-report.ts'
import { COMPARED, compareReports, whyNotComparable } from './compare-reports.ts'
import { type Figure, figureOf, median } from './figure.ts'
import { findKnee, judgeStep } from './judge-step.ts'
import { type LatencyCount, percentileBetween } from './latency-parts.ts'
import { measureStep } from './measure-step.ts'
import { parseSteps } from './parse-steps.ts'

const exactly = (value: number, noise = 0): Figure => ({
  value,
  noise,
  min: value - noise,
  max: value + noise,
})

function measuresOf(perSecond: number, change: Partial<StepMeasures> = {}): StepMeasures {
  return {
    in: exactly(perSecond),
    out: exactly(perSecond),
    p50: exactly(12),
    p95: exactly(30),
    p99: exactly(41, 4),
    cpu: exactly(100, 3),
    cpuByRole: { kafka: exactly(40) },
    memory: exactly(6e8),
    memoryByRole: {},
    rejects: exactly(0.07, 0.001),
    duplicates: exactly(0.05),
    busy: exactly(0.2),
    lagPerSecond: 0,
    lag: 300,
    throttled: null,
    restarts: 0,
    others: exactly(0.2),
    ...change,
  }
}

function stepOf(perSecond: number, change: Partial<StepMeasures> = {}): BenchStep {
  const measures = measuresOf(perSecond, change)
  return { perSecond, measures, carried: judgeStep({ perSecond, measures }, { latencyTargetMs: 100 }) }
}

function reportOf(steps: readonly BenchStep[], change: Partial<BenchReport> = {}): BenchReport {
  return {
    schema: 'radtune.bench-report/1',
    at: 1,
    machine: {
      cpuModel: 'A',
      cpus: 2,
      memoryBytes: 16e9,
      kernel: 'Linux 6.8',
      arch: 'x64',
      version: '0.1.0',
    },
    stack: {
      profile: '4c8g',
      engine: 'worker',
      runtime: 'local',
      data: 'generator, seed 1',
      settings: {},
      limitsEnforced: true,
    },
    forMs: 30_000,
    warmUpMs: 10_000,
    latencyTargetMs: 100,
    steps: [...steps],
    left: [],
    knee: findKnee(steps),
    ...change,
  }
}

describe('steps as they are typed', () => {
  test.each([
    ['1000', [1000]],
    ['500, 2000,5_000', [500, 2000, 5000]],
  ])('%j', (text, steps) => expect(parseSteps(text)).toEqual({ ok: true, value: steps }))

  test.each([
    ['', /"" is not a whole number/],
    ['1000,', /"" is not/],
    ['1k', /"1k" is not/],
    ['0', /and 0 is not/],
    ['-5', /"-5" is not/],
    ['1.5', /"1.5" is not/],
    ['2000,1000', /1000 comes after 2000/],
    ['2000,2000', /2000 comes after 2000/],
    ['99999999', /and 99999999 is not/],
    [Array.from({ length: 21 }, (_, index) => index + 1).join(','), /20 are the most/],
  ])('%j is refused', (text, problem) => {
    const parsed = parseSteps(text)
    expect(parsed.ok ? '' : parsed.problem).toMatch(problem)
  })
})

describe('a figure', () => {
  test('is the median of its parts with two robust deviations', () => {
    expect(figureOf([10, 12, 11, 9, 400])).toEqual({ value: 11, noise: 2 * 1.4826, min: 9, max: 400 })
    expect(figureOf([1, 2])).toBeUndefined()
    expect(figureOf([1, 2, Number.NaN])).toBeUndefined()
  })

  it('lies among its parts, moves and grows with them, and one hiccup does not move it beyond the others', () => {
    const numbers = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 3, maxLength: 9 })
    fc.assert(
      fc.property(numbers, fc.double({ min: 0.5, max: 10, noNaN: true }), (parts, factor) => {
        const figure = figureOf(parts) as Figure
        expect(figure.min).toBeLessThanOrEqual(figure.value)
        expect(figure.value).toBeLessThanOrEqual(figure.max)
        expect(figure.noise).toBeGreaterThanOrEqual(0)
        const scaled = figureOf(parts.map((part) => part * factor)) as Figure
        expect(scaled.value).toBeCloseTo(figure.value * factor, 3)
        expect(scaled.noise).toBeCloseTo(figure.noise * factor, 3)
        const hiccup = figureOf([...parts.slice(1), 1e12]) as Figure
        expect(hiccup.value).toBeLessThanOrEqual(Math.max(...parts.slice(1)))
      }),
    )
  })

  test('median of an even number is the mean of two', () => expect(median([4, 1, 3, 2])).toBe(2.5))
})

describe('what a held load comes to', () => {
  function held(change: (story: ReturnType<typeof createAdviceStory>) => void, seconds = 30) {
    const story = createAdviceStory()
    story.tell(20)
    change(story)
    story.tell(10)
    const from = story.at
    story.tell(seconds)
    return measureStep({
      history: story.evaluator.history,
      snapshot: story.evaluator.newest as never,
      window: { from, to: story.at },
      latencyFrom: from,
      latencies: [],
      restartsBefore: 0,
    })
  }

  test('in a steady flow', () => {
    const measures = held((story) => Object.assign(story, { in: 2400, out: 2400 }))
    expect(measures.in?.value).toBeCloseTo(2400)
    expect(measures.out?.value).toBeCloseTo(2400)
    expect(measures.p99).toMatchObject({ value: 41, noise: 0 })
    // 0.2 + 2 × 0.45 + 0.12 + 0.08 CPUs for 2,400 records a second.
    expect(measures.cpu?.value).toBeCloseTo(541.7, 0)
    expect(measures.cpuByRole.worker?.value).toBeCloseTo(375, 0)
    expect(measures.lagPerSecond).toBeCloseTo(0)
    expect(judgeStep({ perSecond: 2400, measures }, { latencyTargetMs: 100 })).toEqual({ state: 'carried' })
  })

  test('when more comes in than goes out', () => {
    const measures = held((story) => Object.assign(story, { in: 6000, out: 4800 }))
    expect(measures.lagPerSecond).toBeCloseTo(1200, 0)
    expect(judgeStep({ perSecond: 6000, measures }, { latencyTargetMs: 100 })).toMatchObject({
      state: 'not carried',
      behind: true,
      why: expect.stringContaining('1,200 more records wait with each second'),
    })
  })

  test.each([
    ['backend', ['p99']],
    ['kafka', ['in', 'out', 'rejects', 'cpu']],
    ['runtime', ['cpu', 'memory']],
  ] as const)('what %s does not tell is not known, and never a zero', (source, metrics) => {
    const measures = held((story) => void story.silent.set(source, 'it is down'))
    for (const metric of metrics) expect(measures[metric]).toBeNull()
    const { state } = judgeStep({ perSecond: 1000, measures }, { latencyTargetMs: 100 })
    expect(state).toBe(source === 'runtime' ? 'carried' : 'unknown')
  })

  test('latencies of the load before are left out: with too little left they are not known', () => {
    const story = createAdviceStory()
    story.tell(60)
    const window = { from: story.at - 15_000, to: story.at }
    const measure = (latencyFrom: number) =>
      measureStep({
        history: story.evaluator.history,
        snapshot: story.evaluator.newest as never,
        window,
        latencyFrom,
        latencies: [],
        restartsBefore: 0,
      })
    expect(measure(window.from + 5000).p99?.value).toBe(41)
    expect(measure(window.to + 5000).p99).toBeNull()
  })
})

describe('latencies of a part alone', () => {
  /** `late[n]`: of the thousand records of second n, those that took 51 to 100 ms; the others 11 to 20. */
  const countsOf = (late: readonly number[]): LatencyCount[] => {
    const counts = LATENCY_BOUNDS_MS.map(() => 0)
    const add = (bound: number, count: number) => {
      const index = (LATENCY_BOUNDS_MS as readonly number[]).indexOf(bound)
      counts[index] = (counts[index] ?? 0) + count
    }
    return [0, ...late].map((some, second) => {
      if (second > 0) add(20, 1000 - some)
      add(100, some)
      return { at: second * 1000, buckets: { count: second * 1000, sumMs: 0, counts: [...counts] } }
    })
  }

  test('are between the bounds of their bucket, and of other parts nothing is in them', () => {
    const counts = countsOf([0, 0, 20, 20])
    const p99 = (from: number, to: number) => percentileBetween(counts, { from, to, percentile: 0.99 })
    expect(p99(0, 2000)).toBeCloseTo(19.9)
    // Of 2,000 records 40 are late: the 20th of them is half way through their bucket.
    expect(p99(2000, 4000)).toBeCloseTo(75)
    expect(p99(-1000, 1000)).toBeUndefined()
    expect(p99(3000, 3500)).toBeUndefined()
  })

  test('a backend that began anew tells nothing', () => {
    const [first, second] = countsOf([0]) as [LatencyCount, LatencyCount]
    expect(
      percentileBetween(
        [
          { ...second, at: 0 },
          { ...first, at: 1000 },
        ],
        { from: 0, to: 1000, percentile: 0.5 },
      ),
    ).toBeUndefined()
  })

  test('give the noise that a latency over ten seconds hides', () => {
    const story = createAdviceStory()
    story.tell(30)
    const window = { from: story.at - 15_000, to: story.at }
    const seconds = [0, 0, 0, 90, 90, 90, 0, 0, 0, 60, 60, 60, 5, 5, 5]
    const latencies = countsOf(seconds).map(({ at, buckets }) => ({ at: window.from + at, buckets }))
    const { p99 } = measureStep({
      history: story.evaluator.history,
      snapshot: story.evaluator.newest as never,
      window,
      latencyFrom: window.from,
      latencies,
      restartsBefore: 0,
    })
    expect(p99?.value).toBe(41)
    // 94 ms in one part, 20 ms in another.
    expect(p99?.noise).toBeCloseTo(37.3, 1)
  })
})

describe('the knee', () => {
  test.each([
    [
      'the rate is not reached',
      { in: exactly(4000), throttled: { service: 'provider', share: 0.9 } },
      /the provider publishes 4,000\/s of 5,000\/s; provider is throttled in 90 %/,
    ],
    ['p99 is over its target', { p99: exactly(140) }, /p99 is 140 ms, over 100 ms/],
    [
      'p99 is hardly over it',
      { p99: exactly(107, 23) },
      /p99 is 107 ms, over 100 ms by less than its noise of 23 ms/,
    ],
    [
      'the lag grows',
      { lagPerSecond: 800, lag: 24_000 },
      /800 more records wait with each second, 24,000 at the end/,
    ],
    ['a service was started again', { restarts: 1 }, /a service was started again/],
    ['p99 is not known', { p99: null }, /not known: p99 was not told/],
  ] as const)('ends where %s', (_, change, why) => {
    const knee = findKnee([stepOf(1000), stepOf(2000), stepOf(5000, change)])
    expect(knee.perSecond).toBe(2000)
    expect(knee.sentence).toMatch(why)
  })

  test('is no step when none is carried, and tells of a lower one that is not', () => {
    expect(findKnee([stepOf(1000, { p99: exactly(200) })])).toMatchObject({ perSecond: null })
    const cold = findKnee([stepOf(500, { p99: exactly(233) }), stepOf(1000)])
    expect(cold).toEqual({
      perSecond: 1000,
      sentence:
        '1,000/s are carried; no higher step was made; though 500/s are not: p99 is 233 ms, over 100 ms',
    })
  })

  test('a rate that varies as much as it lacks is reached', () => {
    expect(stepOf(500, { in: exactly(484, 60) }).carried).toEqual({ state: 'carried' })
  })

  test('lag within what is on its way does not count as growing', () => {
    expect(stepOf(1000, { lagPerSecond: 30, lag: 1500 }).carried).toEqual({ state: 'carried' })
  })
})

describe('two reports', () => {
  const before = reportOf([stepOf(1000), stepOf(2000)])

  test.each([
    ['out', { out: exactly(1900) }],
    ['p99', { p99: exactly(70) }],
    ['cpu', { cpu: exactly(120) }],
    ['memory', { memory: exactly(8e8) }],
    ['rejects', { rejects: exactly(0.2) }],
  ] as const)('%s that is worse beyond noise is a regression', (metric, change) => {
    const { regressions } = compareReports(before, reportOf([stepOf(1000), stepOf(2000, change)]))
    expect(regressions).toContainEqual(`${metric} at 2,000/s is worse`)
  })

  test('noise of either report hides a difference, and what gets better is none', () => {
    const noisy = reportOf([stepOf(1000), stepOf(2000, { p99: exactly(70, 40) })])
    expect(compareReports(before, noisy).regressions).toEqual([])
    const better = compareReports(before, reportOf([stepOf(1000), stepOf(2000, { p99: exactly(20) })]))
    expect(better.regressions).toEqual([])
    expect(better.steps[1]?.figures.find(({ metric }) => metric === 'p99')?.verdict).toBe('better')
  })

  test('a step that is no longer carried, or no longer reached, is one', () => {
    const late = compareReports(before, reportOf([stepOf(1000), stepOf(2000, { p99: exactly(150) })]))
    expect(late.regressions).toContain('2,000/s is no longer carried')
    const piled = reportOf([stepOf(1000, { lagPerSecond: 500, lag: 9000 })], { left: [2000] })
    expect(compareReports(before, piled).regressions).toContain(
      '2,000/s was carried and is no longer reached',
    )
  })

  test('a step whose p99 has crossed its target within noise is none', () => {
    const near = reportOf([stepOf(1000, { p99: exactly(90, 20) })])
    const over = reportOf([stepOf(1000, { p99: exactly(110, 20) })])
    expect(compareReports(near, over)).toMatchObject({ regressions: [], steps: [{ carried: 'same' }] })
    expect(compareReports(over, near)).toMatchObject({ regressions: [], steps: [{ carried: 'same' }] })
  })

  test('what is not known is no regression, and said', () => {
    const { steps, regressions } = compareReports(before, reportOf([stepOf(1000, { p99: null })]))
    expect(regressions).toEqual([])
    expect(steps[0]).toMatchObject({ carried: 'unknown' })
  })

  test('other settings are named, other stacks and machines cannot be compared', () => {
    const tuned = reportOf([stepOf(1000)], {
      stack: { ...before.stack, settings: { 'producer.main.linger': '20 ms' } },
    })
    expect(compareReports(before, tuned).differences).toEqual(['producer.main.linger as planned → 20 ms'])
    const plan = { steps: [1000], machine: before.machine, stack: before.stack }
    expect(whyNotComparable(before, plan)).toBeUndefined()
    expect(
      whyNotComparable(before, { ...plan, machine: { ...before.machine, version: '0.2.0' } }),
    ).toBeUndefined()
    expect(whyNotComparable(before, { ...plan, machine: { ...before.machine, cpus: 4 } })).toMatch(
      /2 CPUs, not 4/,
    )
    expect(whyNotComparable(before, { ...plan, stack: { profile: '2c4g', engine: 'worker' } })).toMatch(
      /another stack/,
    )
    expect(whyNotComparable(before, { ...plan, steps: [3000] })).toMatch(/measured 1000, 2000/)
  })

  it('with itself has no difference; turned round, better is worse', () => {
    const figure = fc.record({
      value: fc.double({ min: 1, max: 1e5, noNaN: true }),
      noise: fc.double({ min: 0, max: 1e3, noNaN: true }),
    })
    const opposite = { better: 'worse', worse: 'better', same: 'same', unknown: 'unknown' } as const
    fc.assert(
      fc.property(figure, figure, fc.constantFrom(...COMPARED), (a, b, { metric, least }) => {
        const of = ({ value, noise }: { value: number; noise: number }) =>
          reportOf([stepOf(1000, { [metric]: exactly(value, noise) })])
        const verdict = (was: BenchReport, is: BenchReport) =>
          compareReports(was, is).steps[0]?.figures.find((one) => one.metric === metric)?.verdict
        expect(verdict(of(a), of(a))).toBe('same')
        // The least difference is a share of what was before: only beyond both is the order all the same.
        const gap = Math.abs(a.value - b.value)
        if (gap > least.share * Math.max(a.value, b.value))
          expect(verdict(of(b), of(a))).toBe(opposite[verdict(of(a), of(b)) ?? 'unknown'])
      }),
    )
  })

  test('a report is read as it was written', () => {
    expect(parseBenchReport(JSON.stringify(before))).toEqual({ ok: true, report: before })
  })
})

import { describe, expect, test } from 'vitest'
import { type AdviceStory, createAdviceStory } from '../../test/advice-story.ts'
import type { Snapshot } from '../metrics/index.ts'
import { clearFrom, type Health, healthOf, judgeVerdict, type Step, type Verdict } from './index.ts'

const lowerP99: Step['expected'] = [
  { metric: 'p99', unit: 'ms', better: 'lower', from: 200, low: 60, high: 110 },
]

/** Two minutes before a step, what it does, and two minutes after. */
function verdictOf(
  does: (story: AdviceStory) => void,
  {
    expected = lowerP99,
    effect = 'live',
    before = () => undefined,
    p99Ms = 196,
    remembered = false,
    makingSeconds = 0,
  }: {
    expected?: Step['expected']
    effect?: Step['effect']
    before?: (story: AdviceStory) => void
    p99Ms?: number
    /** What was before is what services remember, not what was watched. */
    remembered?: boolean
    /** How long it takes to make the step; records are late meanwhile. */
    makingSeconds?: number
  } = {},
): Verdict {
  const story = createAdviceStory()
  story.p99Ms = 200
  before(story)
  const past: Snapshot[] = []
  for (let second = 0; second < 70; second += 1) {
    if (story.p99Ms !== null) story.p99Ms = p99Ms + (second % 3) * 4
    if (remembered) past.push(story.next())
    else story.tell(1)
  }
  story.evaluator.addPast(past)
  story.tell(1)
  const context = story.context()
  const healthBefore: Health = healthOf(context.evaluation)
  const openedAt = story.at
  if (makingSeconds > 0) story.p99Ms = 9000
  story.tell(makingSeconds)
  const appliedAt = story.at
  does(story)
  story.tell(90)
  return judgeVerdict({
    history: story.evaluator.history,
    step: { expected, effect },
    openedAt,
    settledAt: clearFrom(appliedAt, context.settings),
    settings: context.settings,
    targets: story.evaluator.targets,
    spec: story.spec,
    health: { before: healthBefore, after: healthOf(story.context().evaluation) },
  })
}

describe('a verdict', () => {
  test('keeps what did as expected, with expected beside measured', () => {
    const verdict = verdictOf((story) => {
      story.p99Ms = 84
    })
    expect(verdict).toMatchObject({ verdict: 'kept', unknown: [] })
    expect(verdict.sentence).toBe(
      'kept: as expected or better; p99 200 ms → 84 ms, expected 60 ms to 110 ms: as expected',
    )
  })

  test('is of what was before anything was changed: making a step may take long, and make records late', () => {
    const { verdict, comparisons } = verdictOf((story) => Object.assign(story, { p99Ms: 200 }), {
      makingSeconds: 40,
    })
    expect(comparisons).toMatchObject([
      { metric: 'p99', before: expect.closeTo(200, 0), after: 200, outcome: 'wrong' },
    ])
    expect(verdict).toBe('inconclusive')
  })

  test('keeps what did better than expected', () => {
    const verdict = verdictOf((story) => {
      story.p99Ms = 20
    })
    expect(verdict).toMatchObject({ verdict: 'kept', comparisons: [{ outcome: 'better than expected' }] })
  })

  test('keeps what helped less than expected, and says that the prediction was wrong', () => {
    const verdict = verdictOf((story) => {
      story.p99Ms = 150
    })
    expect(verdict.verdict).toBe('kept')
    expect(verdict.sentence).toMatch(/^kept: it helped, but the prediction was wrong; .*: wrong$/)
  })

  test('keeps what lets more out while records pile up, only slower than before', () => {
    const lateAndMore = (out: number, low = 2500) => {
      const overloaded = (story: AdviceStory) => Object.assign(story, { in: 3000, out: 1900 })
      return verdictOf((story) => Object.assign(story, { out, p99Ms: 30_000 }), {
        before: overloaded,
        expected: [{ metric: 'out', unit: 'perSecond', better: 'higher', from: 1900, low, high: 2900 }],
      })
    }
    const slower = lateAndMore(2600)
    expect(slower.verdict, slower.sentence).toBe('kept')
    // Within variation, and as much as was expected.
    const little = lateAndMore(1960, 1950)
    expect(little.verdict, little.sentence).toBe('kept')
    const less = lateAndMore(1940, 1950)
    expect(less.verdict, less.sentence).toBe('reverted')
    const same = lateAndMore(1900)
    expect(same.verdict, same.sentence).toBe('reverted')
  })

  test('keeps what lets more out also where only the delay tells that records piled up before', () => {
    const moreFrom = (p99Ms: number) =>
      verdictOf(
        (story) => {
          for (const slot of story.slots) slot.perSecond = 2600 / story.slots.length
          Object.assign(story, { out: 2600, p99Ms: 40_000 })
        },
        {
          p99Ms,
          remembered: true,
          before(story) {
            // A slot that never waits does not know how much lies before it.
            for (const slot of story.slots)
              Object.assign(slot, { busy: 1, perSecond: 1900 / story.slots.length })
            Object.assign(story, { in: 3000, out: 1900 })
          },
          expected: [
            { metric: 'out', unit: 'perSecond', better: 'higher', from: 1900, low: 2500, high: 2900 },
          ],
        },
      )
    const late = moreFrom(30_000)
    expect(late.verdict, late.sentence).toBe('kept')
    expect(moreFrom(300).sentence).toMatch(/^reverted: p99 is worse/)
  })

  test('wrong advice: what got worse is reverted, and said to be wrong', () => {
    const verdict = verdictOf((story) => {
      story.p99Ms = 420
    })
    expect(verdict.verdict).toBe('reverted')
    expect(verdict.sentence).toBe(
      'reverted: p99 is worse, the prediction was wrong; p99 200 ms → 420 ms, expected 60 ms to 110 ms: wrong',
    )
  })

  test('decides nothing by a difference within variation', () => {
    const verdict = verdictOf((story) => {
      story.p99Ms = 198
    })
    expect(verdict.verdict).toBe('inconclusive')
    expect(verdict.sentence).toContain('the prediction was wrong, nothing changed beyond variation')
  })

  test('keeps nothing for a measurement that went the wrong way, be it within variation', () => {
    const expected: Step['expected'] = [
      { metric: 'p99', unit: 'ms', better: 'lower', from: 200, low: 195, high: 199 },
    ]
    const verdict = verdictOf(
      (story) => {
        story.p99Ms = 204
      },
      { expected },
    )
    expect(verdict.verdict).toBe('inconclusive')
    expect(verdict.sentence).toMatch(/^inconclusive: nothing changed beyond variation; .*: as expected$/)
  })

  test('does not mind lag of less than arrives in a second', () => {
    const lagging = (share: number) => (story: AdviceStory) => {
      story.in = 6000
      story.out = 6000
      for (const partition of story.partitions) partition.end += (share * 6000) / story.partitions.length
    }
    const does = (story: AdviceStory) => {
      story.p99Ms = 84
      for (const partition of story.partitions) partition.end += 300
    }
    const verdict = verdictOf(does, { before: lagging(0.25) })
    expect(verdict.comparisons.map(({ metric }) => metric)).toEqual(['p99'])
    expect(verdict.verdict).toBe('kept')
  })

  test('watches what nothing was expected of', () => {
    const expected: Step['expected'] = [
      { metric: 'cost', unit: 'microseconds', better: 'lower', from: 900, low: 200, high: 800 },
    ]
    const cheaper = (story: AdviceStory) => {
      for (const worker of ['worker-1', 'worker-2']) story.cpus.set(worker, 0.25)
    }
    expect(verdictOf(cheaper, { expected })).toMatchObject({
      verdict: 'kept',
      comparisons: [
        { metric: 'cost', outcome: 'as expected' },
        { metric: 'p99', expected: null },
      ],
    })
    const verdict = verdictOf(
      (story) => {
        cheaper(story)
        story.p99Ms = 900
      },
      { expected },
    )
    expect(verdict).toMatchObject({ verdict: 'reverted' })
    expect(verdict.sentence).toContain('p99 is worse')
  })

  test('lost health reverts, whatever the numbers', () => {
    const ill = (story: AdviceStory) => {
      story.p99Ms = 84
      const kafka = story.services.get('kafka')
      if (kafka) Object.assign(kafka, { condition: 'unhealthy', reason: 'it does not answer' })
    }
    expect(verdictOf(ill).sentence).toMatch(
      /^reverted: health was lost, kafka is unhealthy: it does not answer/,
    )
    const again = (story: AdviceStory) => {
      story.p99Ms = 84
      const kafka = story.services.get('kafka')
      if (kafka) kafka.restarts += 1
    }
    expect(verdictOf(again).verdict).toBe('reverted')
    expect(verdictOf(again, { effect: 'restart' }).verdict).toBe('kept')
  })

  test('decides nothing when the load changed, or the measurement is gone', () => {
    expect(
      verdictOf((story) => {
        story.p99Ms = 84
        story.in = story.out = 300
      }).sentence,
    ).toMatch(/^inconclusive: the load changed from 1,000\/s to 300\/s/)
    expect(
      verdictOf((story) => {
        story.silent.set('backend', 'backend is down')
      }),
    ).toMatchObject({ verdict: 'inconclusive', unknown: ['p99 is not known before and after'] })
    expect(
      verdictOf((story) => {
        story.silent.set('kafka', 'kafka is down')
      }).sentence,
    ).toMatch(/^inconclusive: the load before and after is not known/)
    expect(verdictOf(() => undefined, { expected: [] }).verdict).toBe('inconclusive')
  })
})

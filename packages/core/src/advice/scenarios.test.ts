import { describe, expect, test } from 'vitest'
import { type AdviceStory, createAdviceStory } from '../../test/advice-story.ts'
import { known } from '../metrics/index.ts'
import { type Advice, clearFrom, healthOf, judge, judgeVerdict } from './index.ts'

const settings = (advice: Advice) =>
  advice.steps.map(({ changes }) => changes.map(({ key, from, to }) => `${key} ${from} → ${to}`).join(', '))
const ids = (advice: Advice) => [...new Set(advice.findings.map(({ rule }) => rule))]

/** More slots than the CPU has room for: each waits for the others. */
function overParallel(): AdviceStory {
  const story = createAdviceStory({
    pins: [
      { key: 'worker.count', value: 2, origin: 'radtune.yaml' },
      { key: 'worker.cpus', value: 0.3, origin: 'radtune.yaml' },
    ],
  })
  for (const worker of ['worker-1', 'worker-2']) {
    story.cpus.set(worker, 0.29)
    story.throttled.set(worker, 0.7)
  }
  story.p99Ms = 400
  for (const slot of story.slots) slot.busy = 0.9
  return story
}

describe('stories of a stack that needs advice', () => {
  test('quiet: the stack in good order has no advice, three times in a row', () => {
    const story = createAdviceStory()
    for (let time = 0; time < 3; time += 1) {
      story.tell(120)
      const advice = judge(story.context())
      expect(advice.findings).toEqual([])
      expect(advice.steps).toEqual([])
      expect(advice.kept).toEqual([])
      expect(advice.undecided.map(({ rule }) => rule)).toEqual(['network-bound', 'retention-outgrows-disk'])
    }
  })

  test('quiet: throttling that nobody waits for moves no CPU', () => {
    const story = createAdviceStory()
    story.throttled.set('kafka', 0.22)
    story.p99Ms = 77
    story.tell(60)
    expect(judge(story.context()).findings).toEqual([])
  })

  test('over-parallel: fewer slots, with the numbers', () => {
    const story = overParallel()
    story.tell(60)
    const advice = judge(story.context())
    expect(ids(advice)).toContain('cpu-saturated')
    expect(settings(advice)[0]).toBe('pipeline.parallelism 6 → 3')
    expect(advice.next?.why).toMatch(/^6 slots share 0.6 CPU, and 0.5 CPU for each fits 1: 3 is the largest/)
    expect(advice.next?.effect).toBe('live')
    expect(advice.next?.expected.map(({ metric }) => metric)).toEqual(['cost', 'out'])
    expect(advice.kept).toEqual([
      { rule: 'service-throttled', key: 'worker.cpus', value: 0.3, why: 'set by radtune.yaml' },
    ])
    expect(judge(story.context(), { inFlight: 'step 7 is being verified' })).toMatchObject({
      next: null,
      holds: 'step 7 is being verified',
    })
  })

  test('over-parallel: never shrinks while what waits is being caught up with', () => {
    const story = overParallel()
    for (const partition of story.partitions) partition.end += 20_000
    story.out = 1300
    story.tell(50)
    const advice = judge(story.context())
    expect(ids(advice)).toContain('cpu-saturated')
    expect(settings(advice)).not.toContainEqual(expect.stringContaining('parallelism'))
  })

  test('under-parallel: more slots, and when the lag will be gone', () => {
    const story = createAdviceStory({
      pins: [{ key: 'pipeline.parallelism', value: 1, origin: 'overlay' }],
    })
    const own = new Map([['pipeline.parallelism', 1]])
    story.in = 3000
    story.out = 1900
    for (const slot of story.slots) Object.assign(slot, { busy: 0.97, perSecond: 1900 })
    story.cpus.set('worker-1', 1)
    story.cpus.set('worker-2', 0.05)
    story.tell(60)
    const advice = judge(story.context({ own }))
    expect(advice.bottleneck.stage).toBe('workers')
    expect(settings(advice)[0]).toBe('pipeline.parallelism 1 → 2')
    expect(advice.next?.rule).toBe('throughput-low')
    expect(advice.next?.why).toMatch(
      /^a slot can do 1,9\d\d\/s \(1,90\d\/s ÷ 1 ÷ 97 % busy\); \(3,000\/s \+ 6/,
    )
    const [expected] = advice.next?.expected ?? []
    expect(expected).toMatchObject({ metric: 'out', better: 'higher' })
    expect(expected?.low).toBeGreaterThan(1900)
    // Somebody else's overlay value is a pin.
    expect(judge(story.context())).toMatchObject({
      next: null,
      kept: [{ key: 'pipeline.parallelism', value: 1, why: 'set by overlay' }],
    })
  })

  test('under-parallel: no more is promised than the idle CPU of the machine carries', () => {
    const pins = [
      { key: 'pipeline.parallelism', value: 1, origin: 'overlay' },
      { key: 'monitor.busyShare', value: 0.95, origin: 'flag' },
    ] as const
    const story = createAdviceStory({ pins: [...pins] })
    story.in = 3000
    story.out = 1900
    story.hostCpu = 0.88
    for (const slot of story.slots) Object.assign(slot, { busy: 0.97, perSecond: 1900 })
    story.cpus.set('worker-1', 1)
    story.tell(60)
    const { next } = judge(story.context({ own: new Map([['pipeline.parallelism', 1]]) }))
    // 0.48 CPUs are idle of 4: half as much again as the one that is used.
    expect(next?.changes).toMatchObject([{ from: 1, to: 2 }])
    expect(next?.why).toMatch(/2 slots do 2,8\d\d\/s to 2,8\d\d\/s, for which the machine has CPU/)
  })

  test('under-parallel: a measured coefficient narrows what is expected', () => {
    const story = createAdviceStory({ pins: [{ key: 'pipeline.parallelism', value: 1, origin: 'overlay' }] })
    story.in = 2500
    story.out = 1900
    for (const slot of story.slots) Object.assign(slot, { busy: 0.97, perSecond: 1900 })
    story.cpus.set('worker-1', 1)
    story.tell(60)
    const context = story.context({
      own: new Map([['pipeline.parallelism', 1]]),
      calibration: {
        observations: [
          { slots: 1, perSecond: 2000 },
          { slots: 2, perSecond: 3600 },
          { slots: 3, perSecond: 5000 },
        ],
        sentence: 'calibrated 3 days ago on this machine',
      },
    })
    const { next } = judge(context)
    const [expected] = next?.expected ?? []
    expect(expected?.low).toBeCloseTo(expected?.high ?? 0)
    expect(next?.why).toMatch(
      /\(what more slots are worth, 0\.86, is calibrated 3 days ago on this machine\)$/,
    )
  })

  test('at the partitions: more of those, and that it cannot be taken back', () => {
    const story = createAdviceStory()
    story.in = 14_000
    story.out = 11_500
    for (const slot of story.slots) Object.assign(slot, { busy: 0.97, perSecond: 1900 })
    for (const worker of ['worker-1', 'worker-2']) story.cpus.set(worker, 0.9)
    story.tell(60)
    const advice = judge(story.context())
    expect(settings(advice)).toContain('topics.radiation-data.partitions 6 → 12')
    expect(advice).toMatchObject({ next: null, holds: expect.stringContaining('taken back') })
    expect(advice.steps[0]).toMatchObject({
      effect: 'irreversible',
      cost: expect.stringContaining('taken back'),
    })
  })

  test('starved broker: CPU moves to it, and the sum stays', () => {
    const story = createAdviceStory({ pins: [{ key: 'kafka.cpus', value: 0.2, origin: 'overlay' }] })
    story.cpus.set('kafka', 0.2)
    story.throttled.set('kafka', 0.62)
    story.p99Ms = 212
    for (const slot of story.slots) slot.waiting = 0.48
    story.tell(60)
    const advice = judge(story.context({ own: new Map([['kafka.cpus', 0.2]]) }))
    expect(advice.bottleneck).toMatchObject({ stage: 'kafka', cause: 'throttled' })
    const [first] = advice.steps
    expect(first?.changes[0]).toMatchObject({ key: 'kafka.cpus', from: 0.2, to: 0.4 })
    expect(first?.rule).toBe('service-throttled')
    expect(first?.expected.map(({ metric }) => metric)).toEqual(['throttled/kafka', 'p99'])
    const counts: Record<string, number> = { worker: 2 }
    const gained = (first?.changes ?? []).reduce(
      (sum, { key, from, to }) =>
        sum + (Number(to) - Number(from)) * (counts[key.split('.')[0] as string] ?? 1),
      0,
    )
    expect(gained).toBeCloseTo(0, 9)
    expect(first?.why).toContain('the sum of all limits stays the same')
  })

  test('slow fetch: waits for one byte, and p99 falls by the wait', () => {
    const story = createAdviceStory({
      pins: [{ key: 'consumer.fetchMinBytes', value: 1024, origin: 'overlay' }],
    })
    story.in = 50
    story.out = 50
    story.fetch = { batches: 2, records: 50 / 6, bytes: (50 / 6) * 200, fill: 0.001 }
    story.p99Ms = 500
    story.arrivalMs = 480
    story.tell(60)
    const own = new Map([['consumer.fetchMinBytes', 1024]])
    const advice = judge(story.context({ own }))
    expect(settings(advice)[0]).toBe('consumer.fetchMinBytes 1024 → 1')
    expect(advice.next?.expected).toEqual([
      { metric: 'p99', unit: 'ms', better: 'lower', from: 500, low: 5, high: 250 },
    ])
    // At a rate that fills it in time there is nothing to say.
    story.in = 10_000
    story.out = 10_000
    story.fetch = { ...story.fetch, bytes: (10_000 / 6) * 200 }
    story.p99Ms = 60
    story.tell(60)
    expect(ids(judge(story.context({ own })))).toEqual([])
  })

  test('hot partition: names it and its key, and forbids scaling for it', () => {
    const story = createAdviceStory({ pins: [{ key: 'pipeline.parallelism', value: 3, origin: 'overlay' }] })
    story.in = 6000
    story.inOf = new Map(story.partitions.map((_, partition) => [partition, partition === 2 ? 4800 : 240]))
    story.outOf = new Map(story.partitions.map((_, partition) => [partition, partition === 2 ? 1900 : 240]))
    for (const slot of story.slots) Object.assign(slot, { busy: 0.95 })
    story.tell(60)
    const advice = judge(
      story.context({
        own: new Map([['pipeline.parallelism', 3]]),
        facts: { commonestKeys: known([{ partition: 2, key: 'tokyo-17', share: 0.97 }], story.at) },
      }),
    )
    expect(advice.findings.find(({ rule }) => rule === 'hot-partition')?.sentence).toBe(
      'partition 2 has 80 % of the records, 4.8 times the mean: key tokyo-17 makes 97 % of it. More slots or partitions would not help',
    )
    expect(settings(advice)).not.toContainEqual(expect.stringContaining('parallelism'))
    expect(advice.kept).toContainEqual(
      expect.objectContaining({ key: 'pipeline.parallelism', why: expect.stringContaining('hot-partition') }),
    )
  })

  test('memory: a leak is found, with the time to the limit', () => {
    const story = createAdviceStory()
    story.tell(30)
    let bytes = 60e6
    for (let second = 0; second < 110; second += 1) {
      bytes += 1e6
      // What piles up between collections comes and goes.
      story.heap.set('worker-2/1', bytes + (second % 5) * 4e6)
      story.tell(1)
    }
    const advice = judge(story.context())
    expect(advice.findings).toHaveLength(1)
    expect(advice.findings[0]).toMatchObject({
      rule: 'memory-leak',
      subject: 'worker-2/1',
      severity: 'critical',
    })
    expect(advice.findings[0]?.sentence).toMatch(
      /grows by 57\.2 MiB a minute .* reached in 4m\d+s, .* That is a bug: no setting/,
    )
    expect(advice.findings[0]?.command).toContain('kill -USR1 100')
    expect(advice.steps).toEqual([])
  })

  test('memory: a leak that costs its time in collections gets no larger heap, which would hide it', () => {
    const story = createAdviceStory({ pins: [{ key: 'worker.heap', value: '512MiB', origin: 'overlay' }] })
    const own = new Map([['worker.heap', 512 * 1024 * 1024]])
    for (const { worker, slot } of story.slots) story.gcMs.set(`${worker}/${slot}`, 250)
    for (let second = 0; second < 140; second += 1) {
      story.heap.set('worker-2/1', 60e6 + second * 1e6)
      story.tell(1)
    }
    const advice = judge(story.context({ own }))
    expect(ids(advice)).toEqual(expect.arrayContaining(['memory-leak', 'memory-high']))
    expect(settings(advice)).not.toContainEqual(expect.stringMatching(/worker\.(heap|memory)/))
    expect(advice.kept).toContainEqual({
      rule: 'memory-high',
      key: 'worker.heap',
      value: 512 * 1024 * 1024,
      why: 'memory-leak: worker-2/1 would use up more as well, only later',
    })
  })

  test('memory: a heap too small for its load grows within the limit', () => {
    const story = createAdviceStory({ pins: [{ key: 'worker.heap', value: '512MiB', origin: 'overlay' }] })
    for (const { worker, slot } of story.slots) story.gcMs.set(`${worker}/${slot}`, 250)
    story.tell(60)
    const advice = judge(story.context({ own: new Map([['worker.heap', 512 * 1024 ** 2]]) }))
    expect(settings(advice)).toEqual([`worker.heap ${512 * 1024 ** 2} → ${768 * 1024 ** 2}`])
    expect(advice.next?.effect).toBe('restart')
  })

  test.each([['runtime'], ['kafka'], ['backend'], ['worker-1']])(
    'unknown is not zero: without %s, undecided and no change',
    (source) => {
      const story = overParallel()
      story.tell(5)
      story.silent.set(source, `${source} is down`)
      story.tell(60)
      const advice = judge(story.context())
      expect(advice.undecided.length).toBeGreaterThan(0)
      expect(advice.undecided.map(({ missing }) => missing).join()).toContain(`${source} is down`)
      if (source === 'runtime') expect(advice.steps).toEqual([])
    },
  )

  test('too early: says when there will be enough', () => {
    const story = createAdviceStory()
    story.tell(12)
    const { undecided } = judge(story.context())
    expect(undecided).toContainEqual({
      rule: 'cpu-saturated',
      missing: 'the provider was started 12 s ago, and 30 s of its readings are needed',
      enoughAt: story.at - 12_000 + 15_000 + 30_000,
    })
    expect(undecided.find(({ rule }) => rule === 'memory-leak')).toMatchObject({
      missing: expect.stringMatching(/is known for 11 s, and 1m40s are needed$/),
    })
  })
})

describe('a step that is applied', () => {
  /** Makes the next step, lets its effect be seen, and judges it. */
  function applyNext(story: AdviceStory, own: Map<string, number>, does: () => void) {
    const before = story.context({ own })
    const { next } = judge(before)
    if (!next) throw new Error('there is no step to make')
    for (const { key, to } of next.changes) own.set(key, Number(to))
    story.apply(next.changes.map(({ key, to }) => ({ key, value: String(to), origin: 'overlay' })))
    const appliedAt = story.at
    does()
    story.tell(90)
    return judgeVerdict({
      history: story.evaluator.history,
      step: next,
      openedAt: appliedAt,
      settledAt: clearFrom(appliedAt, before.settings),
      settings: before.settings,
      targets: story.evaluator.targets,
      spec: story.spec,
      health: { before: healthOf(before.evaluation), after: healthOf(story.context({ own }).evaluation) },
    })
  }

  test('over-parallel: a record costs less CPU, kept; then nothing more is advised', () => {
    const story = overParallel()
    story.tell(90)
    const cores = (each: number) => {
      for (const worker of ['worker-1', 'worker-2']) {
        story.cpus.set(worker, each)
        story.throttled.set(worker, 0.02)
      }
      story.p99Ms = 70
    }
    expect(applyNext(story, new Map(), () => cores(0.2))).toMatchObject({
      verdict: 'kept',
      comparisons: [{ metric: 'cost', outcome: 'as expected' }, { metric: 'out' }],
    })
    expect(judge(story.context()).steps).toEqual([])
  })

  test('under-parallel: the lag drains as predicted, kept', () => {
    const story = createAdviceStory({ pins: [{ key: 'pipeline.parallelism', value: 1, origin: 'overlay' }] })
    const own = new Map([['pipeline.parallelism', 1]])
    story.in = 3000
    story.out = 1900
    for (const slot of story.slots) Object.assign(slot, { busy: 0.97, perSecond: 1900 })
    story.cpus.set('worker-1', 1)
    story.cpus.set('worker-2', 0.05)
    story.tell(90)
    const verdict = applyNext(story, own, () => {
      // Two slots, the second worth 80 % of the first.
      story.out = 1.8 * 1959
      for (const slot of story.slots) slot.busy = 0.97
      story.cpus.set('worker-2', 1)
    })
    expect(verdict.verdict).toBe('kept')
    expect(verdict.comparisons[0]).toMatchObject({ metric: 'out', outcome: 'as expected' })
  })
})

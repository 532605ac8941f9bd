import { describe, expect, test } from 'vitest'
import { createStory, type Story } from '../../test/snapshot-story.ts'
import { DEFAULT_TARGETS, type Evaluation, Evaluator, evaluate, evaluationSchema } from './index.ts'

const targets = DEFAULT_TARGETS

/** Lets a story go on for a while; the evaluation after its last second. */
function tell(story: Story, evaluator: Evaluator, seconds: number): Evaluation {
  let last: Evaluation | undefined
  for (let second = 0; second < seconds; second += 1) last = evaluator.add(story.next())
  if (!last) throw new Error('a story takes a second at least')
  return last
}

const sentences = ({ events }: Evaluation) => events.map(({ sentence }) => sentence)

describe('a stack in order', () => {
  const evaluation = tell(createStory(), new Evaluator({ targets }), 30)

  test('is ok, in one document of the schema', () => {
    expect(evaluationSchema.parse(JSON.parse(JSON.stringify(evaluation)))).toEqual(evaluation)
    expect(evaluation.state).toBe('ok')
    expect(evaluation.alarms).toEqual([])
    expect(evaluation.events).toEqual([])
  })

  test('has rates, averages and no trend', () => {
    expect(evaluation.flow.in).toMatchObject({
      now: { value: 1000 },
      average: 1000,
      min: 1000,
      max: 1000,
      p95: 1000,
    })
    expect(evaluation.flow.in.perMinute).toBeCloseTo(0)
    expect(evaluation.flow.in.samples).toBe(29)
    expect(evaluation.flow.rejects.now).toMatchObject({ value: 0.05 })
    expect(evaluation.rejected).toEqual([{ reason: 'unit', perSecond: 50, share: 0.05 }])
    expect(evaluation.topics.map(({ topic, rate }) => [topic, rate.average])).toEqual([
      ['radiation-data', 1000],
      ['normal-data', 1000],
    ])
  })

  test('judges CPU and memory as shares of what each service may use', () => {
    const services = evaluation.services.known ? evaluation.services.value : []
    expect(services.find(({ name }) => name === 'kafka')).toMatchObject({
      cpu: { now: { value: 0.3 }, limit: 0.8, state: 'ok' },
      memory: { now: { value: 0.25 }, limit: 0.85 },
      in: { value: 1000 },
    })
    expect(evaluation.host).toMatchObject({ cpu: { now: { value: 0.4 } }, memory: { now: { value: 0.5 } } })
  })

  test('has no bottleneck, and says how busy it is', () => {
    expect(evaluation.bottleneck).toMatchObject({
      stage: null,
      sentence: 'no bottleneck: 31 % busy',
      lasting: null,
    })
    expect(evaluation.flow.drain).toEqual({ kind: 'nothing' })
    expect(evaluation.slots.balance.now).toMatchObject({ value: 1 })
    expect(evaluation.slots.variation).toMatchObject({ value: 0 })
  })

  test('one snapshot alone has no rates, and says why', () => {
    const first = evaluate([createStory().next()], { targets })
    expect(first.flow.in).toMatchObject({
      now: { known: false, why: 'a rate needs two samples' },
      average: null,
      state: null,
    })
    expect(first.flow.lag.now).toMatchObject({ value: 0 })
    expect(() => evaluate([], { targets })).toThrow('no snapshot')
  })
})

describe('lag', () => {
  test('grows: WARN after three samples, never drains, and the workers are it', () => {
    const story = createStory()
    const evaluator = new Evaluator({ targets })
    tell(story, evaluator, 5)
    story.out = 400
    for (const slot of story.slots) slot.busy = 0.97
    expect(tell(story, evaluator, 2).flow.lag).toMatchObject({
      now: { value: 1200 },
      limit: 1000,
      state: 'ok',
    })
    expect(tell(story, evaluator, 1).flow.lag.state).toBe('ok')
    expect(tell(story, evaluator, 1).flow.lag.state).toBe('WARN')
    const late = tell(story, evaluator, 10)
    expect(late.flow.lag.state).toBe('WARN')
    expect(late.flow.lag.perMinute).toBeGreaterThan(10_000)
    expect(late.flow.drain).toMatchObject({ kind: 'never' })
    expect(late.state).toBe('CRIT')
    expect(late.bottleneck).toMatchObject({ stage: 'workers', cause: 'busy', lasting: 'transient' })
    expect(late.bottleneck.sentence).toBe('worker-1 97 % busy: 8,400 records wait for the workers')
    expect(sentences(late)).toContainEqual(expect.stringMatching(/^lag 2,400, over 1,000$/))
    expect(tell(story, evaluator, 61).bottleneck.lasting).toBe('chronic')
  })

  test('drains in lag ÷ (rate out − rate in) of the slowest partition, and is ok again after ten samples', () => {
    const story = createStory()
    const evaluator = new Evaluator({ targets })
    story.out = 0
    tell(story, evaluator, 10)
    story.outOf = new Map([
      [0, 1500],
      [1, 600],
    ])
    // Ten seconds later only these rates are in the window.
    const draining = tell(story, evaluator, 11)
    expect(draining.flow.drain).toMatchObject({ kind: 'drains', partition: 1 })
    expect(draining.flow.drain.kind === 'drains' && draining.flow.drain.ms).toBeCloseTo(
      (5000 - 1100) * 10,
      -2,
    )
    story.outOf.set(1, 5000)
    const drained = tell(story, evaluator, 9)
    expect(drained.flow.lag).toMatchObject({ now: { value: 0 }, state: 'WARN' })
    expect(tell(story, evaluator, 3).flow.lag.state).toBe('ok')
  })

  test('that arrives between two commits is in flow, not behind', () => {
    const story = createStory()
    story.in = 10_000
    story.out = 10_000
    for (const partition of story.partitions) partition.end += 2500
    const evaluation = tell(story, new Evaluator({ targets }), 20)
    expect(evaluation.flow).toMatchObject({
      lag: { now: { value: 5000 }, state: 'ok', limit: 10_000 },
      drain: { kind: 'in-flow' },
    })
  })
})

describe('counters that begin anew', () => {
  test('give no rate, neither negative nor large', () => {
    const story = createStory()
    const evaluator = new Evaluator({ targets })
    tell(story, evaluator, 5)
    story.provider.published = 0
    const restarted = tell(story, evaluator, 1)
    expect(restarted.flow.provider.now).toEqual({ known: false, why: 'the counter began anew' })
    expect(restarted.flow.provider.min).toBe(1000)
    expect(tell(story, evaluator, 1).flow.provider.now).toMatchObject({ value: 1000 })
  })

  test('a topic made anew drops the sample and is an event', () => {
    const story = createStory()
    const evaluator = new Evaluator({ targets })
    tell(story, evaluator, 5)
    for (const partition of story.partitions) partition.end = 10
    story.out = 0
    const anew = tell(story, evaluator, 1)
    expect(anew.flow.in.now).toMatchObject({ known: false })
    expect(anew.flow.lag.now).toEqual({ known: false, why: 'the topic was made anew' })
    expect(anew.flow.lag.state).toBeNull()
    expect(sentences(anew)).toContain('radiation-data was made anew')
  })

  test('a rate is over the time that passed, also across a silence', () => {
    const story = createStory()
    const evaluator = new Evaluator({ targets })
    tell(story, evaluator, 3)
    story.silent.set('kafka', 'Kafka did not answer within 5 s')
    const silent = tell(story, evaluator, 4)
    expect(silent.flow.in.now).toEqual({ known: false, why: 'Kafka did not answer within 5 s' })
    expect(silent.flow.lag).toMatchObject({ now: { known: false }, state: null })
    expect(silent.partitions).toEqual({ known: false, why: 'Kafka did not answer within 5 s' })
    expect(silent.state).toBe('WARN')
    story.silent.clear()
    const back = evaluator.add(story.next(2500))
    expect(back.flow.in.now).toMatchObject({ value: 1000 })
    expect(sentences(back)).toEqual([
      'Kafka tells nothing: Kafka did not answer within 5 s',
      'Kafka tells again',
    ])
  })
})

describe('the bottleneck', () => {
  test('a throttled broker explains why the workers wait', () => {
    const story = createStory()
    for (const slot of story.slots) slot.waiting = 0.4
    story.provider.waiting = 0.3
    story.throttled.set('kafka', 0.62)
    story.cpus.set('kafka', 0.98)
    const evaluation = tell(story, new Evaluator({ targets }), 12)
    expect(evaluation.bottleneck).toMatchObject({
      stage: 'kafka',
      service: 'kafka',
      cause: 'throttled',
      waiting: ['provider', 'workers'],
      sentence: 'kafka throttled 62 %: the provider and workers wait for the broker',
    })
    expect(evaluation.alarms.map(({ metric, state }) => [metric, state])).toEqual([
      ['cpu/kafka', 'CRIT'],
      ['throttled/kafka', 'WARN'],
    ])
    expect(evaluation.state).toBe('CRIT')
  })

  test('a provider that waits while the workers are busy waits for them', () => {
    const story = createStory()
    story.provider.waiting = 0.5
    for (const slot of story.slots) slot.busy = 0.95
    const { bottleneck } = tell(story, new Evaluator({ targets }), 12)
    expect(bottleneck.sentence).toBe('worker-1 95 % busy: the provider waits for the workers')
  })

  test('a slot with most of the records is unevenness, not lack of slots', () => {
    const story = createStory()
    story.slots = [0, 1, 2].map((slot) => ({
      worker: 'worker-1',
      slot,
      busy: slot === 0 ? 0.99 : 0.05,
      waiting: 0,
      perSecond: slot === 0 ? 900 : 10,
    }))
    story.inOf.set(0, 1800)
    story.outOf.set(0, 900)
    const { bottleneck, slots } = tell(story, new Evaluator({ targets }), 20)
    expect(bottleneck).toMatchObject({ stage: 'workers', cause: 'uneven' })
    expect(bottleneck.sentence).toMatch(/^one slot has 2\.9 times its share/)
    expect(slots.balance.state).toBeNull()
  })

  test('is transient first and gone five seconds after it was seen last', () => {
    const story = createStory()
    const evaluator = new Evaluator({ targets })
    for (const slot of story.slots) slot.waiting = 0.4
    tell(story, evaluator, 12)
    for (const slot of story.slots) slot.waiting = 0
    // The mean of ten seconds goes under a tenth, then the gap.
    expect(tell(story, evaluator, 11).bottleneck.stage).toBe('kafka')
    expect(tell(story, evaluator, 6).bottleneck.stage).toBeNull()
  })
})

describe('events', () => {
  test('restarts, kills for memory, conditions, rebalances, settings and the provider are told once', () => {
    const story = createStory()
    const evaluator = new Evaluator({ targets })
    tell(story, evaluator, 2)
    const worker = story.services.get('worker-2')
    if (!worker) throw new Error('no worker-2')
    story.services.set('worker-2', {
      ...worker,
      condition: 'restarting',
      reason: 'ended with exit code 137',
      exit: { code: 137, signal: null, outOfMemory: true },
    })
    story.groupState = 'PreparingRebalance'
    tell(story, evaluator, 2)
    story.services.set('worker-2', {
      ...worker,
      restarts: 1,
      exit: { code: 137, signal: null, outOfMemory: true },
    })
    story.groupState = 'Stable'
    for (const partition of story.partitions) partition.owner = 'worker-1-slot-0'
    story.values = { 'provider.rate': 5000 }
    story.provider.state = 'finished'
    const evaluation = tell(story, evaluator, 3)
    expect(sentences(evaluation)).toEqual([
      'worker-2 was killed for want of memory',
      'worker-2 is restarting: ended with exit code 137',
      'the worker group is PreparingRebalance (it was stable)',
      'worker-2 was killed for want of memory',
      'worker-2 was started again (1 in all)',
      'worker-2 is healthy',
      'the worker group is stable again',
      'worker-1-slot-0 has taken over partition 1',
      'the provider is finished (it was running)',
      expect.stringMatching(/^provider\.rate 1,?000.* → 5,?000/),
    ])
    const found = evaluation.services.known ? evaluation.services.value : []
    expect(found.find(({ name }) => name === 'worker-2')).toMatchObject({ restarts: 1 })
  })

  test('a change of a threshold setting is in force with the next sample', () => {
    const story = createStory()
    const evaluator = new Evaluator({ targets })
    story.values = { 'monitor.warnShare': 0.25 }
    const { alarms } = tell(story, evaluator, 4)
    expect(alarms.map(({ metric }) => metric)).toContain('slots')
    expect(evaluator.targets.warnShare).toBe(0.25)
  })
})

test('a source that is missing is n/a with its why everywhere, and nothing is judged by it', () => {
  const story = createStory()
  for (const source of ['runtime', 'host', 'kafka', 'provider', 'backend', 'worker-1', 'worker-2'])
    story.silent.set(source, `${source} is down`)
  const evaluation = tell(story, new Evaluator({ targets }), 12)
  expect(evaluation.state).toBeNull()
  expect(evaluation.flow.p99).toMatchObject({ now: { known: false, why: 'backend is down' }, average: null })
  expect(evaluation.slots.busy.now).toEqual({ known: false, why: 'worker-1: worker-1 is down' })
  expect(evaluation.services).toEqual({ known: false, why: 'runtime is down' })
  expect(evaluation.flow.drain).toEqual({ kind: 'unknown', why: 'kafka is down' })
  expect(evaluation.bottleneck.sentence).toContain('n/a')
  expect(evaluation.alarms).toEqual([])
})

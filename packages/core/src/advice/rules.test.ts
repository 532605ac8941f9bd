import { describe, expect, test } from 'vitest'
import { type AdviceStory, createAdviceStory } from '../../test/advice-story.ts'
import { known } from '../metrics/index.ts'
import type { SettingKey } from '../settings/index.ts'
import type { Pin } from '../stack/index.ts'
import { GIB, MIB } from '../units/index.ts'
import { type ContextOptions, type Finding, type RuleId, rules } from './index.ts'

interface RuleStory {
  rule: RuleId
  /** What runs before anything happens. */
  pins?: readonly Pin[]
  facts?: ContextOptions['facts']
  /** Something changes, and goes on for a while. */
  trouble: (story: AdviceStory) => void
  seconds?: number
  sentence: RegExp
  /** The changes of its first step; none when it has no setting to change. */
  changes: readonly [key: SettingKey, to: number | string][]
  /** What the change does, or what else ends it. */
  relief: (story: AdviceStory) => void
}

const overlay = (key: SettingKey, value: number | string): Pin => ({
  key,
  value: String(value),
  origin: 'overlay',
})
const busy = (story: AdviceStory, share: number) => {
  for (const slot of story.slots) slot.busy = share
}
const workersUse = (story: AdviceStory, cpus: number) => {
  for (const worker of ['worker-1', 'worker-2']) story.cpus.set(worker, cpus)
}

const stories: readonly RuleStory[] = [
  {
    rule: 'cpu-saturated',
    trouble: (story) => workersUse(story, 1.45),
    sentence: /^worker-1 uses 97 % of its CPU$/,
    changes: [],
    relief: (story) => workersUse(story, 0.9),
  },
  {
    rule: 'service-throttled',
    trouble(story) {
      story.throttled.set('backend', 0.3)
      story.cpus.set('backend', 0.29)
      story.p99Ms = 180
    },
    sentence: /^backend is throttled in 30 % of its CPU periods: /,
    changes: [
      ['backend.cpus', 0.6],
      ['worker.cpus', 1.35],
    ],
    relief(story) {
      story.throttled.set('backend', 0)
      story.p99Ms = 50
    },
  },
  {
    rule: 'hot-partition',
    trouble(story) {
      story.inOf = new Map(story.partitions.map((_, partition) => [partition, partition === 0 ? 800 : 40]))
      story.outOf = new Map(story.inOf)
    },
    sentence: /^partition 0 has 80 % of the records, 4.8 times the mean: which key it is cannot be told/,
    changes: [],
    relief(story) {
      story.inOf.clear()
      story.outOf.clear()
    },
  },
  {
    rule: 'hot-slot',
    trouble(story) {
      const [first] = story.slots
      if (first) first.busy = 0.95
    },
    sentence: /^worker-1\/0 is 95 % busy, 2\.3 times the mean/,
    changes: [],
    relief: (story) => busy(story, 0.3),
  },
  {
    rule: 'operator-heavy',
    pins: [overlay('producer.main.compression', 'gzip')],
    trouble(story) {
      busy(story, 0.85)
      story.stageMs = { parse: 100, validate: 50, deduplicate: 50, route: 10, serialise: 600 }
    },
    sentence: /^serialise takes 71 % of busy time \(parse 12 %/,
    changes: [['producer.main.compression', 'snappy']],
    relief(story) {
      story.stageMs = { parse: 100, validate: 50, deduplicate: 50, route: 10, serialise: 150 }
    },
  },
  {
    rule: 'memory-high',
    trouble: (story) => story.memory.set('backend', 0.95 * 0.5 * GIB),
    sentence: /^backend uses 95 % of its 512 MiB$/,
    changes: [['backend.memory', Math.floor((7 * GIB) / 10)]],
    relief: (story) => story.memory.set('backend', 0.3 * GIB),
  },
  {
    rule: 'memory-leak',
    trouble: (story) => {
      for (let second = 0; second < 110; second += 1) {
        story.heap.set('worker-1/0', 50e6 + second * 1e6)
        story.tell(1)
      }
    },
    seconds: 0,
    sentence: /^the heap of worker-1\/0 grows by/,
    changes: [],
    relief: (story) => story.heap.set('worker-1/0', 40e6),
  },
  {
    rule: 'throughput-low',
    pins: [overlay('pipeline.parallelism', 2)],
    trouble(story) {
      story.in = 6000
      story.out = 4000
      busy(story, 0.95)
      workersUse(story, 0.6)
    },
    sentence: /^lag grows by 1,998\/s with slots 95 % busy, and only 40 % of the CPU is used$/,
    changes: [['pipeline.parallelism', 3]],
    relief(story) {
      story.out = 20_000
    },
  },
  {
    rule: 'fetch-small',
    trouble(story) {
      workersUse(story, 1.3)
      story.in = 9000
      story.out = 9000
      story.fetch = { batches: 500, records: 1500, bytes: 300_000, fill: 0.001 }
    },
    sentence: /^fetches are filled to 0\.1 %, 3 records each/,
    changes: [['consumer.fetchMinBytes', 3000]],
    relief: (story) => workersUse(story, 0.9),
  },
  {
    rule: 'fetch-wait-dominates-latency',
    pins: [overlay('consumer.fetchMinBytes', 1024)],
    trouble(story) {
      story.in = 100
      story.out = 100
      story.fetch = { batches: 2, records: 100 / 6, bytes: 20_000 / 6, fill: 0.001 }
      story.p99Ms = 350
    },
    sentence: /^a partition fills 1 KiB in 307 ms, so a fetch waits 307 ms/,
    changes: [['consumer.fetchMinBytes', 1]],
    relief(story) {
      story.p99Ms = 40
    },
  },
  {
    rule: 'latency-high',
    trouble(story) {
      story.p99Ms = 180
      story.arrivalMs = 30
    },
    sentence: /^p99 is 180 ms, and 100 ms are wanted: about 30 ms until a slot decides, 150 ms from there/,
    changes: [['backend.fetchMaxWait', 5]],
    relief(story) {
      story.p99Ms = 70
    },
  },
  {
    rule: 'network-bound',
    facts: { interfaceBytesPerSecond: known(1e9, 0) },
    trouble(story) {
      story.in = 6000
      story.out = 4000
      story.fetch = { batches: 4, records: 700, bytes: 4e6, fill: 0.95 }
    },
    sentence: /^fetches are filled to 95 % of their 1 MiB while the lag grows$/,
    changes: [['consumer.maxPartitionFetchBytes', 2 * MIB]],
    relief(story) {
      story.fetch = { ...story.fetch, fill: 0.4 }
    },
  },
  {
    rule: 'over-provisioned',
    trouble(story) {
      story.in = 10_000
      story.out = 10_000
      workersUse(story, 0.3)
      for (const worker of ['worker-1', 'worker-2']) story.memory.set(worker, 0.5 * GIB)
    },
    seconds: 110,
    sentence:
      /^worker uses at most 0\.3 of 1\.5 CPU \(0\.3 at the highest rate of the plan\) and 25 % of 2 GiB$/,
    changes: [
      ['worker.cpus', 0.75],
      ['worker.memory', Math.ceil(0.4 * 2 * GIB)],
    ],
    relief: (story) => workersUse(story, 0.8),
  },
  {
    rule: 'retention-outgrows-disk',
    facts: { freeDiskBytes: known(20 * GIB, 0) },
    trouble(story) {
      story.diskBytes = GIB
      story.in = 5000
      story.out = 5000
    },
    sentence: /^at 4,998\/s the logs grow by 4\d(\.\d)? GiB to 4\d(\.\d)? GiB, and 20 GiB are free$/,
    changes: [
      ['topics.retentionBytes', 363 * MIB],
      ['topics.segmentBytes', 362 * MIB],
    ],
    relief(story) {
      story.in = 50
      story.out = 50
    },
  },
]

function judgeRule(
  story: AdviceStory,
  { rule, facts }: Pick<RuleStory, 'rule' | 'facts'>,
): { state: string; finding?: Finding | undefined } {
  const own = new Map(
    Object.entries(story.spec.settings).flatMap(([key, { origin, value }]) =>
      origin === 'overlay' ? [[key, value] as const] : [],
    ),
  )
  const found = rules.find(({ id }) => id === rule)
  const result = found?.evaluate(story.context({ own, ...(facts ? { facts } : {}) }))
  return result?.state === 'finding'
    ? { state: 'finding', finding: result.findings[0] }
    : { state: result?.state ?? 'no such rule' }
}

describe('a rule', () => {
  test.each(stories)('$rule: quiet, then a finding with what answers it, then quiet again', (told) => {
    const { pins, trouble, relief, sentence, changes, seconds = 60 } = told
    const story = createAdviceStory(pins ? { pins } : {})
    if (told.rule === 'retention-outgrows-disk') story.diskBytes = 60 * GIB
    if (told.rule === 'fetch-wait-dominates-latency') story.in = story.out = 8000
    if (told.rule === 'fetch-wait-dominates-latency')
      story.fetch = { batches: 50, records: 8000 / 6, bytes: 1_600_000 / 6, fill: 0.01 }
    story.tell(120)
    expect(judgeRule(story, told)).toEqual({ state: 'quiet' })
    trouble(story)
    story.tell(seconds)
    const { finding } = judgeRule(story, told)
    expect(finding?.sentence).toMatch(sentence)
    expect(finding?.evidence.length).toBeGreaterThan(0)
    expect(finding?.steps[0]?.changes.map(({ key, to }) => [key, to]) ?? []).toEqual(changes)
    if (changes.length > 0) {
      story.apply(changes.map(([key, to]) => overlay(key, to)))
      if (told.rule === 'throughput-low') busy(story, 0.6)
    }
    relief(story)
    story.tell(110)
    expect(judgeRule(story, told)).toEqual({ state: 'quiet' })
  })

  test('of Flink alone says that there is nothing to judge', () => {
    const story = createAdviceStory()
    story.tell(2)
    for (const rule of ['checkpoint-costly', 'watermark-held'] as const)
      expect(judgeRule(story, { rule })).toEqual({ state: 'quiet' })
  })

  test('of the plan alone shows the arithmetic', () => {
    const story = createAdviceStory()
    story.tell(2)
    for (const rule of ['heap-exceeds-limit', 'limit-oversubscribed'] as const)
      expect(judgeRule(story, { rule })).toEqual({ state: 'quiet' })
    // A limit that was made smaller by hand: no plan has it.
    story.spec = {
      ...story.spec,
      services: story.spec.services.map((service) =>
        service.name === 'kafka' ? { ...service, memoryBytes: 600 * MIB } : service,
      ),
      totals: { ...story.spec.totals, memoryBytes: 7 * GIB },
    }
    expect(judgeRule(story, { rule: 'heap-exceeds-limit' }).finding).toMatchObject({
      sentence: 'kafka: 512 MiB of heap + 180 MiB of the process = 692 MiB, and its limit is 600 MiB',
      steps: [{ changes: [{ key: 'kafka.heap', from: 512 * MIB, to: 420 * MIB }] }],
    })
    expect(judgeRule(story, { rule: 'limit-oversubscribed' }).finding?.sentence).toBe(
      'memory limits 7 GiB of 6.8 GiB usable',
    )
  })

  test('takes a start for no load: what is late then is not judged', () => {
    const story = createAdviceStory()
    story.p99Ms = 900
    // It settles for 15 s, and latencies look back for 10.
    story.tell(24)
    story.p99Ms = 41
    story.tell(30)
    const early = rules.find(({ id }) => id === 'latency-high')?.evaluate(story.context())
    expect(early).toMatchObject({
      state: 'not-enough-data',
      missing: 'the provider was started 54 s ago, and 30 s of its readings are needed',
      enoughAt: story.at + 1000,
    })
    story.tell(1)
    expect(judgeRule(story, { rule: 'latency-high' })).toEqual({ state: 'quiet' })
  })

  test('takes a pause for no load: it finds nothing, and waits until there are windows without one', () => {
    const story = createAdviceStory()
    story.tell(310)
    Object.assign(story, { in: 0, out: 0, p99Ms: null })
    story.provider.state = 'paused'
    busy(story, 0)
    for (const name of story.cpus.keys()) story.cpus.set(name, 0.01)
    story.tell(120)
    for (const { id } of rules) expect([id, judgeRule(story, { rule: id }).state]).not.toContain('finding')
    expect(story.evaluator.evaluate(story.at)).toMatchObject({ alarms: [], provider: { state: 'paused' } })
    const lowBefore = rules.find(({ id }) => id === 'throughput-low')?.evaluate(story.context())
    expect(lowBefore).toMatchObject({
      state: 'not-enough-data',
      missing: expect.stringMatching(/^the provider was paused, and .* are needed$/),
      enoughAt: story.at + 30_000,
    })
    Object.assign(story, { in: 1000, out: 1000, p99Ms: 41 })
    story.provider.state = 'running'
    busy(story, 0.3)
    story.tell(31)
    expect(judgeRule(story, { rule: 'throughput-low' })).toEqual({ state: 'quiet' })
    expect(judgeRule(story, { rule: 'over-provisioned' }).state).toBe('not-enough-data')
  })

  test('has an id, a title, and what it needs', () => {
    expect(new Set(rules.map(({ id }) => id)).size).toBe(18)
    const guidelines = new Set(rules.flatMap((rule) => rule.guidelines))
    expect([...guidelines].sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, index) => index + 1))
    for (const { title, needs } of rules) {
      expect(title).not.toBe('')
      if (needs.window !== 'static') expect(needs.readings.length).toBeGreaterThan(0)
    }
  })
})

describe('answers', () => {
  test('cpu-saturated: larger batches and a cheaper codec where slots fit and nobody has CPU to spare', () => {
    const story = createAdviceStory({ pins: [overlay('producer.main.compression', 'zstd')] })
    workersUse(story, 1.45)
    for (const { name, role, cpus } of story.spec.services)
      if (role !== 'worker') story.cpus.set(name, 0.85 * cpus)
    story.tell(60)
    const { finding } = judgeRule(story, { rule: 'cpu-saturated' })
    expect(finding?.steps.map((step) => step.changes.map(({ key, from, to }) => [key, from, to]))).toEqual([
      [
        ['producer.main.batchBytes', 32_768, 65_536],
        ['producer.main.linger', 10, 20],
      ],
      [['producer.main.compression', 'zstd', 'snappy']],
    ])
    // Where the latency has no room for it nobody waits longer.
    story.p99Ms = 95
    story.tell(60)
    expect(judgeRule(story, { rule: 'cpu-saturated' }).finding?.steps[0]?.changes).toHaveLength(1)
  })

  test('cpu-saturated: waits for the CPU of the machine, which tells how many slots fit', () => {
    const story = createAdviceStory()
    workersUse(story, 1.45)
    story.silent.set('host', 'only measured from now on')
    story.tell(60)
    story.silent.delete('host')
    story.tell(5)
    const early = rules.find(({ id }) => id === 'cpu-saturated')?.evaluate(story.context())
    expect(early).toMatchObject({
      state: 'not-enough-data',
      missing: expect.stringMatching(/^CPU of the machine is known for 4 s, and 30 s are needed$/),
    })
    story.tell(30)
    expect(judgeRule(story, { rule: 'cpu-saturated' })).toMatchObject({ state: 'finding' })
  })

  test('cpu-saturated: a machine that other programs keep busy is a remark, and changes nothing', () => {
    const story = createAdviceStory()
    story.hostCpu = 0.97
    story.tell(60)
    const { finding } = judgeRule(story, { rule: 'cpu-saturated' })
    expect(finding?.sentence).toMatch(/^machine uses 97 % of its CPU, [\d.]+ CPU of it by other programs$/)
    expect(finding).toMatchObject({ severity: 'warn', steps: [], stage: null })
  })

  test('service-throttled: what only pins prevent is kept, and said', () => {
    const pins = (['worker.cpus', 'kafka.cpus', 'frontend.cpus', 'provider.cpus'] as const).map((key) => ({
      key,
      value: createAdviceStory().spec.settings[key].value,
      origin: 'radtune.yaml' as const,
      at: 'radtune.yaml:14',
    }))
    const story = createAdviceStory({ pins })
    story.throttled.set('backend', 0.5)
    story.p99Ms = 300
    story.tell(60)
    const { finding } = judgeRule(story, { rule: 'service-throttled' })
    expect(finding?.steps).toEqual([])
    expect(finding?.kept).toEqual([
      {
        rule: 'service-throttled',
        key: 'worker.cpus',
        value: 1.5,
        why: 'set by radtune.yaml, radtune.yaml:14',
      },
    ])
  })

  test('memory-high: a kill is critical at once, and a limit grows out of what is free', () => {
    const story = createAdviceStory()
    story.tell(60)
    Object.assign(story.services.get('provider') ?? {}, {
      restarts: 1,
      exit: { code: 137, signal: null, outOfMemory: true },
    })
    story.tell(2)
    expect(judgeRule(story, { rule: 'memory-high' }).finding).toMatchObject({
      severity: 'critical',
      sentence: 'provider was killed for memory once',
      steps: [
        { changes: [{ key: 'provider.memory' }], why: expect.stringContaining('limited to no service') },
      ],
    })
  })

  test('memory-high: a heap that is not in use is smaller before a limit is larger', () => {
    const story = createAdviceStory()
    for (const worker of ['worker-1', 'worker-2']) story.memory.set(worker, 0.93 * 2 * GIB)
    story.tell(60)
    expect(judgeRule(story, { rule: 'memory-high' }).finding?.steps[0]?.changes).toEqual([
      { key: 'worker.heap', from: 1536 * MIB, to: 768 * MIB },
    ])
  })
})

test('a limit that is not enforced holds nobody back, and leaves nothing undecided', () => {
  const story = createAdviceStory()
  for (const service of story.services.values()) service.limits.enforced = false
  story.throttled.set('kafka', 0.5)
  story.p99Ms = 180
  story.tell(60)
  expect(judgeRule(story, { rule: 'service-throttled' })).toEqual({ state: 'quiet' })
  expect(judgeRule(story, { rule: 'latency-high' }).finding?.steps).toHaveLength(1)
})

test('a wait that is a small part of the latency is not shortened for it', () => {
  const story = createAdviceStory()
  story.p99Ms = 900
  story.arrivalMs = 30
  story.tell(60)
  expect(judgeRule(story, { rule: 'latency-high' }).finding?.steps).toEqual([])
})

test.each([
  ['5ms', 'provider.producer.linger', 10],
  ['20ms', 'producer.main.linger', 20],
])(
  'late before a slot decides, with a linger of the slots of %s: the longer wait there is shortened',
  (linger, key, from) => {
    const story = createAdviceStory({ pins: [overlay('producer.main.linger', linger)] })
    story.p99Ms = 180
    story.arrivalMs = 150
    story.tell(60)
    expect(judgeRule(story, { rule: 'latency-high' }).finding?.steps[0]?.changes).toEqual([
      { key, from, to: 5 },
    ])
  },
)

test('no wait is shortened while the machine is used up, by whomever', () => {
  const story = createAdviceStory()
  story.p99Ms = 180
  story.arrivalMs = 30
  story.hostCpu = 0.97
  story.tell(60)
  expect(judgeRule(story, { rule: 'latency-high' }).finding).toMatchObject({
    sentence: expect.stringMatching(/; the machine uses 97 % of its CPU, which comes first/),
    steps: [],
  })
})

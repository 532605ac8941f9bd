import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AdviceStory, createAdviceStory, planned } from '../../test/advice-story.ts'
import { known } from '../metrics/index.ts'
import { parseSetting, type SettingKey, settings } from '../settings/index.ts'
import type { Pin } from '../stack/index.ts'
import { GIB } from '../units/index.ts'
import { type Advice, judge, type Step } from './index.ts'
import { mostSlots } from './more-slots.ts'

const SOURCES = ['runtime', 'host', 'kafka', 'provider', 'backend', 'worker-1', 'worker-2']
const SERVICES = ['kafka', 'worker-1', 'worker-2', 'backend', 'provider', 'frontend']
const PINNABLE: readonly SettingKey[] = [
  'pipeline.parallelism',
  'kafka.cpus',
  'worker.cpus',
  'backend.cpus',
  'kafka.memory',
  'worker.memory',
  'worker.heap',
  'topics.radiation-data.partitions',
  'producer.main.linger',
  'producer.main.batchBytes',
  'consumer.fetchMinBytes',
  'topics.retentionBytes',
]

const share = fc.double({ min: 0, max: 1, noNaN: true })
/** A stack in any state: what is used, what waits, and what of it is pinned. */
const state = fc.record({
  in: fc.constantFrom(0, 20, 1000, 5000, 20_000),
  outShare: fc.constantFrom(0, 0.3, 0.9, 1, 1.2),
  busy: share,
  waiting: fc.constantFrom(0, 0, 0.5),
  hostCpu: share,
  cpu: fc.array(share, { minLength: 6, maxLength: 6 }),
  memory: fc.array(share, { minLength: 6, maxLength: 6 }),
  throttled: fc.array(fc.constantFrom(0, 0, 0.05, 0.3, 0.9, 1), { minLength: 6, maxLength: 6 }),
  p99Ms: fc.constantFrom(null, 20, 90, 150, 900),
  arrivalMs: fc.constantFrom(null, 10, 80, 600),
  gcMs: fc.constantFrom(0, 50, 300),
  fill: fc.constantFrom(0.001, 0.3, 0.95),
  hot: fc.constantFrom(1, 1, 0.1),
  disk: fc.constantFrom(GIB, 40 * GIB, 400 * GIB),
  slots: fc.constantFrom(1, 2, 3, 6),
  fetchMinBytes: fc.constantFrom(1, 1024, 65_536),
  pinned: fc.subarray([...PINNABLE]),
})
type State = typeof state extends fc.Arbitrary<infer Of> ? Of : never

function tellOf(told: State, silent: readonly string[] = []): { story: AdviceStory; advice: Advice } {
  const plan = planned('4c8g')
  const pins: Pin[] = told.pinned.map((key) => ({
    key,
    value: key === 'pipeline.parallelism' ? told.slots : plan.settings[key].value,
    origin: 'radtune.yaml',
  }))
  const own = new Map<string, number>()
  for (const [key, value] of [
    ['pipeline.parallelism', told.slots],
    ['consumer.fetchMinBytes', told.fetchMinBytes],
  ] as const) {
    if (told.pinned.includes(key)) continue
    own.set(key, value)
    pins.push({ key, value, origin: 'overlay' })
  }
  const story = createAdviceStory({ pins })
  const { spec } = story
  story.in = told.in
  story.out = told.in * told.outShare
  if (told.hot < 1)
    story.inOf = new Map(
      story.partitions.map((_, partition) => [partition, partition === 0 ? told.in / 2 : told.in / 10]),
    )
  for (const slot of story.slots) Object.assign(slot, { busy: told.busy, waiting: told.waiting })
  for (const [index, name] of SERVICES.entries()) {
    const service = spec.services.find((one) => one.name === name)
    story.cpus.set(name, (told.cpu[index] ?? 0) * (service?.cpus ?? 1))
    story.memory.set(name, (told.memory[index] ?? 0) * (service?.memoryBytes ?? 1))
    story.throttled.set(name, told.throttled[index] ?? 0)
  }
  for (const { worker, slot } of story.slots) story.gcMs.set(`${worker}/${slot}`, told.gcMs)
  Object.assign(story, {
    hostCpu: told.hostCpu,
    p99Ms: told.p99Ms,
    arrivalMs: told.arrivalMs,
    diskBytes: GIB,
  })
  story.fetch = { batches: 50, records: 200, bytes: 40_000, fill: told.fill }
  story.silent = new Map(silent.map((source) => [source, `${source} is down`]))
  for (let second = 0; second < 26; second += 1) story.evaluator.add(story.next(4000))
  const facts = {
    freeDiskBytes: known(told.disk, story.at),
    interfaceBytesPerSecond: known(1e5, story.at),
  }
  return { story, advice: judge(story.context({ own, facts })) }
}

const keyOf = ({ changes }: Step) => changes.map(({ key }) => key)
const counts = (key: string) => (key.startsWith('worker.') ? 2 : 1)

describe('whatever the state of a stack', () => {
  test('a step is of one effect, of values that settings take, over settings that nobody pinned, and can be planned: slots divide the partitions, and CPU that moves adds up to what it was', () => {
    fc.assert(
      fc.property(state, (told) => {
        const { story, advice } = tellOf(told)
        const decided = advice.steps.flatMap(keyOf)
        expect(new Set(decided).size).toBe(decided.length)
        for (const { evidence } of advice.findings)
          for (const { value } of evidence) expect(Number.isFinite(value)).toBe(true)
        for (const { changes, effect, expected } of advice.steps) {
          for (const { key, from, to } of changes) {
            expect(settings[key].effect).toBe(effect)
            expect(told.pinned).not.toContain(key)
            expect(from).toBe(story.spec.settings[key].value)
            expect(parseSetting(key, to)).toEqual({ ok: true, value: to })
          }
          for (const { from, low, high } of expected) {
            for (const number of [from, low, high]) expect(Number.isFinite(number)).toBe(true)
            expect(low).toBeLessThanOrEqual(high)
          }
          // The planner refuses what is below a floor or more than the machine.
          const pins = Object.entries(story.spec.settings).flatMap(([key, { origin, value }]): Pin[] =>
            origin === 'derived' ? [] : [{ key: key as SettingKey, value, origin: 'profile' }],
          )
          planned('4c8g', [
            ...pins,
            ...changes.map(({ key, to }): Pin => ({ key, value: to as string, origin: 'flag' })),
          ])
        }
        const partitions = story.spec.settings['topics.radiation-data.partitions'].value
        for (const step of advice.steps) {
          for (const { key, from, to } of step.changes)
            if (key === 'pipeline.parallelism') {
              expect(partitions % Number(to)).toBe(0)
              if (Number(to) > Number(from)) expect(to).toBeLessThanOrEqual(mostSlots(story.spec))
            }
          if (step.rule !== 'service-throttled') continue
          const gained = step.changes.reduce(
            (sum, { key, from, to }) => sum + Math.round((Number(to) - Number(from)) * 1000) * counts(key),
            0,
          )
          expect(gained).toBe(0)
        }
      }),
      { numRuns: 100 },
    )
  }, 60_000)

  test('with sources silent nothing is found that was not there with all of them', () => {
    const named = ({ findings }: Advice) => findings.map(({ rule, subject }) => `${rule} ${subject}`)
    fc.assert(
      fc.property(state, fc.subarray(SOURCES, { minLength: 1 }), (told, silent) => {
        const all = tellOf(told).advice
        const some = tellOf(told, silent).advice
        for (const name of named(some)) expect(named(all)).toContain(name)
        if (silent.includes('runtime')) expect(some.undecided.length).toBeGreaterThan(0)
      }),
      { numRuns: 60 },
    )
  }, 60_000)

  test('with all of them silent there is no finding and no step', () => {
    fc.assert(
      fc.property(state, (told) => {
        const { advice } = tellOf(told, SOURCES)
        expect(advice).toMatchObject({ findings: [], steps: [], next: null })
      }),
      { numRuns: 10 },
    )
  }, 60_000)
})

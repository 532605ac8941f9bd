import { describe, expect, test } from 'vitest'
import { createAdviceStory } from '../../test/advice-story.ts'
import { settings } from '../settings/index.ts'
import { createContext, evaluateRules, NotSeen, planAsSeen } from './index.ts'

/** The plan of a story as somebody sees it who sees neither the limits of Kafka nor what was given by whom. */
function seenOf(story: ReturnType<typeof createAdviceStory>) {
  const { machine, workload, services, settings: planned } = story.spec
  const live = Object.entries(planned).filter(
    ([key]) => settings[key as keyof typeof settings].effect === 'live',
  )
  return planAsSeen({
    machine,
    workload,
    services: services.map(({ name, role, cpus, memoryBytes, slots = 0 }) =>
      role === 'kafka'
        ? { name, role, cpus: null, memoryBytes: null, slots: 0 }
        : { name, role, cpus, memoryBytes, slots },
    ),
    settings: Object.fromEntries(live.map(([key, { value }]) => [key, value])),
  })
}

describe('a plan as it is seen', () => {
  test('tells what is seen, and throws for the rest rather than to tell a number', () => {
    const seen = seenOf(createAdviceStory())
    const kafka = seen.services.find(({ role }) => role === 'kafka')
    expect(seen.settings['worker.cpus'].value).toBe(1.5)
    expect(kafka?.slots).toBe(0)
    expect(() => kafka?.memoryBytes).toThrow(NotSeen)
    expect(() => seen.settings['kafka.heap']).toThrow('kafka.heap of the settings cannot be seen from here')
    expect(() => seen.totals).toThrow('totals of the plan cannot be seen from here')
  })
})

/** The memory of the broker cannot be seen either. */
function storyWithoutKafka() {
  const story = createAdviceStory()
  const unseen = { known: false as const, why: 'it cannot be seen' }
  Object.assign(story.services.get('kafka') ?? {}, { memoryBytes: unseen })
  return story
}

type Trouble = (story: ReturnType<typeof createAdviceStory>) => void

describe('rules that are asked with it', () => {
  const troubles: [string, Trouble][] = [
    ['nothing wrong', () => undefined],
    ['memory nearly used up', (story) => void story.memory.set('backend', 0.95 * 512 * 1024 ** 2)],
    [
      'memory of the workers nearly used up',
      (story) => void story.memory.set('worker-1', 0.95 * 2 * 1024 ** 3),
    ],
    ['late records', (story) => Object.assign(story, { p99Ms: 400, arrivalMs: 300 })],
    [
      'a throttled service',
      (story) => {
        story.throttled.set('backend', 0.4)
        story.p99Ms = 300
      },
    ],
    [
      'records that pile up',
      (story) => {
        Object.assign(story, { in: 6000, out: 4000 })
        for (const slot of story.slots) slot.busy = 0.95
      },
    ],
    ['a killed service', (story) => kill(story)],
  ]

  test.each(troubles)('find nothing else, and call nothing quiet that is not: %s', (_, trouble) => {
    const story = storyWithoutKafka()
    story.tell(5)
    trouble(story)
    story.tell(200)
    const all = evaluateRules(story.context())
    const bySeen = evaluateRules(createContext(story.evaluator, { spec: seenOf(story), now: story.at }))
    for (const [index, { rule, result }] of bySeen.entries()) {
      const full = all[index]?.result
      if (result.state === 'quiet') expect([rule.id, full?.state]).toEqual([rule.id, 'quiet'])
      if (result.state !== 'finding') continue
      const sentences = full?.state === 'finding' ? full.findings.map(({ sentence }) => sentence) : []
      expect(sentences).toEqual(result.findings.map(({ sentence }) => sentence))
    }
  })

  test('find memory that is used up, though what would answer it cannot be worked out', () => {
    const story = storyWithoutKafka()
    story.memory.set('backend', 0.95 * 512 * 1024 ** 2)
    story.tell(60)
    const context = createContext(story.evaluator, { spec: seenOf(story), now: story.at })
    const result = evaluateRules(context).find(({ rule }) => rule.id === 'memory-high')?.result
    expect(result).toMatchObject({ state: 'finding', findings: [{ subject: 'backend', steps: [] }] })
  })
})

function kill(story: ReturnType<typeof createAdviceStory>): void {
  Object.assign(story.services.get('provider') ?? {}, {
    restarts: 1,
    exit: { code: 137, signal: null, outOfMemory: true },
  })
}

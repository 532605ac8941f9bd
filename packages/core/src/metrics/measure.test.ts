import { describe, expect, test } from 'vitest'
import { createStory } from '../../test/snapshot-story.ts'
import { measure } from './index.ts'

describe('what slots fetch and what they cost', () => {
  const toldOf = (story: ReturnType<typeof createStory>, metric: string) => {
    const reading = measure(story.next()).get(metric)
    return reading?.known ? reading.value : reading?.why
  }

  test('is measured of all slots together, by fetch, and by slot', () => {
    const story = createStory()
    story.fetch = { batches: 4, records: 20, bytes: 4000, fill: 0.25 }
    story.cpus.set('kafka', 0.2)
    story.heap.set('worker-1/0', 5e7)
    story.gcMs.set('worker-2/0', 120)
    story.arrivalMs = 17
    expect(
      [
        'cores/kafka',
        'heap/worker-1/0',
        'gc/worker-2',
        'fetch.bytes',
        'fetch.records',
        'fetch.fill',
        'arrival',
      ].map((metric) => toldOf(story, metric)),
    ).toEqual([0.2, 5e7, 0.12, 8000, 5, 0.25, 17])
  })

  test('is unknown where nothing is fetched, nothing arrives, or a worker is silent', () => {
    const story = createStory()
    story.fetch = { batches: 0, records: 0, bytes: 0, fill: 0 }
    expect(toldOf(story, 'fetch.fill')).toBe('nothing was fetched')
    expect(toldOf(story, 'arrival')).toBe('nothing was measured just now')
    story.slots = story.slots.filter(({ worker }) => worker === 'worker-1')
    expect(toldOf(story, 'gc/worker-2')).toBe('it has no slot')
    story.silent.set('worker-1', 'it does not answer')
    expect(toldOf(story, 'gc/worker-1')).toBe('it does not answer')
    expect(toldOf(story, 'fetch.bytes')).toBe('worker-1: it does not answer')
  })

  test('a slot that never waits does not know its lag: of the past, where Kafka was not asked, nothing is told', () => {
    const story = createStory()
    const past = () => measure(story.next(), { fromServices: true }).get('lag')
    expect(past()).toMatchObject({ known: true })
    const [slot] = story.slots
    if (slot) slot.busy = 1
    expect(past()).toMatchObject({ known: false, why: expect.stringContaining('too busy to look') })
    expect(toldOf(story, 'lag')).toBeTypeOf('number')
  })
})

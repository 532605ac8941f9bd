import { describe, expect, test } from 'vitest'
import { createStory, STORY_START } from '../../test/snapshot-story.ts'
import {
  DEFAULT_TARGETS,
  Evaluator,
  parseRecording,
  pastSnapshots,
  type RecordingHeader,
  recordingLine,
} from './index.ts'

const header: RecordingHeader = {
  schema: 'radtune.recording/1',
  version: '0.1.0',
  profile: '4c8g',
  startedAt: STORY_START,
  intervalMs: 1000,
  targets: DEFAULT_TARGETS,
}

function recorded() {
  const story = createStory()
  const snapshots = [story.next(), story.next(), story.next()]
  return { snapshots, text: [header, ...snapshots].map(recordingLine).join('') }
}

describe('a recording', () => {
  test('comes back as it was written', () => {
    const { snapshots, text } = recorded()
    expect(parseRecording(text, 'run.ndjson')).toEqual({ header, snapshots, warnings: [] })
  })

  test('takes fields that a later version added', () => {
    const { text } = recorded()
    const newer = text.replaceAll(
      '"schema":"radtune.snapshot/1"',
      '"schema":"radtune.snapshot/1","weather":"fine"',
    )
    expect(parseRecording(newer, 'run.ndjson').snapshots).toHaveLength(3)
  })

  test('that was cut off anywhere in its last line loses that line, with a warning', () => {
    const { text } = recorded()
    const last = text.trimEnd().lastIndexOf('\n') + 1
    for (const length of [last + 1, last + 500, text.length - 2]) {
      const { snapshots, warnings } = parseRecording(text.slice(0, length), 'run.ndjson')
      expect(snapshots).toHaveLength(2)
      expect(warnings).toEqual(['run.ndjson:4 is cut off or damaged and is left out'])
    }
    expect(parseRecording(text.slice(0, -1), 'run.ndjson')).toMatchObject({
      snapshots: { length: 3 },
      warnings: [],
    })
  })

  test.each<[string, (text: string) => string, RegExp, RegExp]>([
    ['no header', (text) => text.slice(text.indexOf('\n') + 1), /run\.ndjson:1 is not the header/, /schema/],
    ['nothing', () => '', /run\.ndjson:1/, /empty/],
    ['something else', () => 'hello\nworld\n', /run\.ndjson:1/, /not JSON/],
    ['a damaged line', (text) => text.replace('"at":', '"at'), /run\.ndjson:2 is not a snapshot/, /not JSON/],
    ['an empty line', (text) => text.replace('\n', '\n\n'), /run\.ndjson:2/, /empty/],
    [
      'another shape',
      (text) => text.replace(/"at":\d+,"stack"/, '"at":"now","stack"'),
      /run\.ndjson:2/,
      /^at: /,
    ],
    [
      'lines out of order',
      (text) => {
        const [first, second, third, ...rest] = text.split('\n')
        return [first, third, second, ...rest].join('\n')
      },
      /run\.ndjson:3 is not later/,
      /after/,
    ],
  ])('with %s is refused with its place', (_, damage, what, why) => {
    const { text } = recorded()
    const attempt = () => parseRecording(damage(text), 'run.ndjson')
    expect(attempt).toThrow(what)
    expect(attempt).toThrow(expect.objectContaining({ code: 'RT-MON-001', why: expect.stringMatching(why) }))
  })
})

describe('what services remember', () => {
  test('fills the history second by second, and only with what they know', () => {
    const story = createStory()
    const seconds = Array.from({ length: 20 }, () => story.next())
    const now = story.next()
    const samplesOf = (service: string) =>
      seconds.flatMap(({ workers }) =>
        workers.flatMap(({ service: name, sample }) =>
          name === service && sample.known ? [sample.value] : [],
        ),
      )
    const past = pastSnapshots(
      {
        workers: ['worker-1', 'worker-2'].map((service) => ({ service, samples: samplesOf(service) })),
        provider: seconds.flatMap(({ provider }) => (provider.known ? [provider.value] : [])),
        backend: [],
      },
      now,
    )
    expect(past).toHaveLength(20)
    const evaluator = new Evaluator({ targets: DEFAULT_TARGETS })
    evaluator.add(now)
    evaluator.addPast(past)
    const evaluation = evaluator.evaluate(now.at)
    expect(evaluation.events).toEqual([])
    expect(evaluation.flow.in).toMatchObject({ samples: 20, average: 1000, now: { known: false } })
    expect(evaluation.slots.busy).toMatchObject({ samples: 21 })
    expect(evaluation.flow.p99.samples).toBe(1)
    expect(evaluator.history.values('cpu/worker-1', { from: 0, to: now.at - 1 }).values[0]).toBeCloseTo(0.3)
  })

  test('is nothing where they remember nothing', () => {
    expect(pastSnapshots({ workers: [], provider: [], backend: [] }, createStory().next())).toEqual([])
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { known, unknown } from '../metrics/index.ts'
import {
  adviceSettingsOf,
  type Change,
  type ChangeValue,
  type JournalEntry,
  type JournalLine,
  journalText,
  openEntry,
  ownSettings,
  readJournal,
  resolveOpenEntry,
  type Step,
} from './index.ts'

const START = Date.UTC(2026, 10, 22, 14, 0, 0)
const settings = adviceSettingsOf({ settings: {} as Parameters<typeof adviceSettingsOf>[0]['settings'] })

const step: Step = {
  rule: 'service-throttled',
  effect: 'restart',
  changes: [
    { key: 'kafka.cpus', from: 0.5, to: 0.9 },
    { key: 'worker.cpus', from: 1.5, to: 1.3 },
  ],
  stage: 'kafka',
  why: 'kafka is throttled',
  expected: [{ metric: 'p99', unit: 'ms', better: 'lower', from: 212, low: 60, high: 110 }],
  cost: 'nothing',
}

const base = (id: string, seconds: number) =>
  ({ schema: 'radtune.journal/1', id, at: START + seconds * 1000 }) as const

const lines = (id: string): JournalLine[] => [
  { ...base(id, 0), kind: 'open', by: 'advise', step, sentence: 'kafka is throttled', evidence: [] },
  { ...base(id, 2), kind: 'applied' },
  { ...base(id, 17), kind: 'settled' },
  { ...base(id, 77), kind: 'verdict', verdict: 'kept', sentence: 'kept: as expected' },
  { ...base(id, 90), kind: 'closed', why: 'undone by hand' },
]

function read(written: readonly JournalLine[]): JournalEntry[] {
  const journal = readJournal(written.map(journalText).join(''), 'journal.ndjson')
  if (!journal.ok) throw new Error(journal.problem)
  return journal.entries
}

describe('the journal', () => {
  test('comes back as it was written, step by step', () => {
    const entries = read([...lines('1'), ...lines('2').slice(0, 3)])
    expect(entries.map(({ id, last, appliedAt }) => [id, last.kind, appliedAt])).toEqual([
      ['1', 'closed', START + 2000],
      ['2', 'settled', START + 2000],
    ])
    expect(entries[0]?.opened.step).toEqual(step)
    expect(openEntry(entries)?.id).toBe('2')
    expect(openEntry(entries.slice(0, 1))).toBeUndefined()
    expect(read([])).toEqual([])
  })

  test('a last line that was cut off is left out, wherever it was cut', () => {
    const text = lines('1').slice(0, 2).map(journalText).join('')
    const first = journalText(lines('1')[0] as JournalLine).length
    fc.assert(
      fc.property(fc.integer({ min: first + 1, max: text.length - 2 }), (length) => {
        const journal = readJournal(text.slice(0, length), 'journal.ndjson')
        expect(journal).toMatchObject({ ok: true, entries: [{ last: { kind: 'open' } }] })
        expect(journal.ok && journal.warnings).toEqual([
          'journal.ndjson:2 is cut off or damaged and is left out',
        ])
      }),
    )
  })

  test('other damage is a problem with file and line', () => {
    const [open, applied] = lines('1').map(journalText) as [string, string]
    expect(readJournal(`${open}{"schema"\n${applied}`, 'j')).toEqual({
      ok: false,
      problem: 'j:2 is not a line of a journal',
    })
    expect(readJournal(applied, 'j')).toEqual({ ok: false, problem: 'j:1: applied of 1 after nothing' })
    expect(readJournal(open + applied + applied, 'j')).toEqual({
      ok: false,
      problem: 'j:3: applied of 1 after applied',
    })
    for (const broken of [
      '[]',
      '{}',
      '{"schema":"radtune.journal/1","id":"1","at":1,"kind":"verdict","verdict":"fine","sentence":""}',
      journalText({ ...(lines('1')[0] as Extract<JournalLine, { kind: 'open' }>), step: {} as Step }).trim(),
    ])
      expect(readJournal(`${broken}\n${open}`, 'j')).toEqual({
        ok: false,
        problem: 'j:1 is not a line of a journal',
      })
  })

  test('what kept steps have set is their own, until it is taken back', () => {
    const kept = lines('1').slice(0, 4)
    expect([...ownSettings(read(kept))]).toEqual([
      ['kafka.cpus', 0.9],
      ['worker.cpus', 1.3],
    ])
    expect(ownSettings(read(lines('1'))).size).toBe(0)
    expect(ownSettings(read(lines('1').slice(0, 3))).size).toBe(0)
    const [open, applied, settled, verdict] = lines('2') as [
      JournalLine,
      JournalLine,
      JournalLine,
      JournalLine,
    ]
    const further = { ...step, changes: [{ key: 'kafka.cpus', from: 0.9, to: 1.2 }] }
    const takenBack = [{ ...open, step: further }, applied, settled, { ...verdict, verdict: 'inconclusive' }]
    expect(ownSettings(read([...kept, ...(takenBack as JournalLine[])])).get('kafka.cpus')).toBe(0.9)
  })
})

describe('a step that was left open', () => {
  const after = (count: number) => read(lines('1').slice(0, count))[0] as JournalEntry
  const resolve = (
    entry: JournalEntry,
    { values, seconds = 30 }: { values: readonly (ChangeValue | undefined)[]; seconds?: number },
  ) =>
    resolveOpenEntry(entry, {
      inForce: (change: Change) => {
        const value = values[entry.opened.step.changes.findIndex(({ key }) => key === change.key)]
        return value === undefined ? unknown('kafka is down') : known(value, START)
      },
      settings,
      now: START + seconds * 1000,
      rememberedMs: 15 * 60_000,
    })

  test('is verified when all of it is in force', () => {
    for (const count of [2, 3])
      expect(resolve(after(count), { values: [0.9, 1.3] })).toMatchObject({
        do: 'verify',
        appliedAt: START + 2000,
      })
  })

  test('is closed when nothing of it is in force', () => {
    for (const count of [1, 2, 3])
      expect(resolve(after(count), { values: [0.5, 1.5] })).toMatchObject({ do: 'close' })
  })

  test('is taken back when it is half in force, or nobody knows since when, or what was before is forgotten', () => {
    expect(resolve(after(1), { values: [0.9, 1.5] })).toEqual({
      do: 'revert',
      changes: [step.changes[0]],
      why: 'only part of it is in force',
    })
    expect(resolve(after(1), { values: [0.9, 1.3] })).toMatchObject({ do: 'revert', changes: step.changes })
    expect(resolve(after(2), { values: [0.9, 1.3], seconds: 3600 })).toMatchObject({
      do: 'revert',
      why: expect.stringContaining('1h ago'),
    })
  })

  test('is left to whoever changed a setting of it', () => {
    expect(resolve(after(2), { values: [0.7, 1.3] })).toEqual({
      do: 'close',
      why: 'kafka.cpus was changed to 0.7 meanwhile: it is left as it is',
    })
  })

  test('waits while what is in force cannot be told', () => {
    expect(resolve(after(2), { values: [0.9, undefined] })).toMatchObject({
      do: 'wait',
      why: 'worker.cpus: kafka is down',
    })
  })

  test('is closed when it cannot be taken back, or is decided', () => {
    const entry = after(2)
    const irreversible = {
      ...entry,
      opened: { ...entry.opened, step: { ...step, effect: 'irreversible' as const } },
    }
    expect(resolve(irreversible, { values: [0.9, 1.3] })).toMatchObject({ do: 'close' })
    expect(resolve(after(4), { values: [0.9, 1.3] })).toMatchObject({ do: 'close' })
  })
})

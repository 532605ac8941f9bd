import { pinName } from '../stack/index.ts'
import type { Change, ChangeValue, Evidence, Expectation, Step } from './rule.ts'
import type { Verdict } from './verdict.ts'

interface Line {
  schema: 'radtune.journal/1'
  /** Of the step: the same in all of its lines. */
  id: string
  /** Wall-clock milliseconds. */
  at: number
}

/** A line of `.radtune/journal.ndjson`. Each is on disk before what it announces or after what it tells has been done. */
export type JournalLine =
  /** Before anything is changed. */
  | (Line & {
      kind: 'open'
      by: string
      step: Step
      sentence: string
      evidence: readonly Evidence[]
      /** How long is compared before and after, milliseconds; the settings say it where it is absent. */
      verifyMs?: number
    })
  /** Read back from the source: in force everywhere. */
  | (Line & { kind: 'applied' })
  /** What comes from `at` on is compared. */
  | (Line & { kind: 'settled' })
  /** After what it says was done. */
  | (Line & { kind: 'verdict'; verdict: Verdict['verdict']; sentence: string })
  /** It is over without a verdict, or a kept step was taken back. */
  | (Line & { kind: 'closed'; why: string })

type Opened = Extract<JournalLine, { kind: 'open' }>

/** All that the journal says of one step. */
export interface JournalEntry {
  id: string
  opened: Opened
  /** The newest line. */
  last: JournalLine
  /** When it was in force; undefined when that was never told. */
  appliedAt: number | undefined
  /** From when on it is compared; undefined when that was never told. */
  settledAt: number | undefined
}

export type ReadJournal =
  | { ok: true; entries: JournalEntry[]; warnings: string[] }
  | { ok: false; problem: string }

/** What may follow what. */
const NEXT: Readonly<Record<JournalLine['kind'], readonly JournalLine['kind'][]>> = {
  open: ['applied', 'closed'],
  applied: ['settled', 'closed'],
  settled: ['verdict', 'closed'],
  verdict: ['closed'],
  closed: [],
}

/** One line of the journal, with its newline. */
export function journalText(line: JournalLine): string {
  return `${JSON.stringify(line)}\n`
}

/**
 * Reads the journal, the oldest step first. A last line that is damaged was being written when something ended: it is left out
 * with a warning. Any other damage, and lines that do not follow each other, is a problem with file:line.
 */
export function readJournal(text: string, file: string): ReadJournal {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  const entries = new Map<string, JournalEntry>()
  const warnings: string[] = []
  for (const [index, raw] of lines.entries()) {
    const place = `${file}:${index + 1}`
    const line = readLine(raw)
    if (!line) {
      if (index < lines.length - 1) return { ok: false, problem: `${place} is not a line of a journal` }
      warnings.push(`${place} is cut off or damaged and is left out`)
      continue
    }
    const before = entries.get(line.id)
    const entry = followed(before, line)
    if (!entry)
      return {
        ok: false,
        problem: `${place}: ${line.kind} of ${line.id} after ${before?.last.kind ?? 'nothing'}`,
      }
    entries.set(line.id, entry)
  }
  return { ok: true, entries: [...entries.values()], warnings }
}

/** The step that nothing was decided about, if there is one. */
export function openEntry(entries: readonly JournalEntry[]): JournalEntry | undefined {
  return entries.findLast(({ last }) => last.kind !== 'verdict' && last.kind !== 'closed')
}

/** What kept steps have set, by setting (`kafka.cpus`, `worker-2.memory`): to advice these values in the overlay are no pins. */
export function ownSettings(entries: readonly JournalEntry[]): Map<string, ChangeValue> {
  return new Map(
    entries
      .filter(({ last }) => last.kind === 'verdict' && last.verdict === 'kept')
      .flatMap(({ opened }) => opened.step.changes.map((change) => [pinName(change), change.to])),
  )
}

function followed(before: JournalEntry | undefined, line: JournalLine): JournalEntry | undefined {
  if (!before)
    return line.kind === 'open'
      ? { id: line.id, opened: line, last: line, appliedAt: undefined, settledAt: undefined }
      : undefined
  if (!NEXT[before.last.kind].includes(line.kind)) return undefined
  return {
    ...before,
    last: line,
    appliedAt: line.kind === 'applied' ? line.at : before.appliedAt,
    settledAt: line.kind === 'settled' ? line.at : before.settledAt,
  }
}

function readLine(raw: string): JournalLine | undefined {
  let value: unknown
  try {
    value = JSON.parse(raw)
  } catch {
    return undefined
  }
  return isLine(value) ? value : undefined
}

function isLine(value: unknown): value is JournalLine {
  if (!isRecord(value) || value.schema !== 'radtune.journal/1') return false
  if (typeof value.id !== 'string' || value.id === '' || typeof value.at !== 'number') return false
  switch (value.kind) {
    case 'open':
      return (
        typeof value.by === 'string' &&
        typeof value.sentence === 'string' &&
        Array.isArray(value.evidence) &&
        ['undefined', 'number'].includes(typeof value.verifyMs) &&
        isStep(value.step)
      )
    case 'applied':
    case 'settled':
      return true
    case 'verdict':
      return (
        typeof value.sentence === 'string' &&
        ['kept', 'reverted', 'inconclusive'].includes(value.verdict as string)
      )
    case 'closed':
      return typeof value.why === 'string'
    default:
      return false
  }
}

/** As much of a step as is needed to compare it and to take it back. */
function isStep(value: unknown): value is Step {
  return (
    isRecord(value) &&
    typeof value.rule === 'string' &&
    ['live', 'restart', 'recreate', 'irreversible'].includes(value.effect as string) &&
    isListOf(value.changes, isChange) &&
    isListOf(value.expected, isExpectation)
  )
}

function isChange(value: unknown): value is Change {
  const isValue = (one: unknown) => typeof one === 'string' || typeof one === 'number'
  return isRecord(value) && typeof value.key === 'string' && isValue(value.from) && isValue(value.to)
}

function isExpectation(value: unknown): value is Expectation {
  return (
    isRecord(value) &&
    typeof value.metric === 'string' &&
    (value.better === 'lower' || value.better === 'higher') &&
    ['from', 'low', 'high'].every((field) => typeof value[field] === 'number')
  )
}

function isListOf<Item>(value: unknown, isItem: (one: unknown) => one is Item): value is Item[] {
  return Array.isArray(value) && value.every(isItem)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

import {
  HEADERS,
  type PartitionProgress,
  parseRowRef,
  REJECT_REASONS,
  sumRecords,
  TOPICS,
} from '../../packages/core/src/contract/index.ts'
import { judgeRecord, type RecordRules } from '../../packages/pipeline/src/stages/index.ts'
import type { TopicRecord } from '../../packages/pipeline/test/topic-reader.ts'

/** What is wrong, in sentences with their evidence. */
export type Violations = string[]

export interface LedgerSums {
  in: number
  normal: number
  critical: number
  dirty: number
  duplicates: number
}

interface PartitionBook {
  /** End of the input that was judged: offsets below are decided. */
  end: number
  /** What the rules say about each offset, and how often it was written; see `DECIDED`. */
  states: Uint8Array
  /** Last offset of each reading, by its fields as text. */
  lastSeen: Map<string, number>
  /** What each record must look like, until it is found. */
  expected: Map<number, string>
  /** Outputs read before their input was: source offset → what they look like. */
  early: Map<number, string[]>
  /** Highest source offset in each output. */
  lastSource: Map<string, number>
  counted: { to: number; counts: Record<string, number> }
}

/** Codes of `states`, low three bits; the others count how often the offset was found in an output. */
const DECIDED = { unknown: 0, normal: 1, critical: 2, dirty: 3, duplicate: 4 } as const
const FOUND_ONCE = 8
const DUPLICATE = 'duplicate'

/**
 * A second opinion on the whole stack: judges every record of the input by the rules in the order of its partition, remembers
 * readings in a plain map, and holds each record of the outputs against that. Shares the rule of a single record with the
 * pipeline, and nothing of its slots, windows or counters.
 */
export class Ledger {
  readonly violations: Violations = []
  readonly sums: LedgerSums = { in: 0, normal: 0, critical: 0, dirty: 0, duplicates: 0 }
  readonly #rules: RecordRules
  readonly #window: number
  readonly #books = new Map<number, PartitionBook>()
  readonly #rows = new Map<string, { seen: Uint8Array; highest: number; completeTo: number }>()

  constructor(options: { rules: RecordRules; window: number }) {
    this.#rules = options.rules
    this.#window = options.window
  }

  add(record: TopicRecord): void {
    if (record.topic === TOPICS.input) this.#addInput(record)
    else this.#addOutput(record)
  }

  /** Ends of the input that was judged, by partition. */
  inputEnds(): number[] {
    return Array.from({ length: this.#books.size }, (_, partition) => this.#books.get(partition)?.end ?? 0)
  }

  /** Outputs that name input records beyond these ends. */
  orphans(inputEnds: readonly number[]): string[] {
    return [...this.#books].flatMap(([partition, { early }]) =>
      [...early.keys()]
        .filter((offset) => offset >= (inputEnds[partition] ?? 0))
        .map((offset) => `${partition}:${offset}`),
    )
  }

  /** Input records before these ends that have not come out. */
  missing(inputEnds: readonly number[]): string[] {
    const missing: string[] = []
    for (const [partition, { expected }] of this.#books) {
      for (const [offset, what] of expected) {
        if (offset >= (inputEnds[partition] ?? 0)) break
        missing.push(`${partition}:${offset} (${what})`)
      }
    }
    return missing
  }

  /** The highest row of each source that was published. */
  highestRows(): Map<string, number> {
    return new Map([...this.#rows].map(([source, { highest }]) => [source, highest]))
  }

  /** Rows up to these that were never published. */
  missingRows(upTo: ReadonlyMap<string, number>): string[] {
    const missing: string[] = []
    for (const [source, rows] of this.#rows) {
      const last = upTo.get(source) ?? 0
      while (rows.completeTo < last && rows.seen[rows.completeTo + 1]) rows.completeTo += 1
      for (let row = rows.completeTo + 1; row <= last; row += 1)
        if (!rows.seen[row]) missing.push(`${source}:${row}`)
    }
    return missing
  }

  /** Holds the counters in the commits against its own count of the very same offsets. */
  checkCommits(progress: readonly PartitionProgress[]): void {
    const { mismatches } = sumRecords(progress)
    for (const mismatch of mismatches)
      this.violations.push(`commit does not add up: ${JSON.stringify(mismatch)}`)
    for (const { partition, committed, counters } of progress) {
      const book = this.#books.get(partition)
      if (!book || committed === undefined || !counters) continue
      const own = this.#countTo(book, Math.min(committed, book.end))
      const theirs: Record<string, number> = {
        normal: counters.normal,
        critical: counters.critical,
        duplicate: counters.duplicates,
        dirty: REJECT_REASONS.reduce((sum, reason) => sum + counters.dirty[reason], 0),
      }
      if (committed > book.end || counters.first !== 0) continue
      for (const [name, count] of Object.entries(theirs)) {
        if (count !== (own[name] ?? 0))
          this.violations.push(
            `partition ${partition} commits ${count} ${name} up to ${committed}, counted ${own[name] ?? 0}`,
          )
      }
    }
  }

  #addInput({ partition, offset, timestampMs, value, headers }: TopicRecord): void {
    const book = this.#book(partition)
    if (offset !== book.end) this.violations.push(`input ${partition} jumps from ${book.end} to ${offset}`)
    book.end = offset + 1
    this.sums.in += 1
    this.#addRow(headers.get(HEADERS.row))
    const what = this.#judge(book, { offset, timestampMs, value })
    const kind = what.slice(0, what.indexOf(' ') === -1 ? undefined : what.indexOf(' '))
    const state = DECIDED[kind as keyof typeof DECIDED]
    book.states = roomFor(book.states, offset)
    book.states[offset] = state
    this.sums[kind === DUPLICATE ? 'duplicates' : (kind as 'normal')] += 1
    const early = book.early.get(offset)
    book.early.delete(offset)
    if (what !== DUPLICATE) book.expected.set(offset, what)
    for (const found of early ?? []) this.#match(book, { partition, offset, found })
  }

  #judge(
    book: PartitionBook,
    { offset, timestampMs, value }: Pick<TopicRecord, 'offset' | 'timestampMs' | 'value'>,
  ): string {
    const judged = judgeRecord(value, timestampMs, this.#rules)
    if (judged.kind === 'dirty') return `dirty ${judged.reason}`
    const reading = `${judged.lat5} ${judged.lon5} ${judged.cpm100} ${judged.instantUs}`
    const before = book.lastSeen.get(reading)
    // Deleted first, so that the map stays in the order of the offsets and old entries can be dropped from its front.
    book.lastSeen.delete(reading)
    book.lastSeen.set(reading, offset)
    for (const [old, at] of book.lastSeen) {
      if (offset - at <= this.#window) break
      book.lastSeen.delete(old)
    }
    if (before !== undefined && offset - before <= this.#window) return DUPLICATE
    return `${judged.critical ? 'critical' : 'normal'} ${judged.level} ${judged.cpm}`
  }

  #addOutput({ topic, partition, value, headers }: TopicRecord): void {
    const [from, offset] = (headers.get(HEADERS.source) ?? '').split(':').map(Number)
    if (from === undefined || offset === undefined || !Number.isSafeInteger(offset)) {
      this.violations.push(`a record of ${topic} has no source`)
      return
    }
    if (from !== partition) this.violations.push(`${from}:${offset} is in ${topic}/${partition}`)
    const book = this.#book(from)
    const before = book.lastSource.get(topic) ?? -1
    if (offset < before)
      this.violations.push(`${from}:${offset} comes after ${from}:${before} in ${topic}/${partition}`)
    book.lastSource.set(topic, Math.max(before, offset))
    const found = looksLike(topic, value)
    if (offset < book.end) this.#match(book, { partition: from, offset, found })
    else book.early.set(offset, [...(book.early.get(offset) ?? []), found])
  }

  #match(
    book: PartitionBook,
    { partition, offset, found }: { partition: number; offset: number; found: string },
  ): void {
    const expected = book.expected.get(offset)
    const source = `${partition}:${offset}`
    if ((book.states[offset] as number) >= FOUND_ONCE) this.violations.push(`repeated: ${source} (${found})`)
    else if (expected === undefined)
      this.violations.push(`${source} is a duplicate, and came out as ${found}`)
    else if (expected !== found)
      this.violations.push(`${source} came out as ${found}, and should be ${expected}`)
    book.expected.delete(offset)
    book.states[offset] = (book.states[offset] as number) | FOUND_ONCE
  }

  #addRow(header: string | undefined): void {
    const ref = header === undefined ? undefined : parseRowRef(header)
    if (!ref) return
    let rows = this.#rows.get(ref.source)
    if (!rows) {
      rows = { seen: new Uint8Array(4096), highest: 0, completeTo: 0 }
      this.#rows.set(ref.source, rows)
    }
    rows.seen = roomFor(rows.seen, ref.row)
    if (rows.seen[ref.row]) this.violations.push(`row ${header} was published twice`)
    rows.seen[ref.row] = 1
    rows.highest = Math.max(rows.highest, ref.row)
  }

  #countTo(book: PartitionBook, to: number): Record<string, number> {
    const { counted, states } = book
    const names = ['unknown', 'normal', 'critical', 'dirty', 'duplicate']
    if (to < counted.to) book.counted = { to: 0, counts: {} }
    for (let offset = book.counted.to; offset < to; offset += 1) {
      const name = names[(states[offset] as number) & 7] as string
      book.counted.counts[name] = (book.counted.counts[name] ?? 0) + 1
    }
    book.counted.to = to
    return book.counted.counts
  }

  #book(partition: number): PartitionBook {
    let book = this.#books.get(partition)
    if (!book) {
      book = {
        end: 0,
        states: new Uint8Array(4096),
        lastSeen: new Map(),
        expected: new Map(),
        early: new Map(),
        lastSource: new Map(),
        counted: { to: 0, counts: {} },
      }
      this.#books.set(partition, book)
    }
    return book
  }
}

/** The line of an output record that must agree with the judgement of its source. */
function looksLike(topic: string, value: Buffer | null): string {
  const body = JSON.parse(String(value)) as {
    reason?: string
    level?: string
    value?: number
    critical?: boolean
  }
  if (topic === TOPICS.dirty) return `dirty ${body.reason}`
  return `${topic === TOPICS.critical ? 'critical' : 'normal'} ${body.level} ${body.value}`
}

function roomFor(bytes: Uint8Array, index: number): Uint8Array {
  if (index < bytes.length) return bytes
  const larger = new Uint8Array(Math.max(index + 1, bytes.length * 2))
  larger.set(bytes)
  return larger
}

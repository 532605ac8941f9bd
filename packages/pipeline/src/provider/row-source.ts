import type { PublishedReading } from '@radtune/core/contract'

/** One row of a source, with nothing cleaned. */
export interface SourceRow {
  /** Counts from 1 within its file and round. */
  row: number
  reading: PublishedReading
}

/** Rows of one file (or of the generator) in one round, in order. */
export interface RowBatch {
  /** As it stands in `RowRef.source`. */
  source: string
  /** How often the data were published before: 0 in the first pass. */
  round: number
  /** Which file of the round, from 0. */
  index: number
  /** Taken once. The generator makes its rows while they are taken, so that their times are fresh. */
  rows: Iterable<SourceRow>
}

/** Where a row stands in the order of publishing. */
export interface RowPosition {
  round: number
  index: number
  row: number
}

/** What a source has come across; it counts while it is read. */
export interface SourceTally {
  malformed: number
  /** The first malformed lines, at most `MAX_MALFORMED_LINES`. */
  malformedLines: MalformedLine[]
  /** Bytes that were not UTF-8 and became U+FFFD. */
  replacedBytes: number
}

export interface MalformedLine {
  source: string
  line: number
  message: string
}

export const MAX_MALFORMED_LINES = 20

/** Rows to publish, from files or made up. */
export interface RowSource {
  /** For people: file names, or the generator and its seed. */
  readonly title: string
  readonly tally: SourceTally
  /** Rows in order. What earlier runs published is left out where that is cheap; the rest may come again. */
  batches(order: RowOrder): AsyncIterable<RowBatch>
}

export interface RowOrder {
  resume: {
    /** No row before this one is missing. */
    from: RowPosition
  }
  signal: AbortSignal
}

export function emptyTally(): SourceTally {
  return { malformed: 0, malformedLines: [], replacedBytes: 0 }
}

export function countMalformed(tally: SourceTally, line: MalformedLine): void {
  tally.malformed += 1
  if (tally.malformedLines.length < MAX_MALFORMED_LINES) tally.malformedLines.push(line)
}

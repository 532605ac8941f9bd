import { isUtf8 } from 'node:buffer'
import type { PublishedReading } from '@radtune/core/contract'
import { type DumpColumns, readDumpHeader } from '@radtune/core/safecast'
import { parse } from 'csv-parse/sync'
import { cutRecord, lastRecordEnd, MAX_RECORD_BYTES } from './cut-records.ts'
import { countMalformed, type SourceRow, type SourceTally } from './row-source.ts'

/** What a parser found where the header of a dump should be. */
export interface BadHeader {
  problem: string
  fix: readonly string[]
}

/**
 * Turns the bytes of one dump, fed in pieces of any size, into rows. Malformed lines (a wrong number of fields, quotes that
 * do not match, longer than 64 KiB) are counted with their line numbers and passed over. Holds at most one unfinished record.
 */
export class DumpParser {
  /** Set once the first line turned out not to be the header of a dump; no rows come then. */
  badHeader: BadHeader | undefined
  readonly #source: string
  readonly #tally: SourceTally
  #columns: DumpColumns | undefined
  #rest: Buffer = Buffer.alloc(0)
  /** Number of the line that comes next, from 1. */
  #line = 1
  #row = 0
  #markLookedFor = false
  /** Inside a line that is too long: everything up to its end goes. */
  #skipping = false

  constructor(options: { source: string; tally: SourceTally }) {
    this.#source = options.source
    this.#tally = options.tally
  }

  /** Whether the header was found. */
  get started(): boolean {
    return this.#columns !== undefined
  }

  /** Rows of the records that this piece completes. */
  push(piece: Buffer): SourceRow[] {
    return this.#take(this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]), false)
  }

  /** Rows of what is left when the data end, with or without a last line break. */
  end(): SourceRow[] {
    return this.#take(this.#rest, true)
  }

  #take(bytes: Buffer, final: boolean): SourceRow[] {
    const rows: SourceRow[] = []
    let at = this.#withoutMark(bytes, final)
    if (this.#skipping) at = this.#skipLine(bytes, at)
    if (!this.#columns) at = this.#takeHeader(bytes, at, final)
    if (this.#columns) at = this.#takeRows(bytes, at, { final, rows, columns: this.#columns })
    // A copy, or the unfinished record would keep the whole piece alive.
    this.#rest = this.badHeader ? Buffer.alloc(0) : Buffer.from(bytes.subarray(at))
    return rows
  }

  #withoutMark(bytes: Buffer, final: boolean): number {
    if (this.#markLookedFor || (bytes.length < 3 && !final)) return 0
    this.#markLookedFor = true
    return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  }

  #skipLine(bytes: Buffer, at: number): number {
    const lineBreak = bytes.indexOf(0x0a, at)
    if (lineBreak === -1) return bytes.length
    this.#skipping = false
    this.#line += 1
    return lineBreak + 1
  }

  #takeHeader(bytes: Buffer, from: number, final: boolean): number {
    let at = from
    while (at < bytes.length && !this.badHeader) {
      const cut = cutRecord(bytes, at, final)
      if (cut.kind === 'unfinished') {
        if (bytes.length - at > MAX_RECORD_BYTES) this.badHeader = readLongHeader()
        return at
      }
      const text = bytes.toString('utf8', at, cut.end)
      this.#line += linesIn(bytes, at, cut.end)
      at = cut.end
      if (text.trim() === '') continue
      const fields = cut.kind === 'record' ? parseOne(text) : undefined
      const header = readDumpHeader(fields ?? [text.slice(0, 200)])
      if (header.ok) {
        this.#columns = header.columns
        return at
      }
      this.badHeader = header
    }
    return at
  }

  #takeRows(bytes: Buffer, at: number, into: Target): number {
    const block = lastRecordEnd(bytes, at, into.final)
    if (!block.quoted) {
      this.#takePlain(bytes, at, block.end, into)
      return this.#leaveOverlong(bytes, block.end)
    }
    const allRight = !block.overlong && this.#takeQuoted(bytes, at, block.end, into)
    if (allRight && !into.final) return block.end
    return this.#takeOneByOne(bytes, allRight ? block.end : at, into)
  }

  /** Without a quote in sight every comma and every line break is one: no need for the whole of CSV. */
  #takePlain(bytes: Buffer, from: number, end: number, into: Target): void {
    if (from === end) return
    const lines = this.#decode(bytes, from, end).split('\n')
    if (lines[lines.length - 1] === '') lines.pop()
    for (const line of lines) {
      const content = line.endsWith('\r') ? line.slice(0, -1) : line
      if (content !== '') {
        if (content.length > MAX_RECORD_BYTES) this.#malformed('the line is longer than 64 KiB')
        else this.#takeFields(content.split(','), into)
      }
      this.#line += 1
    }
  }

  /** The usual case with quotes: all records up to `end` at once. False, and nothing taken, when one of them is not right. */
  #takeQuoted(bytes: Buffer, from: number, end: number, into: Target): boolean {
    const records = parseAll(bytes.toString('utf8', from, end))
    if (!records?.every((fields) => fields.length === into.columns.fieldCount)) return false
    this.#countReplaced(bytes, from, end)
    for (const fields of records) this.#takeFields(fields, into)
    this.#line += linesIn(bytes, from, end)
    return true
  }

  /**
   * Record by record, to find the malformed ones. Of one that spans lines only the first line is given up: a stray quote
   * must not take the good lines after it along.
   */
  #takeOneByOne(bytes: Buffer, from: number, into: Target): number {
    let at = from
    while (at < bytes.length) {
      const cut = cutRecord(bytes, at, into.final)
      if (cut.kind === 'unfinished') return this.#leaveOverlong(bytes, at)
      const fields = cut.kind === 'record' ? parseOne(bytes.toString('utf8', at, cut.end)) : undefined
      const right = fields?.length === into.columns.fieldCount
      if (fields && (right || cut.firstLineEnd === cut.end)) {
        this.#countReplaced(bytes, at, cut.end)
        if (fields.length > 0) this.#takeFields(fields, into)
        this.#line += linesIn(bytes, at, cut.end)
        at = cut.end
      } else {
        this.#malformed(cut.kind === 'overlong' ? 'the line is longer than 64 KiB' : 'quotes do not match')
        this.#line += 1
        at = cut.firstLineEnd
      }
    }
    return at
  }

  /** An unfinished line that is too long already is counted now and skipped to its end, so that it is never held whole. */
  #leaveOverlong(bytes: Buffer, at: number): number {
    if (bytes.length - at <= MAX_RECORD_BYTES || bytes.indexOf(0x0a, at) !== -1) return at
    this.#malformed('the line is longer than 64 KiB')
    this.#skipping = true
    return bytes.length
  }

  #takeFields(fields: readonly string[], into: Target): void {
    const { fieldCount } = into.columns
    if (fields.length !== fieldCount) {
      this.#malformed(`${fields.length} ${fields.length === 1 ? 'field' : 'fields'} instead of ${fieldCount}`)
      return
    }
    this.#row += 1
    into.rows.push({ row: this.#row, reading: readingOf(fields, into.columns) })
  }

  /** A malformed line has a row number too, so that the numbers of the others do not depend on what counts as malformed. */
  #malformed(message: string): void {
    this.#row += 1
    countMalformed(this.#tally, { source: this.#source, line: this.#line, message })
  }

  #decode(bytes: Buffer, from: number, end: number): string {
    this.#countReplaced(bytes, from, end)
    return bytes.toString('utf8', from, end)
  }

  #countReplaced(bytes: Buffer, from: number, end: number): void {
    const part = bytes.subarray(from, end)
    if (!isUtf8(part)) this.#tally.replacedBytes += replacedBytes(part)
  }
}

interface Target {
  final: boolean
  rows: SourceRow[]
  columns: DumpColumns
}

function readLongHeader(): BadHeader {
  return { problem: 'the first line is longer than 64 KiB', fix: ['head -c 200 FILE'] }
}

/** The row as published: text as it stands, empty optional fields left out, required ones kept also when empty. */
function readingOf(fields: readonly string[], columns: DumpColumns): PublishedReading {
  const reading: PublishedReading = {
    latitude: fields[columns.latitude] as string,
    longitude: fields[columns.longitude] as string,
    value: fields[columns.value] as string,
    unit: fields[columns.unit] as string,
    captured_time: fields[columns.capturedTime] as string,
  }
  const deviceId = optional(fields, columns.deviceId)
  if (deviceId) reading.device_id = deviceId
  const loaderId = optional(fields, columns.loaderId)
  if (loaderId) reading.loader_id = loaderId
  const locationName = optional(fields, columns.locationName)
  if (locationName) reading.location_name = locationName
  const height = optional(fields, columns.height)
  if (height) reading.height = height
  const md5Sum = optional(fields, columns.md5Sum)
  if (md5Sum) reading.md5sum = md5Sum
  const uploadedTime = optional(fields, columns.uploadedTime)
  if (uploadedTime) reading.uploaded_time = uploadedTime
  return reading
}

function optional(fields: readonly string[], column: number | undefined): string | undefined {
  return column === undefined ? undefined : fields[column]
}

const csv = { record_delimiter: ['\r\n', '\n'], relax_column_count: true, skip_empty_lines: true }

function parseAll(text: string): string[][] | undefined {
  try {
    return parse(text, csv) as string[][]
  } catch {
    return undefined
  }
}

/** Fields of the one record in the text: none for a blank line, undefined when it is not exactly one. */
function parseOne(text: string): string[] | undefined {
  const records = parseAll(text)
  if (!records || records.length > 1) return undefined
  return records[0] ?? []
}

function linesIn(bytes: Buffer, from: number, end: number): number {
  let lines = 0
  for (let at = bytes.indexOf(0x0a, from); at !== -1 && at < end; at = bytes.indexOf(0x0a, at + 1)) lines += 1
  return lines
}

const REPLACEMENT = Buffer.from('\uFFFD')

/** Bytes that decoding turns into U+FFFD, apart from those that were U+FFFD before. */
function replacedBytes(part: Buffer): number {
  const text = part.toString('utf8')
  const replacements = text.split('\uFFFD').length - 1 - occurrences(part, REPLACEMENT)
  return part.length - (Buffer.byteLength(text) - replacements * REPLACEMENT.length)
}

function occurrences(bytes: Buffer, pattern: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf(pattern); at !== -1; at = bytes.indexOf(pattern, at + pattern.length))
    count += 1
  return count
}

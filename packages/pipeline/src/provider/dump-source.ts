import type { Readable } from 'node:stream'
import { formatInstantDump } from '@radtune/core/safecast'
import { type DumpFile, problemError, readDumpBytes } from './dump-files.ts'
import { DumpParser } from './parse-dump.ts'
import { possibleTimeUs } from './possible-time.ts'
import { sourceNameOf } from './resume.ts'
import { emptyTally, type RowBatch, type RowOrder, type RowSource, type SourceRow } from './row-source.ts'

/** Where the captured times of the data lie that can be meant, microseconds since 1970. */
interface DataSpan {
  earliestUs: number
  latestUs: number
}

/**
 * The rows of dump files, streamed: memory does not grow with the files. With `loop` they come again and again, with
 * captured times moved on by the span of the data each round. Throws what `readDumpBytes` throws, and RT-DATA-001.
 */
export function createDumpSource(options: {
  files: readonly DumpFile[]
  loop: boolean
  /** Wall-clock milliseconds. */
  now: () => number
  stdin?: Readable
}): RowSource {
  const { files, loop, now, stdin } = options
  const tally = emptyTally()

  async function* oneFile(
    file: DumpFile,
    signal: AbortSignal,
    counting: boolean,
  ): AsyncGenerator<SourceRow[]> {
    const parser = new DumpParser({ source: file.name, tally: counting ? tally : emptyTally() })
    for await (const piece of readDumpBytes(file, { signal, ...(stdin && { stdin }) })) {
      yield parser.push(piece)
      refuseBadHeader(file, parser)
    }
    if (signal.aborted) return
    yield parser.end()
    refuseBadHeader(file, parser)
    if (!parser.started)
      throw problemError(file, { code: 'RT-DATA-002', problem: 'it is empty', fix: undefined })
  }

  async function* batches({ resume, signal }: RowOrder): AsyncGenerator<RowBatch> {
    let span: DataSpan | undefined
    const startMs = now()
    for (
      let round = 0;
      !signal.aborted && (round === 0 || loop);
      round = Math.max(round + 1, resume.from.round)
    ) {
      const shiftUs = span ? loopShiftUs({ round, span, nowUs: now() * 1000 }) : 0
      let rowsOfRound = 0
      for (const [index, file] of files.entries()) {
        // Files before the one to resume in need not be read, unless their times are wanted for the rounds to come.
        if (!loop && index < resume.from.index) continue
        const source = sourceNameOf({ round, index, name: file.name })
        for await (const rows of oneFile(file, signal, round === 0)) {
          if (loop && round === 0) span = widened(span, rows, startMs)
          if (shiftUs !== 0 && span) moveOn(rows, shiftUs, startMs)
          rowsOfRound += rows.length
          if (rows.length > 0) yield { source, round, index, rows }
          if (signal.aborted) return
        }
      }
      // A loop over nothing would only burn the processor.
      if (rowsOfRound === 0) return
    }
  }

  return { title: files.map((file) => file.name).join(', '), tally, batches }
}

const SECOND_US = 1_000_000

/**
 * How far the captured times of a round are moved on: by the span of the data for each round. Where that would lead into
 * the future, the shifts begin again, as long as at least two rounds fit.
 */
export function loopShiftUs({
  round,
  span,
  nowUs,
}: {
  round: number
  span: DataSpan
  nowUs: number
}): number {
  // One second more, so that the first rows of a round do not have the times of the last rows before.
  const stepUs = (Math.ceil((span.latestUs - span.earliestUs) / SECOND_US) + 1) * SECOND_US
  const fitting = Math.floor((nowUs - span.latestUs) / stepUs) + 1
  return (fitting >= 2 ? round % fitting : round) * stepUs
}

function widened(
  span: DataSpan | undefined,
  rows: readonly SourceRow[],
  nowMs: number,
): DataSpan | undefined {
  let wide = span
  for (const { reading } of rows) {
    const instantUs = possibleTimeUs(reading.captured_time, nowMs)
    if (instantUs === undefined) continue
    if (!wide) wide = { earliestUs: instantUs, latestUs: instantUs }
    else if (instantUs < wide.earliestUs) wide = { ...wide, earliestUs: instantUs }
    else if (instantUs > wide.latestUs) wide = { ...wide, latestUs: instantUs }
  }
  return wide
}

/** Impossible times stay as they are: moved, they might become possible. */
function moveOn(rows: readonly SourceRow[], shiftUs: number, nowMs: number): void {
  for (const { reading } of rows) {
    const instantUs = possibleTimeUs(reading.captured_time, nowMs)
    if (instantUs !== undefined) reading.captured_time = formatInstantDump(instantUs + shiftUs)
  }
}

function refuseBadHeader(file: DumpFile, parser: DumpParser): void {
  if (parser.badHeader) throw problemError(file, { code: 'RT-DATA-001', ...parser.badHeader })
}

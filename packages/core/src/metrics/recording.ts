import { z } from 'zod'
import { RadtuneError } from '../errors/index.ts'
import { type Snapshot, snapshotSchema } from './snapshot.ts'
import { targetsSchema } from './targets.ts'

/** First line of a recording; each line after it is a snapshot. */
export const recordingHeaderSchema = z.object({
  schema: z.literal('radtune.recording/1'),
  /** Of radtune. */
  version: z.string(),
  profile: z.string(),
  /** Wall-clock milliseconds. */
  startedAt: z.number(),
  intervalMs: z.number(),
  targets: targetsSchema,
})
export type RecordingHeader = z.infer<typeof recordingHeaderSchema>

export interface Recording {
  header: RecordingHeader
  snapshots: Snapshot[]
  /** What was left out, as of a last line that was cut off. */
  warnings: string[]
}

/** One line of a recording, with its newline. */
export function recordingLine(content: RecordingHeader | Snapshot): string {
  return `${JSON.stringify(content)}\n`
}

/**
 * Reads a recording. A last line that is damaged was being written when something ended: it is left out with a warning. Any
 * other damage, and times that do not go up, throws RT-MON-001 with file:line.
 */
export function parseRecording(text: string, file: string): Recording {
  const lines = text.split('\n')
  const wholeLines = lines.at(-1) === '' ? lines.slice(0, -1) : lines
  const [first = '', ...rest] = wholeLines
  const header = recordingHeaderSchema.safeParse(readJson(first))
  if (!header.success)
    throw damaged(`${file}:1 is not the header of a recording`, issueOf(header.error, first))
  const snapshots: Snapshot[] = []
  const warnings: string[] = []
  for (const [index, line] of rest.entries()) {
    const place = `${file}:${index + 2}`
    const snapshot = snapshotSchema.safeParse(readJson(line))
    if (!snapshot.success) {
      if (index < rest.length - 1) throw damaged(`${place} is not a snapshot`, issueOf(snapshot.error, line))
      warnings.push(`${place} is cut off or damaged and is left out`)
      continue
    }
    const before = snapshots.at(-1)
    if (before && snapshot.data.at <= before.at)
      throw damaged(`${place} is not later than the line before it`, `${snapshot.data.at} after ${before.at}`)
    snapshots.push(snapshot.data)
  }
  return { header: header.data, snapshots, warnings }
}

function readJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function issueOf({ issues }: z.ZodError, line: string): string {
  if (line.trim() === '') return 'the line is empty'
  if (readJson(line) === undefined) return 'the line is not JSON'
  const [issue] = issues
  return issue ? `${issue.path.join('.') || 'the line'}: ${issue.message}` : 'it has another shape'
}

function damaged(what: string, why: string): RadtuneError {
  return new RadtuneError('RT-MON-001', { what, why })
}

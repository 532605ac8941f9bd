import { RadtuneError } from '@radtune/core/errors'
import { parseRecording, type Recording, type RecordingHeader, recordingLine } from '@radtune/core/metrics'
import type { Files } from '../ports/files.ts'
import type { Moment } from './monitor-stack.ts'

/** Writes moments into a recording, line by line. */
export interface Recorder {
  write(moment: Moment): Promise<void>
}

/** Begins a recording in a new file. Throws RT-MON-002 when there is something already. */
export async function startRecording(
  files: Files,
  path: string,
  { version, intervalMs }: { version: string; intervalMs: number },
): Promise<Recorder> {
  if ((await files.kind(path)) !== 'missing')
    throw new RadtuneError('RT-MON-002', { what: `${path} is there already` })
  let begun = false
  return {
    async write({ snapshot, evaluator }) {
      const header: RecordingHeader = {
        schema: 'radtune.recording/1',
        version,
        profile: snapshot.stack.known ? snapshot.stack.value.profile : 'unknown',
        startedAt: snapshot.at,
        intervalMs,
        targets: evaluator.targets,
      }
      await files.append(path, `${begun ? '' : recordingLine(header)}${recordingLine(snapshot)}`)
      begun = true
    },
  }
}

/** Reads a recording. Throws RT-MON-001 when it is missing, of another kind, or damaged anywhere but in its last line. */
export async function readRecording(files: Files, path: string): Promise<Recording> {
  let text: string | undefined
  try {
    text = await files.read(path)
  } catch (error) {
    throw new RadtuneError('RT-MON-001', {
      what: `${path} cannot be read`,
      why: (error as Error).message,
      cause: error,
    })
  }
  if (text === undefined) throw new RadtuneError('RT-MON-001', { what: `${path} does not exist` })
  const recording = parseRecording(text, path)
  if (recording.snapshots.length === 0)
    throw new RadtuneError('RT-MON-001', { what: `${path} holds no snapshot` })
  return recording
}

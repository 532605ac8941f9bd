import { RadtuneError } from '@radtune/core/errors'
import {
  type ParsedProfile,
  type ProfileFile,
  parseProfile,
  profileError,
  profileFileText,
} from '@radtune/core/profile'
import { planStack } from '@radtune/core/stack'
import type { Clock } from '../ports/clock.ts'
import type { Files } from '../ports/files.ts'

export interface ProfileToWrite {
  /** Absolute. */
  path: string
  file: ProfileFile
  overwrite: boolean
  /** Only says what would be written. */
  dryRun?: boolean
}

/** What became of a profile file. */
export interface WrittenProfile {
  path: string
  text: string
  how: 'written' | 'replaced' | 'the same already' | 'dry run'
  /** Where the file that was there before is kept. */
  backup: string | undefined
}

/** What would be written, whether or not it can be planned. */
export function dryRun(path: string, file: ProfileFile): WrittenProfile {
  return { path, text: profileFileText(file), how: 'dry run', backup: undefined }
}

/**
 * Writes a profile file that is known to parse and to be plannable. Throws RT-PROF-004 when another file is there and may not be
 * overwritten, RT-PROF-001 and RT-PLAN-… when the profile would be of no use; then nothing is written.
 */
export async function writeProfile(
  { files, clock }: { files: Files; clock: Pick<Clock, 'now'> },
  { path, file, overwrite, dryRun: isDryRun = false }: ProfileToWrite,
): Promise<WrittenProfile> {
  const text = profileFileText(file)
  refuseUseless(parseProfile(text, { file: path }))
  if (isDryRun) return dryRun(path, file)
  const before = await readBefore(path, files)
  if (before === text) return { path, text, how: 'the same already', backup: undefined }
  if (before !== undefined && !overwrite)
    throw new RadtuneError('RT-PROF-004', {
      what: `${path} exists already`,
      why: 'it says something else than what would be written',
      fix: ['repeat the command with --overwrite (a backup is kept)', `cat ${path}`],
    })
  const backup = before === undefined ? undefined : `${path}.${stamp(clock.now())}.bak`
  try {
    if (backup !== undefined && before !== undefined) await files.write(backup, before)
    await files.write(path, text)
  } catch (error) {
    throw unusable(path, 'written', error)
  }
  return { path, text, how: before === undefined ? 'written' : 'replaced', backup }
}

function refuseUseless(parsed: ParsedProfile): void {
  if (!parsed.ok) throw profileError(parsed.problems)
  const planned = planStack(parsed.profile)
  if (!planned.ok) throw planned.error
}

async function readBefore(path: string, files: Files): Promise<string | undefined> {
  try {
    return await files.read(path)
  } catch (error) {
    throw unusable(path, 'read', error)
  }
}

function unusable(path: string, verb: 'read' | 'written', error: unknown): RadtuneError {
  return new RadtuneError('RT-PROF-003', {
    what: `${path} cannot be ${verb}`,
    why: error instanceof Error ? error.message : String(error),
    fix: [`ls -ld ${path}`],
    cause: error,
  })
}

/** To the second, in characters that every file system takes. */
function stamp(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replaceAll(':', '-')
}

import { RadtuneError } from '@radtune/core/errors'
import type { Files } from '../ports/files.ts'

/** Reads a file that may be absent. Throws RT-GEN-002. */
export async function readGenerated(files: Files, path: string): Promise<string | undefined> {
  try {
    return await files.read(path)
  } catch (error) {
    throw unusable(path, 'read', error)
  }
}

/** Writes a file. With `before`, its text so far, a copy of it is kept and its path given back. Throws RT-GEN-002. */
export async function writeGenerated(
  files: Files,
  path: string,
  { text, before }: { text: string; before?: string | undefined },
): Promise<string | undefined> {
  try {
    const backup = before === undefined ? undefined : await keepBackup(files, path, before)
    await files.write(path, text)
    return backup
  } catch (error) {
    throw unusable(path, 'written', error)
  }
}

/** Copies to `compose.yaml.bak`, or `compose.yaml.2.bak` and so on: no copy replaces another. */
async function keepBackup(files: Files, path: string, text: string): Promise<string> {
  for (let count = 1; ; count++) {
    const backup = count === 1 ? `${path}.bak` : `${path}.${count}.bak`
    if ((await files.kind(backup)) !== 'missing') continue
    await files.write(backup, text)
    return backup
  }
}

function unusable(path: string, what: 'read' | 'written', error: unknown): RadtuneError {
  return new RadtuneError('RT-GEN-002', {
    what: `${path} cannot be ${what}`,
    why: error instanceof Error ? error.message : String(error),
    fix: [`ls -ld ${path}`, 'radtune generate --out elsewhere'],
    cause: error,
  })
}

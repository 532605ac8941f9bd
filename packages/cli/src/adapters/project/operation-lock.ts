import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RadtuneError } from '@radtune/core/errors'
import type { OperationLock } from '../../ports/project.ts'

/** A lock whose holder has not renewed it for this long is free: the holder was killed. */
const STALE_MS = 10_000

/** Takes the lock of a project's state folder, and notes who has it. Throws RT-UP-002, or RT-LOCAL-008 when nothing may be written there. */
export async function lockProject(state: string, operation: string): Promise<OperationLock> {
  const note = join(state, 'operation.json')
  const { lock } = await import('proper-lockfile')
  try {
    await mkdir(state, { recursive: true })
    const release = await lock(state, {
      lockfilePath: join(state, 'operation.lock'),
      stale: STALE_MS,
      update: STALE_MS / 4,
      // Losing the lock to a long pause of the machine is no reason to end in the middle of a launch.
      onCompromised: () => undefined,
    })
    await writeFile(note, `${JSON.stringify({ operation, pid: process.pid })}\n`)
    return { release: () => release().catch(() => undefined) }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ELOCKED') throw await heldError(note)
    throw new RadtuneError('RT-LOCAL-008', {
      what: `${state} cannot be written`,
      why: error instanceof Error ? error.message : String(error),
      cause: error,
    })
  }
}

async function heldError(note: string): Promise<RadtuneError> {
  const holder = await readHolder(note)
  return new RadtuneError('RT-UP-002', {
    what: holder
      ? `radtune ${holder.operation} runs on this project`
      : 'another radtune runs on this project',
    why: holder
      ? `process ${holder.pid} holds ${note.replace(/json$/, 'lock')}`
      : `${note.replace(/json$/, 'lock')} is held; a killed radtune frees it within ${STALE_MS / 1000} s`,
    left: 'nothing was changed',
  })
}

async function readHolder(note: string): Promise<{ operation: string; pid: number } | undefined> {
  try {
    const { operation, pid } = JSON.parse(await readFile(note, 'utf8')) as Record<string, unknown>
    return typeof operation === 'string' && typeof pid === 'number' ? { operation, pid } : undefined
  } catch {
    return undefined
  }
}

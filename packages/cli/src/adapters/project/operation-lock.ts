import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { RadtuneError } from '@radtune/core/errors'
import type { OperationLock } from '../../ports/project.ts'

/** A lock whose holder has not renewed it for this long is free: the holder was killed. */
const STALE_MS = 5_000
const RETRY_MS = 250

/** Takes the lock of a project's state folder, and notes who has it. Throws RT-UP-002, or RT-LOCAL-008 when nothing may be written there. */
export async function lockProject(state: string, operation: string): Promise<OperationLock> {
  const note = join(state, 'operation.json')
  try {
    await mkdir(state, { recursive: true })
    const release = await takeLock(state, note)
    await writeFile(note, `${JSON.stringify({ operation, pid: process.pid })}\n`)
    return { release: () => release().catch(() => undefined) }
  } catch (error) {
    if (error instanceof RadtuneError) throw error
    throw new RadtuneError('RT-LOCAL-008', {
      what: `${state} cannot be written`,
      why: error instanceof Error ? error.message : String(error),
      cause: error,
    })
  }
}

async function takeLock(state: string, note: string): Promise<() => Promise<void>> {
  const { lock } = await import('proper-lockfile')
  const giveUpAt = performance.now() + STALE_MS + 1_000
  for (;;) {
    try {
      return await lock(state, {
        lockfilePath: join(state, 'operation.lock'),
        stale: STALE_MS,
        update: STALE_MS / 4,
        // Losing the lock to a long pause of the machine is no reason to end in the middle of a launch.
        onCompromised: () => undefined,
      })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error
      const holder = await readHolder(note)
      // Who was killed no longer renews its lock: that is over soon, and taking it away by force could rob the next holder.
      if (!holder || isAlive(holder.pid) || performance.now() > giveUpAt) throw heldError(note, holder)
      await delay(RETRY_MS)
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function heldError(note: string, holder: Holder | undefined): RadtuneError {
  const lockfile = note.replace(/json$/, 'lock')
  return new RadtuneError('RT-UP-002', {
    what: `${holder ? `radtune ${holder.operation}` : 'another radtune'} runs on this project`,
    why: holder ? `process ${holder.pid} holds ${lockfile}` : `${lockfile} is held`,
    left: 'nothing was changed',
  })
}

interface Holder {
  operation: string
  pid: number
}

async function readHolder(note: string): Promise<Holder | undefined> {
  try {
    const { operation, pid } = JSON.parse(await readFile(note, 'utf8')) as Record<string, unknown>
    return typeof operation === 'string' && typeof pid === 'number' ? { operation, pid } : undefined
  } catch {
    return undefined
  }
}

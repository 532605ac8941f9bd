import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What is on disk about a supervisor and its services, so that they are found again, whatever happens to it. */
export interface SupervisorState {
  version: 1
  supervisor: { pid: number; startToken: string }
  /** Absolute path of its socket. */
  socket: string
  /** In the order of their start. */
  services: readonly { name: string; pid: number; startToken: string; graceMs: number }[]
  /** Folders of the stack's control group; absent in a state that an earlier version wrote. */
  groups?: readonly string[]
}

/** Names the stack that a process belongs to in the environment of each process: its folder. */
export const STACK_MARKER = 'RADTUNE_STACK'

export function stateFile(localFolder: string): string {
  return join(localFolder, 'supervisor.json')
}

/** Undefined when there is none, or it cannot be read or is not ours. */
export function readState(localFolder: string): SupervisorState | undefined {
  try {
    const state = JSON.parse(readFileSync(stateFile(localFolder), 'utf8')) as SupervisorState
    return state.version === 1 && Array.isArray(state.services) && typeof state.supervisor?.pid === 'number'
      ? state
      : undefined
  } catch {
    return undefined
  }
}

/** Readers see the old state or the new one, never half of it. */
export function writeState(localFolder: string, state: SupervisorState): void {
  const path = stateFile(localFolder)
  const scratch = `${path}.${randomBytes(4).toString('hex')}`
  writeFileSync(scratch, JSON.stringify(state), { mode: 0o600 })
  renameSync(scratch, path)
}

export function removeState(localFolder: string): void {
  rmSync(stateFile(localFolder), { force: true })
}

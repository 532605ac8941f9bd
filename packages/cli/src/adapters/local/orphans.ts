import { rmSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import {
  isSameProcess,
  type ProcessEntry,
  readEnvironmentOf,
  readProcess,
  readProcessTable,
  signalGroup,
} from './process-table.ts'
import { findStackFolders, removeStackGroups } from './stack-groups.ts'
import { readState, removeState, STACK_MARKER } from './supervisor-state.ts'

interface Orphan {
  name: string
  pid: number
  startToken: string
  graceMs: number
}

/**
 * Ends the services that a dead supervisor has left behind, in reverse order with grace, and returns their names.
 * A pid that now belongs to another process is never touched. Their control groups go with them. Does nothing while the supervisor lives.
 */
export async function endOrphans(localFolder: string): Promise<string[]> {
  const state = readState(localFolder)
  if (state && (await isSameProcess(state.supervisor))) return []
  const ended: string[] = []
  for (const orphan of [...(state?.services ?? [])].reverse()) {
    if (await endProcess(orphan)) ended.push(orphan.name)
  }
  for (const stray of await findStrays(localFolder)) {
    if (await endProcess({ name: `process ${stray.pid}`, graceMs: 1000, ...stray }))
      ended.push(`process ${stray.pid}`)
  }
  // Where the dead supervisor had them, and where this process would: its state may be lost.
  const groups = new Set([...(state?.groups ?? []), ...findStackFolders(localFolder)])
  await removeStackGroups([...groups]).catch(() => undefined)
  if (state) {
    rmSync(state.socket, { force: true })
    removeState(localFolder)
  }
  return ended
}

async function endProcess(orphan: Orphan): Promise<boolean> {
  if (!(await isSameProcess(orphan))) return false
  const isLeader = (await readProcess(orphan.pid))?.groupPid === orphan.pid
  sendSignal(orphan.pid, 'SIGTERM')
  for (
    const end = performance.now() + orphan.graceMs;
    performance.now() < end && (await isSameProcess(orphan));
  )
    await delay(50)
  if (isLeader) signalGroup(orphan.pid, 'SIGKILL')
  if (await isSameProcess(orphan)) sendSignal(orphan.pid, 'SIGKILL')
  while (await isSameProcess(orphan)) await delay(20)
  return true
}

/** Processes that carry the mark of this stack but are in no list: started just before the supervisor died, or by a service. */
async function findStrays(localFolder: string): Promise<ProcessEntry[]> {
  if (process.platform !== 'linux') return []
  return (await readProcessTable()).filter(
    ({ pid }) => pid !== process.pid && readEnvironmentOf(pid, STACK_MARKER) === localFolder,
  )
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has just ended.
  }
}

import type { ChildProcess } from 'node:child_process'
import { signalGroup } from './process-table.ts'

/** How a child ended, or why it could not be started. */
interface ProcessEnd {
  code: number | null
  signal: NodeJS.Signals | null
  failure: Error | undefined
}

/** Ends what the process leaves in its group, and resolves once its last output is read. */
export function waitForEnd(child: ChildProcess): Promise<ProcessEnd> {
  return new Promise((resolve) => {
    child.once('error', (failure) => resolve({ code: null, signal: null, failure }))
    child.once('exit', (code, signal) => {
      if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL')
      const end = () => resolve({ code, signal, failure: undefined })
      const patience = setTimeout(() => {
        child.stdout?.destroy()
        child.stderr?.destroy()
        end()
      }, 500)
      child.once('close', () => {
        clearTimeout(patience)
        end()
      })
    })
  })
}

/** Waits, or resolves at once when `signal` is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const timer = setTimeout(done, ms)
    function done() {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
  })
}

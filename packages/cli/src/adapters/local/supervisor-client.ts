import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { RadtuneError } from '@radtune/core/errors'
import type { RuntimeEvent } from '../../ports/runtime.ts'
import { lastLines } from './java.ts'
import { isSameProcess } from './process-table.ts'
import {
  encodeMessage,
  revealError,
  type SupervisorAnswer,
  type SupervisorRequest,
  type SupervisorView,
} from './supervisor-protocol.ts'
import { readState, type SupervisorState } from './supervisor-state.ts'

const START_MS = 15_000

/** The supervisor of a project that runs now, by the state on disk; a dead one does not count. */
export async function findSupervisor(localFolder: string): Promise<SupervisorState | undefined> {
  const state = readState(localFolder)
  return state && (await isSameProcess(state.supervisor)) ? state : undefined
}

/** Starts a supervisor that outlives this process, and resolves when it answers. Throws RT-LOCAL-009. */
export async function startSupervisor({
  localFolder,
  workingFolder,
  environment,
}: {
  localFolder: string
  workingFolder: string
  environment: NodeJS.ProcessEnv
}): Promise<SupervisorState> {
  const logFolder = join(localFolder, 'logs')
  mkdirSync(logFolder, { recursive: true })
  // What Node itself says when the supervisor cannot even start; its own words go to supervisor.log.
  const outputPath = join(logFolder, 'supervisor.out')
  const output = openSync(outputPath, 'w', 0o600)
  // From source (tests) the packages must be taken from source as well.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const conditions = extension === 'ts' ? ['--conditions=radtune-source', '--no-warnings'] : []
  const program = fileURLToPath(new URL(`./supervisor-main.${extension}`, import.meta.url))
  const heap = '--max-old-space-size=96'
  const child = spawn(process.execPath, [...conditions, heap, program, localFolder, workingFolder], {
    cwd: workingFolder,
    detached: true,
    stdio: ['ignore', output, output],
    env: { ...environment, NODE_OPTIONS: '' },
  })
  closeSync(output)
  let ended: string | undefined
  child.once('error', (error) => {
    ended = error.message
  })
  child.once('exit', (code, signal) => {
    ended ??= `it ended with ${signal ?? `exit code ${code}`}`
  })
  child.unref()
  for (const end = performance.now() + START_MS; performance.now() < end && ended === undefined; ) {
    const state = readState(localFolder)
    if (state && state.supervisor.pid === child.pid) return state
    await delay(20)
  }
  throw new RadtuneError('RT-LOCAL-009', {
    what: 'the supervisor could not be started',
    why: ended ?? `it did not answer within ${START_MS / 1000} s`,
    logs: lastLines(readText(outputPath), 6),
  })
}

/**
 * Sends one request and resolves with its result; aborting the signal closes the connection, which aborts a launch.
 * Throws what the supervisor throws, and RT-LOCAL-009 when the connection breaks or nothing comes in `silenceMs`.
 */
export function askSupervisor(
  { socket: socketPath }: SupervisorState,
  request: SupervisorRequest,
  {
    onEvent = () => undefined,
    signal,
    silenceMs,
  }: { onEvent?: (event: RuntimeEvent) => void; signal?: AbortSignal; silenceMs?: number } = {},
): Promise<SupervisorView | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath)
    let text = ''
    let settled = false
    const settle = (act: () => void) => {
      if (settled) return
      settled = true
      signal?.removeEventListener('abort', onAbort)
      socket.destroy()
      act()
    }
    const onAbort = () => settle(() => reject(signal?.reason))
    const broken = (why: string) =>
      settle(() => reject(new RadtuneError('RT-LOCAL-009', { what: 'the supervisor does not answer', why })))
    if (signal?.aborted) return onAbort()
    signal?.addEventListener('abort', onAbort)
    if (silenceMs !== undefined)
      socket.setTimeout(silenceMs, () => broken(`nothing came from it for ${silenceMs / 1000} s`))
    socket.setEncoding('utf8')
    socket.once('connect', () => socket.write(encodeMessage(request)))
    socket.once('error', (error) => broken(error.message))
    socket.once('close', () => broken('it closed the connection'))
    socket.on('data', (chunk: string) => {
      text += chunk
      const lines = text.split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) take(JSON.parse(line) as SupervisorAnswer)
    })
    const take = (answer: SupervisorAnswer) => {
      switch (answer.kind) {
        case 'event':
          return settled ? undefined : onEvent(answer.event)
        case 'result':
          return settle(() => resolve(answer.view))
        case 'error':
          return settle(() => reject(revealError(answer.error)))
      }
    }
  })
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

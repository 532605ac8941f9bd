import { chmodSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { RadtuneError } from '@radtune/core/errors'
import type { Supervisor } from './supervisor.ts'
import {
  carryError,
  encodeMessage,
  PROTOCOL_VERSION,
  type SupervisorAnswer,
  type SupervisorRequest,
  type Versioned,
} from './supervisor-protocol.ts'

/** A launch names every process with its environment; a megabyte is far beyond any. */
const LONGEST_REQUEST = 4 * 1024 * 1024

/** Listens on a unix socket that only this user can open; resolves when it does. `onStopped` is called after a stop has been answered. */
export function serveSupervisor(
  supervisor: Supervisor,
  { socketPath, onStopped, log }: { socketPath: string; onStopped: () => void; log: (text: string) => void },
): Promise<Server> {
  const server = createServer((socket) => {
    readRequest(socket, async (request) => {
      const left = new AbortController()
      socket.once('close', () => left.abort(new Error('the command that asked for it has gone')))
      const send = (message: SupervisorAnswer) => {
        if (socket.writable) socket.write(encodeMessage(message))
      }
      log(`${request.kind} is asked for`)
      try {
        await answer(supervisor, request, { signal: left.signal, send })
      } catch (error) {
        log(`${request.kind}: ${error instanceof Error ? error.message : error}`)
        send({ kind: 'error', error: carryError(error) })
      }
      socket.end()
      if (request.kind !== 'inspect' && supervisor.empty && !supervisor.busy) onStopped()
    })
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(socketPath, () => {
      chmodSync(socketPath, 0o600)
      resolve(server)
    })
  })
}

async function answer(
  supervisor: Supervisor,
  request: Versioned<SupervisorRequest>,
  { signal, send }: { signal: AbortSignal; send: (message: SupervisorAnswer) => void },
): Promise<void> {
  const onEvent = (event: (SupervisorAnswer & { kind: 'event' })['event']) => send({ kind: 'event', event })
  switch (request.kind) {
    case 'inspect':
      return send({ kind: 'result', view: supervisor.view() })
    case 'stop':
      // A stop that was begun is ended, whether or not somebody still listens.
      await supervisor.stop(onEvent)
      return send({ kind: 'result', view: undefined })
    case 'launch':
      if (request.version !== PROTOCOL_VERSION)
        throw new RadtuneError('RT-LOCAL-009', {
          what: 'the running stack was started by another version of radtune',
          fix: ['radtune down', 'radtune up'],
        })
      return send({ kind: 'result', view: await supervisor.bring(request, { signal, onEvent }) })
  }
}

function readRequest(socket: Socket, onRequest: (request: Versioned<SupervisorRequest>) => void): void {
  let text = ''
  socket.setEncoding('utf8')
  socket.on('error', () => socket.destroy())
  const onData = (chunk: string) => {
    text += chunk
    const end = text.indexOf('\n')
    if (end === -1) {
      if (text.length > LONGEST_REQUEST) socket.destroy()
      return
    }
    socket.off('data', onData)
    // What follows is not wanted, but must be read for the end to be noticed.
    socket.resume()
    try {
      const request = JSON.parse(text.slice(0, end)) as Versioned<SupervisorRequest>
      if (!['launch', 'inspect', 'stop'].includes(request.kind)) throw new Error('unknown request')
      onRequest(request)
    } catch {
      socket.destroy()
    }
  }
  socket.on('data', onData)
}

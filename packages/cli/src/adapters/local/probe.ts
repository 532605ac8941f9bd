import { get } from 'node:http'
import { connect } from 'node:net'
import type { LocalProcess } from '@radtune/core/render'

export type ProbeAnswer = { ready: true } | { ready: false; why: string }

/** Asks a service once whether it is ready, for at most `timeoutMs`. A process that runs once is ready by its exit, never by a probe. */
export function probe(readiness: LocalProcess['readiness'], timeoutMs = 2000): Promise<ProbeAnswer> {
  switch (readiness.kind) {
    case 'tcp':
      return probeTcp(readiness.port, timeoutMs)
    case 'http':
      return probeHttp(readiness.url, timeoutMs)
    case 'exit':
      return Promise.resolve({ ready: false, why: 'it has not ended yet' })
  }
}

function probeTcp(port: number, timeoutMs: number): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    const answer = (value: ProbeAnswer) => {
      socket.destroy()
      resolve(value)
    }
    socket.setTimeout(timeoutMs, () => answer({ ready: false, why: `port ${port} does not answer` }))
    socket.once('connect', () => answer({ ready: true }))
    socket.once('error', (error: NodeJS.ErrnoException) =>
      answer({ ready: false, why: `port ${port}: ${error.code ?? error.message}` }),
    )
  })
}

function probeHttp(url: string, timeoutMs: number): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => {
        if (body.length < 10_000) body += text
      })
      response.on('error', () => resolve({ ready: false, why: `${url} broke off` }))
      response.on('end', () => {
        if (response.statusCode === 200) resolve({ ready: true })
        else resolve({ ready: false, why: reasonIn(body) ?? `/health answers ${response.statusCode}` })
      })
    })
    request.on('error', (error: NodeJS.ErrnoException) => {
      const late = error.name === 'AbortError' || error.name === 'TimeoutError'
      const why = late
        ? `/health did not answer in ${timeoutMs} ms`
        : `/health: ${error.code ?? error.message}`
      resolve({ ready: false, why })
    })
  })
}

/** `/health` says why it is not well: `{healthy, reason}`. */
function reasonIn(body: string): string | undefined {
  try {
    const { reason } = JSON.parse(body) as { reason?: unknown }
    return typeof reason === 'string' && reason !== '' ? reason : undefined
  } catch {
    return undefined
  }
}

import type { IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'

export interface TunnelTarget {
  host: string
  port: number
}

/** Headers that this side answers for: the backend sees its own name and no page. */
const REPLACED = new Set(['host', 'origin', 'cookie'])
const CONNECT_TIMEOUT_MS = 5000

/**
 * Joins a WebSocket request with the backend, byte by byte, and returns when both ends are open or one has failed. A slow browser
 * slows down the backend's socket, so that the backend notices it and nothing piles up here.
 */
export function tunnelWebSocket(
  request: IncomingMessage,
  { socket, head, target }: { socket: Duplex; head: Buffer; target: TunnelTarget },
): Socket {
  const upstream = connect(target)
  upstream.setNoDelay(true)
  upstream.setTimeout(CONNECT_TIMEOUT_MS, () => upstream.destroy(new Error('no answer')))
  let connected = false
  upstream.once('connect', () => {
    connected = true
    upstream.setTimeout(0)
    upstream.write(requestHead(request, target))
    upstream.write(head)
    socket.pipe(upstream).pipe(socket)
  })
  upstream.on('error', () => {
    if (connected) socket.destroy()
    else refuseUpgrade(socket, 502, 'the backend does not answer')
  })
  upstream.on('close', () => socket.destroy())
  socket.on('error', () => upstream.destroy())
  socket.on('close', () => upstream.destroy())
  return upstream
}

/** Answers an upgrade with an HTTP error and ends it. */
export function refuseUpgrade(socket: Duplex, status: 403 | 404 | 421 | 502, reason: string): void {
  const body = JSON.stringify({ error: reason })
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_TEXT[status]}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

const STATUS_TEXT = {
  403: 'Forbidden',
  404: 'Not Found',
  421: 'Misdirected Request',
  502: 'Bad Gateway',
} as const

function requestHead({ url, rawHeaders }: IncomingMessage, { host, port }: TunnelTarget): string {
  const lines = [`GET ${url} HTTP/1.1`, `host: ${host.includes(':') ? `[${host}]` : host}:${port}`]
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    if (!REPLACED.has(name.toLowerCase())) lines.push(`${name}: ${rawHeaders[index + 1]}`)
  }
  return `${lines.join('\r\n')}\r\n\r\n`
}

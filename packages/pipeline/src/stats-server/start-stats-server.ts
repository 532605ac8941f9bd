import { createServer, type ServerResponse } from 'node:http'
import type { Health, StatsAnswer } from '@radtune/core/contract'
import { guardRequest, listen } from '../http/index.ts'

export interface StatsServerOptions<Sample> {
  /** host:port; port 0 takes a free one. */
  address: string
  /** The state of the service now. Called every second and for each answer, so it must not change anything. */
  sample: () => Sample
  health: () => Health
  /** Prometheus text. */
  metrics: () => Promise<string>
  /** Host names, beside those of loopback, under which this server is reached. */
  allowedHosts?: readonly string[]
  sampleEveryMs?: number
}

export interface RunningStatsServer {
  port: number
  close(): Promise<void>
}

/** 15 minutes at one sample a second. */
const RING_LENGTH = 900
const SAMPLE_EVERY_MS = 1000
/** A thin history has all of the newest samples, and of older ones those of each fifth second: the same ones of every service. */
const WHOLE_SAMPLES = 150
const THINNED_TO_SECONDS = 5

/**
 * Serves `/stats` (the current sample and the ring of the last 15 minutes; `?history=thin` with less of it, `?history=0`
 * without), `/metrics` and `/health` (200 or 503). Throws RT-LOCAL-007 when the port is in use.
 */
export async function startStatsServer<Sample>(
  options: StatsServerOptions<Sample>,
): Promise<RunningStatsServer> {
  const history: { second: number; sample: Sample }[] = []
  const historyFor = (wish: string | null): Sample[] => {
    if (wish === '0') return []
    const kept =
      wish === 'thin'
        ? history.filter(
            ({ second }, index) =>
              index >= history.length - WHOLE_SAMPLES || second % THINNED_TO_SECONDS === 0,
          )
        : history
    return kept.map(({ sample }) => sample)
  }
  const server = createServer((request, response) => {
    answer(new URL(request.url ?? '/', 'http://stats'), request.method, response).catch((error) => {
      if (response.headersSent) response.destroy()
      else sendJson(response, 500, { error: error instanceof Error ? error.message : String(error) })
    })
  })

  async function answer(url: URL, method: string | undefined, response: ServerResponse): Promise<void> {
    const refusal = guardRequest({ host: response.req.headers.host }, options)
    if (refusal) return sendJson(response, refusal.status, { error: refusal.reason })
    if (method !== 'GET' && method !== 'HEAD')
      return sendJson(response, 405, { error: 'only GET is answered' })
    switch (url.pathname) {
      case '/stats': {
        const stats: StatsAnswer<Sample> = {
          schema: 'radtune.stats/1',
          current: options.sample(),
          history: historyFor(url.searchParams.get('history')),
        }
        return sendJson(response, 200, stats)
      }
      case '/metrics':
        return send(response, 200, 'text/plain; version=0.0.4; charset=utf-8', await options.metrics())
      case '/health': {
        const health = options.health()
        return sendJson(response, health.healthy ? 200 : 503, health)
      }
      default:
        return sendJson(response, 404, {
          error: `${url.pathname} is not here; try /stats, /metrics, /health`,
        })
    }
  }

  const port = await listen(server, options.address)
  const timer = setInterval(() => {
    history.push({ second: Math.floor(Date.now() / 1000), sample: options.sample() })
    if (history.length > RING_LENGTH) history.shift()
  }, options.sampleEveryMs ?? SAMPLE_EVERY_MS)
  return {
    port,
    async close() {
      clearInterval(timer)
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, 'application/json; charset=utf-8', JSON.stringify(body))
}

function send(response: ServerResponse, status: number, contentType: string, text: string): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  response.end(text)
}

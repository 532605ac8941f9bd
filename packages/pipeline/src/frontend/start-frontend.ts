import helmet from '@fastify/helmet'
import httpProxy from '@fastify/http-proxy'
import fastifyStatic from '@fastify/static'
import type { FrontendSample, Health, SettingsReport } from '@radtune/core/contract'
import { type FastifyInstance, fastify } from 'fastify'
import {
  type GuardOptions,
  guardRequest,
  guardWrite,
  listenFastify,
  parseAddress,
  type WriteAccess,
  writeModeOf,
} from '../http/index.ts'
import { processSample, startStatsServer } from '../stats-server/index.ts'
import { frontendMetrics } from './frontend-metrics.ts'
import type { PageOverrides } from './page-overrides.ts'
import { refuseUpgrade, type TunnelTarget, tunnelWebSocket } from './tunnel-websocket.ts'
import { findWebRoot } from './web-root.ts'

export interface FrontendOptions extends GuardOptions {
  service: string
  /** host:port; port 0 takes a free one. */
  httpAddress: string
  statsAddress: string
  /** Where the backend is, e.g. `http://127.0.0.1:8000`. */
  backendUrl: string
  /** Folder of the built page; by default the one of `@radtune/web`. */
  webRoot?: string | undefined
  page?: PageOverrides
  /** Who may change something through it; absent: it is published where it listens, and has no token. */
  access?: WriteAccess
  logger: { info(details: object, message: string): void; warn(details: object, message: string): void }
}

export interface RunningFrontend {
  httpPort: number
  statsPort: number
  close(): Promise<void>
}

const PROXY_TIMEOUT_MS = 10_000
/** The page asks it for tiles when it has a token, and only then. */
const MAPBOX_ORIGIN = 'https://api.mapbox.com'
/** The frontend reads no live setting, so it needs no client of Kafka: whatever they are, it runs by them. */
const NO_SETTINGS: SettingsReport = { revision: null, applied: {}, rejected: [], problem: null }

/**
 * Serves the page and passes `/api` and `/ws` on to the backend, so that a browser sees one origin. Healthy whether or
 * not the backend is there: the page says so itself. Throws RT-LOCAL-007 when a port is in use.
 */
export async function startFrontend(options: FrontendOptions): Promise<RunningFrontend> {
  const { logger, access = { publishedHost: parseAddress(options.httpAddress).host } } = options
  const webRoot = findWebRoot(options.webRoot)
  let requests = 0
  const process = processSample(options.service)
  const sample = (): FrontendSample => ({ ...process(NO_SETTINGS), requests })
  const health = (): Health =>
    webRoot === undefined
      ? { healthy: false, reason: 'the page is not built: npm run build' }
      : { healthy: true, reason: null }

  const server = fastify({ bodyLimit: 16 * 1024, forceCloseConnections: true })
  server.addHook('onRequest', async (request, reply) => {
    requests += 1
    const refusal = guardRequest(request.headers, options)
    if (refusal) return reply.code(refusal.status).send({ error: refusal.reason })
  })
  await addSecurityHeaders(server, options.page)
  server.get('/health', async (_request, reply) => {
    const answer = health()
    return reply.code(answer.healthy ? 200 : 503).send(answer)
  })
  server.get('/config.json', async (_request, reply) =>
    reply.header('cache-control', 'no-store').send({
      apiUrl: options.page?.apiUrl ?? null,
      wsUrl: options.page?.wsUrl ?? null,
      mapboxToken: options.page?.mapboxToken ?? null,
      writes: writeModeOf(access),
    }),
  )
  await addApiProxy(server, { ...options, access })
  await addPage(server, webRoot)
  const tunnels = addWebSocketTunnel(server, options)

  const httpPort = await listenFastify(server, options.httpAddress)
  try {
    const metrics = () => frontendMetrics(sample())
    const stats = await startStatsServer({
      ...options,
      address: options.statsAddress,
      sample,
      health,
      metrics,
    })
    logger.info({ httpPort, statsPort: stats.port, webRoot }, 'frontend started')
    return {
      httpPort,
      statsPort: stats.port,
      async close() {
        tunnels.close()
        await server.close()
        await stats.close()
      },
    }
  } catch (error) {
    await server.close()
    throw error
  }
}

async function addSecurityHeaders(server: FastifyInstance, page: PageOverrides | undefined): Promise<void> {
  const tiles = page?.mapboxToken ? MAPBOX_ORIGIN : undefined
  const elsewhere = [page?.apiUrl, page?.wsUrl, tiles].flatMap((url) => (url ? [new URL(url).origin] : []))
  await server.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'script-src': ["'self'"],
        'style-src': ["'self'"],
        'img-src': ["'self'", 'data:'],
        'font-src': ["'self'"],
        'connect-src': ["'self'", ...new Set(elsewhere)],
        'base-uri': ["'none'"],
        'form-action': ["'none'"],
        'frame-ancestors': ["'none'"],
      },
    },
    strictTransportSecurity: false,
  })
}

async function addApiProxy(
  server: FastifyInstance,
  { backendUrl, logger, access }: FrontendOptions & { access: WriteAccess },
): Promise<void> {
  await server.register(httpProxy, {
    upstream: backendUrl,
    prefix: '/api',
    rewritePrefix: '/api',
    httpMethods: ['GET', 'HEAD', 'PUT', 'POST'],
    // The backend may be published elsewhere than the page, so it cannot tell who reaches it through here.
    async preHandler(request, reply) {
      const isWrite = request.method === 'PUT' || request.method === 'POST'
      const refusal = isWrite ? guardWrite(request.headers.authorization, access) : undefined
      if (!refusal) return
      if (refusal.status === 401) reply.header('www-authenticate', 'Bearer')
      await reply.code(refusal.status).send({ error: refusal.reason })
    },
    http: { requestOptions: { timeout: PROXY_TIMEOUT_MS } },
    replyOptions: {
      rewriteRequestHeaders: (_request, { origin: _origin, cookie: _cookie, ...headers }) => ({
        ...headers,
        host: new URL(backendUrl).host,
      }),
      onError: (reply, { error }) => {
        logger.warn({ reason: error.message }, 'the backend does not answer')
        reply.code(502).send({ error: 'pipeline down: the backend does not answer' })
      },
    },
  })
}

async function addPage(server: FastifyInstance, webRoot: string | undefined): Promise<void> {
  if (webRoot === undefined) {
    server.get('/', async (_request, reply) =>
      reply.code(503).type('text/plain; charset=utf-8').send('The page is not built. Run: npm run build\n'),
    )
    return
  }
  await server.register(fastifyStatic, {
    root: webRoot,
    // The build leaves `.br` and `.gz` beside each larger file.
    preCompressed: true,
    // Files under assets/ carry their content's hash in their name.
    setHeaders: (response, path) =>
      response.header(
        'cache-control',
        /[\\/]assets[\\/]/.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
      ),
  })
}

function addWebSocketTunnel(server: FastifyInstance, options: FrontendOptions): { close(): void } {
  const target = targetOf(options.backendUrl)
  const open = new Set<{ destroy(): void }>()
  server.server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    const refusal = guardRequest(request.headers, options)
    if (refusal) return refuseUpgrade(socket, refusal.status, refusal.reason)
    if (new URL(request.url ?? '/', 'http://page').pathname !== '/ws')
      return refuseUpgrade(socket, 404, 'only /ws is a WebSocket')
    const upstream = tunnelWebSocket(request, { socket, head, target })
    open.add(upstream)
    upstream.on('close', () => open.delete(upstream))
  })
  return {
    close() {
      for (const tunnel of open) tunnel.destroy()
    },
  }
}

function targetOf(backendUrl: string): TunnelTarget {
  const { hostname, port } = new URL(backendUrl)
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) }
}

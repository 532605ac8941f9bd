import helmet from '@fastify/helmet'
import websocket from '@fastify/websocket'
import type { Health, LivePoint, LiveState, LiveSystem } from '@radtune/core/contract'
import { type FastifyInstance, fastify } from 'fastify'
import type { WebSocket } from 'ws'
import { type GuardOptions, guardRequest } from '../http/index.ts'
import type { PastReading } from './reading-ring.ts'

export interface PublicServerOptions extends GuardOptions {
  health(): Health
  metrics(): Promise<string>
  state(pointLimit: number): LiveState
  /** Undefined when it was not told what to look at. */
  system(): LiveSystem | undefined
  alerts(): LivePoint[]
  readingsOf(sensor: string, limit: number): PastReading[] | undefined
  /** Whether one more WebSocket client can be taken. */
  hasRoom(): boolean
  onClient(socket: WebSocket): void
}

/** Points in one answer of `/api/state`. */
const STATE_POINTS = 5000
const SENSOR_READINGS = 100
const MAX_REQUEST_BYTES = 16 * 1024

/** The routes that a browser or a person uses. All of them only read. */
export async function createPublicServer(options: PublicServerOptions): Promise<FastifyInstance> {
  const server = fastify({
    bodyLimit: MAX_REQUEST_BYTES,
    routerOptions: { maxParamLength: 400 },
    forceCloseConnections: true,
  })
  // First, so that the socket of an upgrade that a later hook refuses is closed.
  await server.register(websocket, { options: { maxPayload: 1024, perMessageDeflate: false } })
  server.addHook('onRequest', async (request, reply) => {
    const refusal = guardRequest(request.headers, options)
    if (refusal) return reply.code(refusal.status).send({ error: refusal.reason })
  })
  await server.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
    },
    strictTransportSecurity: false,
  })
  server.addHook('onSend', async (_request, reply) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
  })

  for (const path of ['/health', '/ready']) {
    server.get(path, async (_request, reply) => {
      const health = options.health()
      return reply.code(health.healthy ? 200 : 503).send(health)
    })
  }
  server.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await options.metrics()),
  )
  server.get('/api/state', async () => options.state(STATE_POINTS))
  server.get('/api/system', async (_request, reply) => {
    const system = options.system()
    return system ?? reply.code(404).send({ error: 'this backend was not told what stack it belongs to' })
  })
  server.get('/api/alerts', async () => ({ alerts: options.alerts() }))
  server.get<{ Params: { id: string } }>('/api/sensors/:id/readings', async (request, reply) => {
    const sensor = request.params.id
    const readings = options.readingsOf(sensor, SENSOR_READINGS)
    if (!readings) return reply.code(404).send({ error: `no reading of ${JSON.stringify(sensor)} is held` })
    return { sensor, readings }
  })
  await server.register(async (scope) => {
    scope.addHook('preValidation', async (request, reply) => {
      if (!request.ws)
        return reply.code(426).header('upgrade', 'websocket').send({ error: '/ws speaks WebSocket' })
      if (!options.hasRoom()) return reply.code(503).send({ error: 'too many clients' })
    })
    scope.get('/ws', { websocket: true }, (socket) => options.onClient(socket))
  })
  return server
}

import {
  alertsSchema,
  apiErrorSchema,
  type Health,
  healthSchema,
  type LivePoint,
  type LiveState,
  type LiveSystem,
  liveStateSchema,
  liveSystemSchema,
  sensorReadingsSchema,
} from '@radtune/core/contract'
import type { FastifyInstance } from 'fastify'
import type { WebSocket } from 'ws'
import { z } from 'zod'
import { REFUSALS } from './api-document.ts'
import type { PastReading } from './reading-ring.ts'
import type { ResumePoint } from './resume-ring.ts'

export interface ReadRoutesOptions {
  health(): Health
  metrics(): Promise<string>
  state(pointLimit: number): LiveState
  /** Undefined when it was not told what to look at. */
  system(): LiveSystem | undefined
  alerts(): LivePoint[]
  readingsOf(sensor: string, limit: number): PastReading[] | undefined
  /** Whether one more WebSocket client can be taken. */
  hasRoom(): boolean
  /** A client has come, or come back with where it was. */
  onClient(socket: WebSocket, resume: ResumePoint | undefined): void
}

/** Points in one answer of `/api/state`. */
const STATE_POINTS = 5000
const SENSOR_READINGS = 100

/** The routes that only read. */
export function addReadRoutes(server: FastifyInstance, options: ReadRoutesOptions): void {
  addHealthRoutes(server, options)
  const tags = ['readings']
  server.get(
    '/api/state',
    {
      schema: {
        tags,
        summary: 'What is known now',
        description: `The latest reading of up to ${STATE_POINTS} sensors, the squares of the map when there are more, recent critical readings, counts and thresholds.`,
        response: { 200: liveStateSchema, ...REFUSALS },
      },
    },
    async () => options.state(STATE_POINTS),
  )
  server.get(
    '/api/system',
    {
      schema: {
        tags,
        summary: 'How the pipeline is as a whole',
        description:
          'Services, flow, lag, playback and what the tuning rules find, as far as the backend can see them.',
        response: {
          200: liveSystemSchema,
          404: apiErrorSchema.describe('This backend was not told what stack it belongs to'),
          ...REFUSALS,
        },
      },
    },
    async (_request, reply) =>
      options.system() ??
      reply.code(404).send({ error: 'this backend was not told what stack it belongs to' }),
  )
  server.get(
    '/api/alerts',
    {
      schema: {
        tags,
        summary: 'The newest critical readings',
        description: 'Newest first, each one that was received: nothing is left out for being repeated.',
        response: { 200: alertsSchema, ...REFUSALS },
      },
    },
    async () => ({ alerts: options.alerts() }),
  )
  server.get<{ Params: { id: string } }>(
    '/api/sensors/:id/readings',
    {
      schema: {
        tags,
        summary: 'The last readings of one sensor',
        description: `At most ${SENSOR_READINGS}, newest first, as far as they are still held.`,
        params: z.object({ id: z.string().describe('A `sensor` of the other routes, e.g. device:100') }),
        response: {
          200: sensorReadingsSchema,
          404: apiErrorSchema.describe('No reading of it is held'),
          ...REFUSALS,
        },
      },
    },
    async (request, reply) => {
      const sensor = request.params.id
      const readings = options.readingsOf(sensor, SENSOR_READINGS)
      if (!readings) return reply.code(404).send({ error: `no reading of ${JSON.stringify(sensor)} is held` })
      return { sensor, readings }
    },
  )
  addWebSocketRoute(server, options)
}

function addHealthRoutes(server: FastifyInstance, { health, metrics }: ReadRoutesOptions): void {
  const tags = ['health']
  for (const [path, summary] of [
    ['/health', 'Whether Kafka is reached and readings can arrive'],
    ['/ready', 'The same as /health'],
  ] as const) {
    server.get(
      path,
      {
        schema: {
          tags,
          summary,
          response: {
            200: healthSchema.describe('In order'),
            503: healthSchema.describe('Not in order, and why'),
            ...REFUSALS,
          },
        },
      },
      async (_request, reply) => {
        const now = health()
        return reply.code(now.healthy ? 200 : 503).send(now)
      },
    )
  }
  server.get(
    '/metrics',
    {
      schema: {
        tags,
        summary: 'Counters and gauges for Prometheus',
        response: {
          200: { description: 'Text of Prometheus', content: { 'text/plain': { schema: z.string() } } },
          ...REFUSALS,
        },
      },
    },
    async (_request, reply) => reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics()),
  )
}

const ABOUT_WS = `A WebSocket. The server sends JSON and the client nothing: a client that sends a message is put out (1008).

First comes a snapshot, as of /api/state; then a frame as soon as something has changed, at most one of 20 KB every 250 ms or several while
there are many critical readings, and one every 5 s when nothing changes (\`seq\` counts up by one). A frame has the newest reading of
each sensor that was heard of, every critical reading, and the squares of the map that changed while not every point has room. A client that
reads too slowly gets frames without points until it has caught up, then a snapshot; \`skippedFrames\` says so.

Who comes back with the \`session\` and the last \`seq\` that it got, gets the frames that it missed instead of a snapshot, as long as
the server still has them: for about a minute.`

function addWebSocketRoute(server: FastifyInstance, { hasRoom, onClient }: ReadRoutesOptions): void {
  server.addHook('preValidation', async (request, reply) => {
    if (request.routeOptions.url !== '/ws') return
    if (!request.ws)
      return reply.code(426).header('upgrade', 'websocket').send({ error: '/ws speaks WebSocket' })
    if (!hasRoom()) return reply.code(503).send({ error: 'too many clients' })
  })
  server.get<{ Querystring: { session?: string; seq?: string } }>(
    '/ws',
    {
      websocket: true,
      schema: {
        tags: ['readings'],
        summary: 'What happens, as it happens',
        description: ABOUT_WS,
        querystring: z.object({
          session: z.string().optional().describe('Of the snapshot that it got'),
          seq: z.string().optional().describe('Of the last message that it got'),
        }),
        response: {
          101: z.null().describe('The WebSocket is open'),
          426: apiErrorSchema.describe('Not asked for as a WebSocket'),
          503: apiErrorSchema.describe('There are too many clients'),
          ...REFUSALS,
        },
      },
    },
    (socket, { query: { session, seq } }) =>
      onClient(
        socket,
        session === undefined || seq === undefined ? undefined : { session, seq: Number(seq) },
      ),
  )
}

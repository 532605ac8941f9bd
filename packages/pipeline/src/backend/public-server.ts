import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import websocket from '@fastify/websocket'
import { type FastifyError, type FastifyInstance, fastify } from 'fastify'
import { validatorCompiler } from 'fastify-type-provider-zod'
import { type GuardOptions, guardRequest } from '../http/index.ts'
import { describeApi } from './api-document.ts'
import { addReadRoutes, type ReadRoutesOptions } from './read-routes.ts'
import { addWriteRoutes, type WriteRoutesOptions } from './write-routes.ts'

export interface PublicServerOptions extends GuardOptions, ReadRoutesOptions {
  /** Absent: nothing can be changed. */
  writes?: WriteRoutesOptions
}

const MAX_REQUEST_BYTES = 16 * 1024
/** Nobody has anything to say over the WebSocket. */
const MAX_MESSAGE_BYTES = 1024

/** The server that a browser or a person talks to, with all its routes, not yet listening. */
export async function createPublicServer(options: PublicServerOptions): Promise<FastifyInstance> {
  const server = fastify({
    bodyLimit: MAX_REQUEST_BYTES,
    routerOptions: { maxParamLength: 400 },
    forceCloseConnections: true,
  })
  server.setValidatorCompiler(validatorCompiler)
  // Schemas of answers are for the document: what is answered is our own, and is checked against them by tests.
  server.setSerializerCompiler(() => JSON.stringify)
  server.setErrorHandler((error: FastifyError, _request, reply) => {
    const { status, reason } = explain(error)
    return reply.code(status).send({ error: reason })
  })
  server.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .send({ error: `${request.method} ${request.url.slice(0, 100)} is not here; see /api/openapi.json` }),
  )
  server.removeContentTypeParser('text/plain')
  // First, so that the socket of an upgrade that a later hook refuses is closed.
  await server.register(websocket, { options: { maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false } })
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
  await server.register(rateLimit, { global: false })
  await describeApi(server)
  await server.register(async (scope) => addReadRoutes(scope, options))
  const { writes } = options
  if (writes) await server.register(async (scope) => addWriteRoutes(scope, writes))
  return server
}

/** What went wrong with a request, in a sentence for who sent it. */
function explain(error: FastifyError): { status: number; reason: string } {
  const status = error.statusCode ?? 500
  switch (status) {
    case 400:
      return {
        status,
        reason: error.validation ? `the request is not as described: ${error.message}` : error.message,
      }
    case 413:
      return { status, reason: `a request may have at most ${MAX_REQUEST_BYTES / 1024} KiB` }
    case 415:
      return { status, reason: 'the body must be JSON, sent as content-type: application/json' }
    default:
      return { status, reason: status < 500 ? error.message : 'the backend failed to answer; see its log' }
  }
}

import swagger from '@fastify/swagger'
import { apiErrorSchema } from '@radtune/core/contract'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform } from 'fastify-type-provider-zod'
import { z } from 'zod'

/** What any route may answer to a request that it must not serve. */
export const REFUSALS = {
  403: apiErrorSchema.describe('Sent by a page of another origin'),
  421: apiErrorSchema.describe('Sent to a name that is not one of this server'),
}

const ABOUT = `What the backend of a radtune pipeline says and takes.

Reading needs nothing but to reach it. A page must come from an allowed origin, and the name that it is asked by must be one of its
own: both are checked on every request. Changing a setting needs the token of the server, unless it is published on loopback and has
none. Every refusal is {"error": "a sentence"}.`

/** Makes the OpenAPI document of the routes that are added afterwards, of their own schemas, and serves it. */
export async function describeApi(server: FastifyInstance): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'radtune backend',
        version: '1',
        description: ABOUT,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      tags: [
        { name: 'health', description: 'Whether it works, for machines' },
        { name: 'readings', description: 'What it has received' },
        { name: 'settings', description: 'How the pipeline runs' },
      ],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    },
    // The WebSocket's plugin hides its routes; what is said of this one is meant to be read.
    transform: ({ schema, ...rest }) =>
      jsonSchemaTransform({ ...rest, schema: schema && { ...schema, hide: false } }),
  })
  server.get(
    '/api/openapi.json',
    {
      schema: {
        tags: ['health'],
        summary: 'This document',
        response: {
          200: z.looseObject({ openapi: z.string() }).describe('An OpenAPI document'),
          ...REFUSALS,
        },
      },
    },
    async () => server.swagger(),
  )
}

import {
  apiErrorSchema,
  playbackSpeedWriteSchema,
  playbackSpeedWrittenSchema,
  type SettingWritten,
  settingWriteSchema,
  settingWrittenSchema,
} from '@radtune/core/contract'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { guardWrite, type WriteAccess } from '../http/index.ts'
import type { SettingWriter, WriteOutcome } from '../live-settings/index.ts'
import { REFUSALS } from './api-document.ts'

export interface WriteRoutesOptions {
  access: WriteAccess
  writeSetting: SettingWriter
  /** Writes that one address may ask for in a minute. */
  writesPerMinute?: number
}

/** More than a person with a slider asks for, and little for who guesses tokens. */
const WRITES_PER_MINUTE = 60

const FAILURES = {
  400: apiErrorSchema.describe(
    'The body is not as described, or the value is out of range or contradicts another',
  ),
  401: apiErrorSchema.describe('The token is missing or wrong'),
  409: apiErrorSchema.describe('The setting does not change while the pipeline runs'),
  413: apiErrorSchema.describe('The body is too long'),
  415: apiErrorSchema.describe('The body is not sent as JSON'),
  429: apiErrorSchema.describe('Too many changes in a minute'),
  503: apiErrorSchema.describe('Kafka does not take it'),
  ...REFUSALS,
}

/** The routes that change how the pipeline runs, through the settings topic. */
export function addWriteRoutes(server: FastifyInstance, options: WriteRoutesOptions): void {
  const { access, writeSetting } = options
  // Before the body is read, and after it was counted, so that tokens cannot be guessed quickly.
  server.addHook('preParsing', async (request, reply) => {
    const refusal = guardWrite(request.headers.authorization, access)
    if (!refusal) return
    if (refusal.status === 401) reply.header('www-authenticate', 'Bearer')
    return reply.code(refusal.status).send({ error: refusal.reason })
  })
  const config = { rateLimit: rateLimitOf(options) }
  const tags = ['settings']
  const security = [{ token: [] }]
  const ABOUT =
    'The setting is written to the settings topic; it is in force once the services report the revision. `radtune up` keeps it.'
  server.put<{ Params: { key: string }; Body: z.infer<typeof settingWriteSchema> }>(
    '/api/settings/:key',
    {
      config,
      schema: {
        tags,
        security,
        summary: 'Changes a live setting',
        description: ABOUT,
        params: z.object({ key: z.string().describe('Of a live setting, e.g. provider.rate') }),
        body: settingWriteSchema,
        response: {
          202: settingWrittenSchema,
          404: apiErrorSchema.describe('There is no such setting'),
          ...FAILURES,
        },
      },
    },
    async ({ params, body }, reply) => answer(reply, await writeSetting(params.key, body.value)),
  )
  server.post<{ Body: z.infer<typeof playbackSpeedWriteSchema> }>(
    '/api/playback_speed',
    {
      config,
      schema: {
        tags,
        security,
        summary: 'Changes provider.playbackSpeed',
        description: `${ABOUT} 0 paces by provider.rate. The form of the reference system.`,
        body: playbackSpeedWriteSchema,
        response: { 202: playbackSpeedWrittenSchema, ...FAILURES },
      },
    },
    async ({ body }, reply) => {
      const outcome = await writeSetting('provider.playbackSpeed', body.playback_speed)
      return answer(reply, outcome, ({ value }) => ({ playback_speed: value }))
    },
  )
}

function rateLimitOf({ writesPerMinute = WRITES_PER_MINUTE }: WriteRoutesOptions) {
  return {
    max: writesPerMinute,
    timeWindow: 60_000,
    errorResponseBuilder: (_request: unknown, { after }: { after: string }) =>
      Object.assign(new Error(`more than ${writesPerMinute} changes in a minute; try again in ${after}`), {
        statusCode: 429,
      }),
  }
}

function answer(
  reply: FastifyReply,
  outcome: WriteOutcome,
  more: (written: SettingWritten) => object = () => ({}),
): FastifyReply {
  if (outcome.ok) return reply.code(202).send({ ...outcome.written, ...more(outcome.written) })
  return reply.code(STATUS[outcome.fails]).send({ error: outcome.problem })
}

const STATUS = { unknown: 404, 'not-live': 409, invalid: 400, kafka: 503 } as const

import {
  backendSampleSchema,
  healthSchema,
  providerSampleSchema,
  type SettingsReport,
  settingsReportSchema,
  workerSampleSchema,
} from '@radtune/core/contract'
import { known, type Reading, unknown } from '@radtune/core/metrics'
import { z } from 'zod'
import type { StatsSource } from '../../ports/stats.ts'
import { getText, TooLate } from './get-text.ts'

const TIMEOUT_MS = 2_000
/** An answer without its history is a few kilobytes; whatever listens there instead may send for ever. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024
/** 15 minutes of a worker with 16 slots. */
const MAX_HISTORY_BYTES = 64 * 1024 * 1024
const HISTORY_TIMEOUT_MS = 10_000

/** Asks the services of the pipeline on 127.0.0.1. Nothing is thrown: silence, an error or a strange answer is the why of the Reading. */
export function createHttpStats({
  now,
  timeoutMs = TIMEOUT_MS,
}: {
  now: () => number
  timeoutMs?: number
}): StatsSource {
  const sample = <Sample>(port: number, schema: z.ZodType<Sample>) =>
    ask(`http://127.0.0.1:${port}/stats?history=0`, { now, timeoutMs, schema: current(schema) })
  const history = <Sample>(port: number, schema: z.ZodType<Sample>) =>
    ask(`http://127.0.0.1:${port}/stats?history=thin`, {
      now,
      timeoutMs: HISTORY_TIMEOUT_MS,
      schema: historyOf(schema),
      maxBytes: MAX_HISTORY_BYTES,
    })
  return {
    worker: (port) => sample(port, workerSampleSchema),
    provider: (port) => sample(port, providerSampleSchema),
    backend: (port) => sample(port, backendSampleSchema),
    workerHistory: (port) => history(port, workerSampleSchema),
    providerHistory: (port) => history(port, providerSampleSchema),
    backendHistory: (port) => history(port, backendSampleSchema),
    settings: (port) => sample(port, settingsOfSample),
    health: (port) =>
      // 503 carries a reason too: unhealthy is an answer, not silence.
      ask(`http://127.0.0.1:${port}/health`, { now, timeoutMs, schema: healthSchema, accept: [200, 503] }),
  }
}

const settingsOfSample = z
  .object({ settings: settingsReportSchema })
  .transform(({ settings }) => settings) as unknown as z.ZodType<SettingsReport>

interface Question<Answer> {
  now: () => number
  timeoutMs: number
  schema: z.ZodType<Answer>
  accept?: readonly number[]
  maxBytes?: number
}

async function ask<Answer>(
  url: string,
  { now, timeoutMs, schema, accept = [200], maxBytes = MAX_ANSWER_BYTES }: Question<Answer>,
): Promise<Reading<Answer>> {
  const address = URL.parse(url)
  if (!address) return unknown(`${url} is no address`)
  try {
    const said = await getText(address, { timeoutMs, maxBytes, accept })
    if (!said.accepted) return unknown(`${address.host} answered ${said.status} to ${address.pathname}`)
    const answer = schema.safeParse(JSON.parse(said.text))
    return answer.success
      ? known(answer.data, now())
      : unknown(`${address.host} answered something else than expected: ${firstIssue(answer.error)}`)
  } catch (error) {
    return unknown(whyNot(error, address, timeoutMs))
  }
}

function current<Sample>(schema: z.ZodType<Sample>): z.ZodType<Sample> {
  return z.object({ current: schema }).transform((answer) => answer.current) as unknown as z.ZodType<Sample>
}

/** Samples of another shape, as of an older version, are left out, not the whole history. */
function historyOf<Sample>(schema: z.ZodType<Sample>): z.ZodType<Sample[]> {
  return z.object({ history: z.array(z.unknown()) }).transform(({ history }) =>
    history.flatMap((one) => {
      const read = schema.safeParse(one)
      return read.success ? [read.data] : []
    }),
  ) as unknown as z.ZodType<Sample[]>
}

function firstIssue({ issues }: z.ZodError): string {
  const issue = issues[0]
  return issue ? `${issue.path.join('.') || 'the answer'}: ${issue.message}` : 'unreadable'
}

function whyNot(error: unknown, { host }: URL, timeoutMs: number): string {
  if (error instanceof TooLate) return `${host} did not answer within ${timeoutMs} ms`
  if (error instanceof SyntaxError) return `${host} did not answer with JSON`
  if (!(error instanceof Error)) return `${host}: ${String(error)}`
  if ('code' in error && error.code === 'ECONNREFUSED') return `nothing listens on ${host}`
  return `${host}: ${error.message}`
}

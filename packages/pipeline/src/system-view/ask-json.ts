import { Agent, type IncomingMessage, request } from 'node:http'
import type { z } from 'zod'

/** What came of a question: what was told and when, nothing in time, or something that nobody can make sense of. */
export type Answer<Value> =
  | { kind: 'told'; value: Value; at: number }
  | { kind: 'silent'; why: string }
  | { kind: 'strange'; why: string }

export interface Question<Value> {
  path: string
  schema: z.ZodType<Value>
  /** Statuses whose answers are read. */
  accept: readonly number[]
}

/** Asks host:port for JSON. Never throws. */
export type AskJson = <Value>(address: string, question: Question<Value>) => Promise<Answer<Value>>

const TIMEOUT_MS = 2_000
/** An answer without its history is a few kilobytes; whatever listens there instead may send for ever. */
const MAX_ANSWER_BYTES = 1024 * 1024

/** Asks over HTTP, over one connection to each address that is kept for the next question. */
export function createHttpAsk({ now, timeoutMs = TIMEOUT_MS }: { now: () => number; timeoutMs?: number }): {
  ask: AskJson
  close(): void
} {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 2 })
  return {
    async ask(address, { path, schema, accept }) {
      try {
        const { status, text } = await get(`http://${address}${path}`, { agent, timeoutMs })
        if (!accept.includes(status)) return strange(`${address} answered ${status} to ${path}`)
        const read = schema.safeParse(JSON.parse(text))
        if (read.success) return { kind: 'told', value: read.data, at: now() }
        const [issue] = read.error.issues
        return strange(
          `${address} answered something else than expected: ${issue?.path.join('.') || 'the answer'}: ${issue?.message}`,
        )
      } catch (error) {
        if (error instanceof SyntaxError) return strange(`${address} did not answer with JSON`)
        if (error instanceof TooLong) return strange(`${address} answered too much`)
        if (error instanceof TooLate)
          return { kind: 'silent', why: `${address} did not answer within ${timeoutMs / 1000} s` }
        return { kind: 'silent', why: whyNot(error, address) }
      }
    },
    close: () => agent.destroy(),
  }
}

function get(
  url: string,
  { agent, timeoutMs }: { agent: Agent; timeoutMs: number },
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    // Services answer by the names of loopback, whatever the network calls them.
    const asked = request(url, { agent, headers: { host: 'localhost' } }, (response) => {
      read(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), fail)
    })
    const timer = setTimeout(() => fail(new TooLate()), timeoutMs)
    const fail = (error: Error) => {
      reject(error)
      asked.destroy()
    }
    asked.once('error', fail)
    asked.once('close', () => clearTimeout(timer))
    asked.end()
  })
}

function read(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => {
      text += chunk
      if (text.length > MAX_ANSWER_BYTES) reject(new TooLong())
    })
    response.once('end', () => resolve(text))
    response.once('error', reject)
  })
}

class TooLate extends Error {}
class TooLong extends Error {}

function strange(why: string): { kind: 'strange'; why: string } {
  return { kind: 'strange', why }
}

function whyNot(error: unknown, address: string): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ECONNREFUSED') return `nothing listens on ${address}`
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `there is no ${address}`
  return `${address}: ${message}`
}

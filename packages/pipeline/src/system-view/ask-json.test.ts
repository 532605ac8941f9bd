import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { type Answer, createHttpAsk } from './ask-json.ts'

const closers: (() => unknown)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** What is made of an answer of a real server. */
async function askOne(respond: (response: ServerResponse) => void): Promise<Answer<{ healthy: boolean }>> {
  const server = createServer((_request, response) => respond(response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(
    () => server.closeAllConnections(),
    () => server.close(),
  )
  return await ask(`127.0.0.1:${(server.address() as AddressInfo).port}`)
}

function ask(address: string) {
  const http = createHttpAsk({ now: () => 7, timeoutMs: 200 })
  closers.push(http.close)
  const schema = z.object({ healthy: z.boolean() })
  return http.ask(address, { path: '/health', schema, accept: [200, 503] })
}

test('what was asked for is told, with a status that is read', async () => {
  const told = await askOne((response) => response.writeHead(503).end('{"healthy":false}'))
  expect(told).toEqual({ kind: 'told', value: { healthy: false }, at: 7 })
})

test.each<[string, (response: ServerResponse) => void, Answer<never>['kind'], RegExp]>([
  ['another status', (response) => response.writeHead(404).end('{}'), 'strange', /answered 404 to \/health$/],
  ['no JSON', (response) => response.end('<html>'), 'strange', /did not answer with JSON$/],
  ['other JSON', (response) => response.end('{"healthy":"yes"}'), 'strange', /healthy: /],
  ['an answer without end', (response) => flood(response), 'strange', /answered too much$/],
  ['nothing', () => undefined, 'silent', /did not answer within 0\.2 s$/],
  ['half an answer', (response) => response.write('{"heal'), 'silent', /did not answer within 0\.2 s$/],
  ['an answer that breaks off', (response) => breakOff(response), 'silent', /aborted|hang up/],
])('%s is no answer', async (_, respond, kind, why) => {
  const answer = await askOne(respond)
  expect(answer).toEqual({ kind, why: expect.stringMatching(why) })
})

test('nobody is silent, with the address', async () => {
  expect(await ask('127.0.0.1:1')).toEqual({ kind: 'silent', why: 'nothing listens on 127.0.0.1:1' })
})

function flood(response: ServerResponse): void {
  while (response.write('x'.repeat(64 * 1024)));
  response.once('drain', () => flood(response))
}

function breakOff(response: ServerResponse): void {
  response.write('{"heal', () => response.destroy())
}

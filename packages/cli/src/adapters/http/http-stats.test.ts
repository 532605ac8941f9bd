import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createHttpStats } from './http-stats.ts'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return (server.address() as AddressInfo).port
}

const provider = {
  at: 1,
  service: 'provider',
  pid: 7,
  uptimeMs: 1000,
  rssBytes: 1,
  cpuMs: 1,
  settingsRevision: null,
  state: 'running',
  source: 'generator',
  targetPerSecond: 1000,
  recordsPerSecond: 999,
  read: 10,
  published: 10,
  skipped: 0,
  malformed: 0,
  malformedLines: [],
  replacedBytes: 0,
  queuedBytes: 0,
  backPressuredMs: 0,
}

const stats = createHttpStats({ now: () => 42, timeoutMs: 300 })

test('reads the newest sample without its history', async () => {
  const asked: (string | undefined)[] = []
  const port = await serve((request, response) => {
    asked.push(request.url)
    response.end(JSON.stringify({ schema: 'radtune.stats/1', current: provider, history: [] }))
  })
  expect(await stats.provider(port)).toEqual({ known: true, value: provider, at: 42 })
  expect(asked).toEqual(['/stats?history=0'])
})

test('asks again over the same connection, and over a new one when that was closed', async () => {
  const answer = JSON.stringify({ schema: 'radtune.stats/1', current: provider, history: [] })
  const port = await serve((_, response) => response.end(answer))
  const [server] = servers
  let connections = 0
  server?.on('connection', () => {
    connections += 1
  })
  for (let count = 0; count < 3; count += 1) expect(await stats.provider(port)).toMatchObject({ known: true })
  expect(connections).toBe(1)
  server?.closeAllConnections()
  await expect.poll(() => stats.provider(port)).toMatchObject({ known: true })
  expect(connections).toBe(2)
})

test('reads what a service remembers, without the samples that have another shape', async () => {
  const asked: (string | undefined)[] = []
  const port = await serve((request, response) => {
    asked.push(request.url)
    const history = [
      { ...provider, at: 1 },
      { at: 2, of: 'an older version' },
      { ...provider, at: 3 },
    ]
    response.end(JSON.stringify({ schema: 'radtune.stats/1', current: provider, history }))
  })
  expect(await stats.providerHistory(port)).toMatchObject({ known: true, value: [{ at: 1 }, { at: 3 }] })
  expect(asked).toEqual(['/stats?history=thin'])
  expect(await stats.workerHistory(port)).toEqual({ known: true, value: [], at: 42 })
})

test('reads the live settings of any service, and takes none for a why', async () => {
  const settings = { revision: 3, applied: { 'provider.rate': 5 }, rejected: [], problem: null }
  let current: object = { ...provider, settings }
  const port = await serve((_, response) => {
    response.end(JSON.stringify({ schema: 'radtune.stats/1', current, history: [] }))
  })
  expect(await stats.settings(port)).toEqual({ known: true, value: settings, at: 42 })
  current = provider
  expect(await stats.settings(port)).toMatchObject({ known: false })
})

test('takes an unhealthy answer for an answer', async () => {
  const port = await serve((_, response) => {
    response.statusCode = 503
    response.end(JSON.stringify({ healthy: false, reason: 'no partition is assigned' }))
  })
  expect(await stats.health(port)).toMatchObject({
    known: true,
    value: { healthy: false, reason: 'no partition is assigned' },
  })
})

test.each<[string, RequestListener, RegExp]>([
  ['silence', () => undefined, /did not answer within 300 ms/],
  ['an error', (_, response) => response.writeHead(500).end(), /answered 500 to \/stats/],
  ['a page', (_, response) => response.end('<html>'), /did not answer with JSON/],
  [
    'another shape',
    (_, response) => response.end('{"current":{"at":"now"}}'),
    /something else than expected: current/,
  ],
  [
    'no sample yet',
    (_, response) => response.end('{"current":null,"history":[]}'),
    /something else than expected/,
  ],
  [
    'another place',
    (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    /127\.0\.0\.1/,
  ],
  ['an endless answer', (_, response) => flood(response), /more than 4 MiB|did not answer within/],
])('makes a why of %s', async (_, listener, why) => {
  const reading = await stats.provider(await serve(listener))
  expect(reading).toEqual({ known: false, why: expect.stringMatching(why) })
})

test('makes a why of nobody listening, and of a port that cannot be', async () => {
  const port = await serve(() => undefined)
  const [server] = servers
  await new Promise((closed) => server?.close(closed))
  expect(await stats.backend(port)).toEqual({ known: false, why: `nothing listens on 127.0.0.1:${port}` })
  expect(await stats.worker(-1)).toMatchObject({ known: false })
})

function flood(response: {
  write(chunk: string): boolean
  once(event: 'drain', more: () => void): unknown
  destroyed: boolean
}): void {
  const chunk = 'x'.repeat(1024 * 1024)
  const more = () => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once('drain', more)
  }
  more()
}

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { processSample } from './process-sample.ts'
import { type StatsServerOptions, startStatsServer } from './start-stats-server.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function start(options: Partial<StatsServerOptions<{ count: number }>> = {}) {
  let count = 0
  const server = await startStatsServer({
    address: '127.0.0.1:0',
    sample: () => {
      count += 1
      return { count }
    },
    health: () => ({ healthy: true, reason: null }),
    metrics: async () => 'radtune_x 1\n',
    ...options,
  })
  closers.push(server.close)
  return `http://127.0.0.1:${server.port}`
}

test('answers the current sample and the history, oldest first', async () => {
  const url = await start({ sampleEveryMs: 2 })
  await vi.waitFor(async () => {
    const stats = await (await fetch(`${url}/stats`)).json()
    expect(stats.schema).toBe('radtune.stats/1')
    expect(stats.history.length).toBeGreaterThan(3)
    const counts = stats.history.map((sample: { count: number }) => sample.count)
    expect(counts).toEqual(counts.toSorted((a: number, b: number) => a - b))
    expect(stats.current.count).toBeGreaterThan(counts.at(-1))
  })
  expect((await (await fetch(`${url}/stats?history=0`)).json()).history).toEqual([])
})

test('keeps no more than 900 samples', async () => {
  let count = 0
  const url = await start({
    sampleEveryMs: 0,
    sample: () => {
      count += 1
      return { count }
    },
  })
  await vi.waitFor(() => expect(count).toBeGreaterThan(1000), { timeout: 15_000 })
  expect((await (await fetch(`${url}/stats`)).json()).history).toHaveLength(900)
  // All of this happened within a second or a few: of those that are not the newest, the ones of each fifth second are left.
  const { history } = await (await fetch(`${url}/stats?history=thin`)).json()
  expect(history.length).toBeGreaterThanOrEqual(150)
  expect(history.length).toBeLessThanOrEqual(900)
})

test('health is 503 with its reason, and metrics are text', async () => {
  const url = await start({ health: () => ({ healthy: false, reason: 'no answer from Kafka for 20 s' }) })
  const health = await fetch(`${url}/health`)
  expect([health.status, await health.json()]).toEqual([
    503,
    { healthy: false, reason: 'no answer from Kafka for 20 s' },
  ])
  const metrics = await fetch(`${url}/metrics`)
  expect(metrics.headers.get('content-type')).toContain('text/plain')
  expect(await metrics.text()).toBe('radtune_x 1\n')
})

test('a failing collector is an answer, not a crash', async () => {
  const url = await start({ metrics: () => Promise.reject(new Error('no numbers')) })
  const response = await fetch(`${url}/metrics`)
  expect([response.status, await response.json()]).toEqual([500, { error: 'no numbers' }])
  expect((await fetch(`${url}/health`)).status).toBe(200)
})

test('refuses writes and unknown paths', async () => {
  const url = await start()
  expect((await fetch(`${url}/stats`, { method: 'POST' })).status).toBe(405)
  expect((await fetch(`${url}/etc/passwd`)).status).toBe(404)
})

test('a taken port is said by its code', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  closers.push(async () => other.close())
  await new Promise((resolve) => other.once('listening', resolve))
  const { port } = other.address() as AddressInfo
  await expect(start({ address: `127.0.0.1:${port}` })).rejects.toMatchObject({ code: 'RT-LOCAL-007' })
})

test.each(['9100', 'localhost', '127.0.0.1:', '127.0.0.1:99999', '::1:80', ''])(
  'refuses %j as an address',
  async (address) => {
    await expect(start({ address })).rejects.toMatchObject({ code: 'RT-SET-001' })
  },
)

test('the process sample has the numbers of this process', () => {
  const settings = { revision: 17, applied: { 'thresholds.high': 200 }, rejected: [], problem: null }
  const sample = processSample('backend', { now: () => 5 })(settings)
  expect(sample).toMatchObject({
    at: 5,
    service: 'backend',
    pid: process.pid,
    settingsRevision: 17,
    settings,
  })
  expect(sample.rssBytes).toBeGreaterThan(1_000_000)
  expect(sample.cpuMs).toBeGreaterThan(0)
})

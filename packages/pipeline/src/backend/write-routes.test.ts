import { playbackSpeedWrittenSchema, settingWrittenSchema } from '@radtune/core/contract'
import { liveSettings, settings } from '@radtune/core/settings'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { type Closers, memoryWriter, startTestBackend } from '../../test/running-backend.ts'
import type { WriteRoutesOptions } from './write-routes.ts'

const closers: Closers = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const LOOPBACK = { publishedHost: '127.0.0.1' }
const TOKEN = 'a-token-of-32-characters-or-more'

async function start(options: Partial<WriteRoutesOptions> = {}) {
  const writer = memoryWriter()
  const { url } = await startTestBackend(closers, {
    writes: { access: LOOPBACK, writeSetting: writer.writeSetting, writesPerMinute: 100_000, ...options },
  })
  const ask = async (
    method: string,
    path: string,
    { body, headers = {} }: { body?: string | undefined; headers?: Record<string, string> } = {},
  ) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body }),
    })
    return { status: response.status, body: await response.json(), headers: response.headers }
  }
  const put = (key: string, body: string, headers?: Record<string, string>) =>
    ask('PUT', `/api/settings/${encodeURIComponent(key)}`, { body, ...(headers ? { headers } : {}) })
  return { writer, url, ask, put }
}

describe('a setting that is written', () => {
  test('is answered with 202, its value in the unit of the table, and its revision', async () => {
    const { put, writer } = await start()
    const rate = await put('provider.rate', '{"value": 5000}')
    expect([rate.status, settingWrittenSchema.parse(rate.body)]).toEqual([
      202,
      { key: 'provider.rate', value: 5000, revision: 1 },
    ])
    expect((await put('producer.main.linger', '{"value": "20ms"}')).body.value).toBe(20)
    expect((await put('provider.playback', '{"value": "pause"}')).status).toBe(202)
    expect([...writer.written]).toEqual([
      ['provider.rate', 5000],
      ['producer.main.linger', 20],
      ['provider.playback', 'pause'],
    ])
  })

  test('is the playback speed in the form of the reference system', async () => {
    const { ask, writer } = await start()
    const { status, body } = await ask('POST', '/api/playback_speed', { body: '{"playback_speed": 2.5}' })
    expect([status, playbackSpeedWrittenSchema.parse(body)]).toEqual([
      202,
      { key: 'provider.playbackSpeed', value: 2.5, revision: 1, playback_speed: 2.5 },
    ])
    expect(writer.written.get('provider.playbackSpeed')).toBe(2.5)
  })

  test.each([
    ['provider.rate', '{"value": -1}', 400, 'provider.rate: -1/s is not between 0/s and 10,000,000/s'],
    ['provider.rate', '{"value": "fast"}', 400, 'provider.rate: "fast" is not a number'],
    ['provider.playback', '{"value": "stop"}', 400, 'provider.playback: "stop" is not one of run, pause'],
    ['provider.rate', '{"rate": 1}', 400, /^the request is not as described: body/],
    ['provider.rate', '{"value": null}', 400, /^the request is not as described: body/],
    ['provider.rate', '{"value": 1, "more": 2}', 400, /^the request is not as described: body/],
    ['provider.rate', '[]', 400, /^the request is not as described: body/],
    ['provider.rate', '', 400, /./],
    ['provider.rate', '{"value"', 400, /./],
    ['provider.rate', '{"__proto__": {"value": 1}}', 400, /./],
    ['provider.rat', '{"value": 1}', 404, '"provider.rat" is not a setting; did you mean provider.rate?'],
    ['no.such.thing', '{"value": 1}', 404, '"no.such.thing" is not a setting'],
    ['__proto__', '{"value": 1}', 404, '"__proto__" is not a setting'],
    [
      'kafka.heap',
      '{"value": "1GiB"}',
      409,
      /^kafka\.heap does not change while the pipeline runs .*radtune set/,
    ],
  ])('is refused when it cannot be: %s %s', async (key, body, status, error) => {
    const { put, writer } = await start()
    const answer = await put(key, body)
    expect(answer.status).toBe(status)
    expect(answer.body).toEqual({
      error: typeof error === 'string' ? error : expect.stringMatching(error),
    })
    expect(writer.written.size).toBe(0)
  })

  test('is refused when it contradicts what is in force', async () => {
    const { put, writer } = await start()
    writer.written.set('thresholds.high', 200).set('thresholds.critical', 1000)
    const { status, body } = await put('thresholds.moderate', '{"value": 300}')
    expect([status, body.error]).toEqual([400, 'thresholds.moderate 300 is above thresholds.high 200'])
    expect((await put('thresholds.moderate', '{"value": 200}')).status).toBe(202)
  })

  test('is refused in words when it is too long, no JSON, or Kafka does not take it', async () => {
    const { put, writer, ask } = await start()
    const long = await put('provider.rate', JSON.stringify({ value: 'x'.repeat(20_000) }))
    expect([long.status, long.body]).toEqual([413, { error: 'a request may have at most 16 KiB' }])
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml']) {
      const { status, body } = await ask('PUT', '/api/settings/provider.rate', {
        body: '{"value": 1}',
        headers: { 'content-type': type },
      })
      expect([status, body.error]).toEqual([415, expect.stringContaining('application/json')])
    }
    writer.down = true
    const down = await put('provider.rate', '{"value": 1}')
    expect([down.status, down.body]).toEqual([503, { error: 'Kafka is away' }])
    expect(writer.written.size).toBe(0)
  })

  test('is not asked for too often', async () => {
    const { put, ask } = await start({ writesPerMinute: 3 })
    for (let n = 1; n <= 3; n += 1) expect((await put('provider.rate', `{"value": ${n}}`)).status).toBe(202)
    const { status, body, headers } = await put('provider.rate', '{"value": 4}')
    expect([status, body.error]).toEqual([
      429,
      expect.stringMatching(/^more than 3 changes in a minute; try again in /),
    ])
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    for (let n = 0; n < 10; n += 1) expect((await ask('GET', '/api/alerts')).status).toBe(200)
  })
})

describe('who may write', () => {
  test('no page of another origin, and nobody under another name', async () => {
    const { put, writer, url } = await start()
    const foreign = await put('provider.rate', '{"value": 1}', { origin: 'http://evil.example' })
    expect([foreign.status, foreign.body.error]).toEqual([403, expect.stringContaining('evil.example')])
    const other = await put('provider.rate', '{"value": 1}', { origin: 'http://127.0.0.1:1' })
    expect(other.status).toBe(403)
    const preflight = await fetch(`${url}/api/settings/provider.rate`, {
      method: 'OPTIONS',
      headers: { origin: 'http://evil.example', 'access-control-request-method': 'PUT' },
    })
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull()
    expect(writer.written.size).toBe(0)
    expect((await put('provider.rate', '{"value": 1}', { origin: url })).status).toBe(202)
  })

  test('nobody, when it is published beyond this machine and has no token', async () => {
    const { put, ask } = await start({ access: { publishedHost: '0.0.0.0' } })
    const { status, body } = await put('provider.rate', '{"value": 1}')
    expect([status, body.error]).toEqual([403, expect.stringContaining('set RADTUNE_TOKEN')])
    expect((await ask('GET', '/api/state')).status).toBe(200)
  })

  test.each([
    [undefined, 401],
    ['', 401],
    ['Bearer', 401],
    [`Bearer ${TOKEN}x`, 401],
    [`Bearer ${TOKEN.slice(0, -1)}`, 401],
    [`Basic ${TOKEN}`, 401],
    [`Bearer ${TOKEN}`, 202],
    [`bearer  ${TOKEN}`, 202],
  ])('who has the token, when there is one: %s', async (authorization, status) => {
    for (const publishedHost of ['0.0.0.0', '127.0.0.1']) {
      const { put, ask } = await start({ access: { publishedHost, token: TOKEN } })
      const answer = await put('provider.rate', '{"value": 1}', authorization ? { authorization } : {})
      expect(answer.status).toBe(status)
      if (status === 401) expect(answer.headers.get('www-authenticate')).toBe('Bearer')
      expect((await ask('GET', '/api/alerts')).status).toBe(200)
    }
  })

  test('nobody, when there is no way to write', async () => {
    const { url } = await startTestBackend(closers)
    const response = await fetch(`${url}/api/settings/provider.rate`, { method: 'PUT' })
    expect(response.status).toBe(404)
  })
})

test('whatever is sent, the answer is 202 for a value of the table and a sentence for anything else', async () => {
  const { ask, writer } = await start()
  const keys = fc.oneof(fc.constantFrom(...Object.keys(settings)), fc.string({ minLength: 1, maxLength: 60 }))
  const bodies = fc.oneof(
    fc
      .record({ value: fc.oneof(fc.double(), fc.integer(), fc.string({ maxLength: 120 })) })
      .map((one) => JSON.stringify(one)),
    fc.json(),
    fc.string(),
  )
  await fc.assert(
    fc.asyncProperty(keys, bodies, async (key, body) => {
      const before = writer.written.size
      const { status, body: answer } = await ask('PUT', `/api/settings/${encodeURIComponent(key)}`, { body })
      if (status === 202) {
        expect(liveSettings).toContain(settingWrittenSchema.parse(answer).key)
        expect(writer.written.get(answer.key)).toBe(answer.value)
      } else {
        expect([400, 404, 409]).toContain(status)
        expect(answer.error).toMatch(/./)
        expect(writer.written.size).toBe(before)
      }
    }),
    { numRuns: 200 },
  )
  await fc.assert(
    fc.asyncProperty(bodies, async (body) => {
      const { status, body: answer } = await ask('POST', '/api/playback_speed', { body })
      expect([202, 400]).toContain(status)
      expect(answer.error ?? answer.playback_speed).toBeDefined()
    }),
    { numRuns: 100 },
  )
})

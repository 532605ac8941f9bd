import { Validator } from '@seriousme/openapi-schema-validator'
import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { outputRecord } from '../../test/fake-readings.ts'
import { type Closers, memoryWriter, startTestBackend } from '../../test/running-backend.ts'

const closers: Closers = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

interface Operation {
  summary?: string
  parameters?: { name: string }[]
  requestBody?: { content: Record<string, { schema: object }> }
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>
  security?: object[]
}
interface OpenApi {
  openapi: string
  paths: Record<string, Record<string, Operation>>
}

async function start() {
  const { writeSetting } = memoryWriter()
  const backend = await startTestBackend(closers, {
    writes: { access: { publishedHost: '127.0.0.1' }, writeSetting },
    limits: { snapshotPoints: 1 },
  })
  const document = (await (await fetch(`${backend.url}/api/openapi.json`)).json()) as OpenApi
  return { ...backend, document }
}

test('the document is valid OpenAPI, and every route is in it with a summary', async () => {
  const { document } = await start()
  const { valid, errors } = await new Validator().validate(structuredClone(document) as never)
  expect(errors).toBeUndefined()
  expect(valid).toBe(true)
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect(routes.sort()).toEqual([
    'GET /api/alerts',
    'GET /api/openapi.json',
    'GET /api/sensors/{id}/readings',
    'GET /api/state',
    'GET /api/system',
    'GET /health',
    'GET /metrics',
    'GET /ready',
    'GET /ws',
    'POST /api/playback_speed',
    'PUT /api/settings/{key}',
  ])
  for (const operation of Object.values(document.paths).flatMap((methods) => Object.values(methods))) {
    expect(operation.summary).toMatch(/./)
    for (const { description } of Object.values(operation.responses)) expect(description).toMatch(/./)
  }
  for (const operation of [
    document.paths['/api/playback_speed']?.post,
    document.paths['/api/settings/{key}']?.put,
  ])
    expect(operation?.security).toEqual([{ token: [] }])
})

test('what routes answer is as the document says, to the last property', async () => {
  const { document, url, normal, critical } = await start()
  normal.deliver(
    outputRecord({}, { sentAtMs: Date.now() }),
    outputRecord({ device_id: '2', flags: ['converted'] }),
  )
  critical.deliver(outputRecord({ device_id: '3', value: 2000 }))
  const asked: [method: string, path: string, route: string, init?: RequestInit][] = [
    ['get', '/health', '/health'],
    ['get', '/ready', '/ready'],
    ['get', '/api/state', '/api/state'],
    ['get', '/api/alerts', '/api/alerts'],
    ['get', '/api/system', '/api/system'],
    ['get', '/api/openapi.json', '/api/openapi.json'],
    ['get', '/api/sensors/device:100/readings', '/api/sensors/{id}/readings'],
    ['get', '/api/sensors/nobody/readings', '/api/sensors/{id}/readings'],
    ['get', '/ws', '/ws'],
    ['put', '/api/settings/provider.rate', '/api/settings/{key}', json({ value: 1 })],
    ['put', '/api/settings/provider.rate', '/api/settings/{key}', json({ value: -1 })],
    ['put', '/api/settings/nothing', '/api/settings/{key}', json({ value: 1 })],
    ['put', '/api/settings/kafka.heap', '/api/settings/{key}', json({ value: 1 })],
    ['post', '/api/playback_speed', '/api/playback_speed', json({ playback_speed: 2 })],
    ['post', '/api/playback_speed', '/api/playback_speed', json({})],
    ['get', '/api/state', '/api/state', { headers: { origin: 'http://evil.example' } }],
  ]
  for (const [method, path, route, init] of asked) {
    const response = await fetch(`${url}${path}`, { method: method.toUpperCase(), ...init })
    const described = document.paths[route]?.[method]?.responses[response.status]
    const schema = described?.content?.['application/json']?.schema
    expect([method, path, response.status, schema === undefined]).toEqual([
      method,
      path,
      response.status,
      false,
    ])
    const answer: unknown = await response.json()
    const parsed = z.fromJSONSchema(schema as never).safeParse(answer)
    expect([path, response.status, parsed.error?.issues]).toEqual([path, response.status, undefined])
    expect(parsed.data).toEqual(answer)
  }
  const metrics = await fetch(`${url}/metrics`)
  expect(metrics.headers.get('content-type')).toMatch(/^text\/plain/)
  expect(Object.keys(document.paths['/metrics']?.get?.responses[200]?.content ?? {})).toEqual(['text/plain'])
})

function json(body: object): RequestInit {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

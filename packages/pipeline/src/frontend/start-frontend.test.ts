import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { FakeTopic, outputRecord, progressOf, quietLogger } from '../../test/fake-readings.ts'
import { memoryWriter } from '../../test/running-backend.ts'
import { type BackendOptions, startBackend } from '../backend/index.ts'
import { readServiceEnvironment } from '../bin/service-environment.ts'
import type { WriteAccess } from '../http/index.ts'
import { readPageOverrides } from './page-overrides.ts'
import { type FrontendOptions, startFrontend } from './start-frontend.ts'

const closers: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

function makePage(): string {
  const root = mkdtempSync(join(tmpdir(), 'radtune-web-'))
  closers.push(() => rmSync(root, { recursive: true }))
  writeFileSync(join(root, 'index.html'), '<!doctype html><title>radtune</title>')
  mkdirSync(join(root, 'assets'))
  writeFileSync(join(root, 'assets', 'index-abc.js'), 'export {}')
  return root
}

async function start(options: Partial<FrontendOptions> & { backendUrl: string }) {
  const frontend = await startFrontend({
    service: 'frontend',
    httpAddress: '127.0.0.1:0',
    statsAddress: '127.0.0.1:0',
    webRoot: makePage(),
    logger: quietLogger,
    ...options,
  })
  closers.push(frontend.close)
  return { ...frontend, url: `http://127.0.0.1:${frontend.httpPort}` }
}

async function startFakeBackend(httpAddress = '127.0.0.1:0', options: Partial<BackendOptions> = {}) {
  const normal = new FakeTopic('normal-data')
  const backend = await startBackend({
    ...options,
    service: 'backend',
    httpAddress,
    statsAddress: '127.0.0.1:0',
    readings: [normal],
    progress: async () => [progressOf({ end: 1, normal: 1 })],
    thresholds: { moderate: 50, high: 200, critical: 1000 },
    logger: quietLogger,
    limits: { frameEveryMs: 5 },
  })
  closers.push(backend.close)
  await vi.waitFor(() => normal.assign())
  return { backend, normal }
}

async function startWithBackend(options: Partial<FrontendOptions> & Pick<BackendOptions, 'writes'> = {}) {
  const { writes, ...rest } = options
  const { backend, normal } = await startFakeBackend('127.0.0.1:0', writes ? { writes } : {})
  const frontend = await start({ backendUrl: `http://127.0.0.1:${backend.httpPort}`, ...rest })
  return { backend, normal, frontend }
}

function connect(port: number, { path = '/ws', headers = {} } = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers })
  closers.push(() => socket.terminate())
  const messages: { type: string; stats: { skippedFrames: number } }[] = []
  socket.on('message', (data) => messages.push(JSON.parse(String(data))))
  const opened = new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve())
    socket.once('error', reject)
  })
  return { socket, messages, opened }
}

describe('the page', () => {
  test('is sent as the build compressed it, to whoever takes that', async () => {
    const webRoot = makePage()
    const script = `export const text = '${'radiation '.repeat(200)}'`
    writeFileSync(join(webRoot, 'assets', 'index-abc.js'), script)
    writeFileSync(join(webRoot, 'assets', 'index-abc.js.br'), brotliCompressSync(script))
    const { url } = await start({ backendUrl: 'http://127.0.0.1:1', webRoot })
    const asked = async (encoding: string) => {
      const answer = await fetch(`${url}/assets/index-abc.js`, { headers: { 'accept-encoding': encoding } })
      expect(await answer.text()).toBe(script)
      expect(answer.headers.get('content-type')).toContain('javascript')
      expect(answer.headers.get('cache-control')).toContain('immutable')
      return answer.headers.get('content-encoding')
    }
    expect(await asked('br, gzip')).toBe('br')
    expect(await asked('identity')).toBeNull()
  })

  test('is served with a policy that allows nothing but its own origin', async () => {
    const { url } = await start({ backendUrl: 'http://127.0.0.1:1' })
    const page = await fetch(url)
    expect(await page.text()).toContain('<title>radtune</title>')
    expect(page.headers.get('cache-control')).toBe('no-cache')
    expect(page.headers.get('content-security-policy')).toBe(
      "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;font-src 'self';" +
        "connect-src 'self';base-uri 'none';form-action 'none';frame-ancestors 'none'",
    )
    expect(page.headers.get('strict-transport-security')).toBeNull()
    expect((await fetch(`${url}/assets/index-abc.js`)).headers.get('cache-control')).toContain('immutable')
    expect((await fetch(`${url}/../../etc/passwd`)).status).toBe(404)
  })

  test('is told at run time where another backend is, and the policy lets it there', async () => {
    const page = { apiUrl: 'https://api.example/v1', wsUrl: 'wss://live.example/ws', mapboxToken: 'pk.1' }
    const { url } = await start({ backendUrl: 'http://127.0.0.1:1', page })
    expect(await (await fetch(`${url}/config.json`)).json()).toEqual({ ...page, writes: 'open' })
    const policy = (await fetch(url)).headers.get('content-security-policy')
    expect(policy).toContain(
      "connect-src 'self' https://api.example wss://live.example https://api.mapbox.com;",
    )
  })

  test('reads them from its environment, where nothing is as good as not set', async () => {
    expect(
      readPageOverrides({
        VITE_API_URL: 'http://a.example',
        VITE_WS_URL: 'ws://a.example/ws',
        VITE_MAPBOX_TOKEN: 'pk.1',
      }),
    ).toEqual({ apiUrl: 'http://a.example', wsUrl: 'ws://a.example/ws', mapboxToken: 'pk.1' })
    const page = readPageOverrides({ VITE_API_URL: '', VITE_WS_URL: '', VITE_MAPBOX_TOKEN: '' })
    const { url } = await start({ backendUrl: 'http://127.0.0.1:1', page })
    expect(await (await fetch(`${url}/config.json`)).json()).toEqual({
      apiUrl: null,
      wsUrl: null,
      mapboxToken: null,
      writes: 'open',
    })
  })

  test('that is not built makes the service unhealthy, in words', async () => {
    const { url, statsPort } = await start({ backendUrl: 'http://127.0.0.1:1', webRoot: '/nowhere' })
    expect(await (await fetch(url)).text()).toContain('npm run build')
    const health = await fetch(`http://127.0.0.1:${statsPort}/health`)
    expect([health.status, (await health.json()).reason]).toEqual([
      503,
      'the page is not built: npm run build',
    ])
  })

  test('is not served under a foreign name, nor to a foreign page', async () => {
    const { url, httpPort } = await start({ backendUrl: 'http://127.0.0.1:1' })
    expect((await fetch(`${url}/api/state`, { headers: { origin: 'http://evil.example' } })).status).toBe(403)
    await expect(connect(httpPort, { headers: { host: 'rebound.example' } }).opened).rejects.toThrow('421')
  })
})

describe('settings that the page writes', () => {
  const TOKEN = 'a-token-of-32-characters-or-more'
  const HERE = { publishedHost: '127.0.0.1' }
  const put = async (url: string, headers: Record<string, string> = {}, body = '{"value": 5}') => {
    const response = await fetch(`${url}/api/settings/provider.rate`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    })
    return [response.status, ((await response.json()) as { error?: string }).error]
  }

  test('are passed on, of this origin only, and the answer with them', async () => {
    const { writeSetting, written } = memoryWriter()
    const { frontend } = await startWithBackend({ writes: { access: HERE, writeSetting } })
    expect(await put(frontend.url, { origin: frontend.url })).toEqual([202, undefined])
    expect(written.get('provider.rate')).toBe(5)
    expect((await put(frontend.url, { origin: 'http://evil.example' }, '{"value": 6}'))[0]).toBe(403)
    expect(await put(frontend.url, { origin: frontend.url }, '{"value": -6}')).toEqual([
      400,
      expect.stringContaining('not between'),
    ])
    expect((await put(frontend.url, {}, JSON.stringify({ value: 'x'.repeat(20_000) })))[0]).toBe(413)
    const speed = await fetch(`${frontend.url}/api/playback_speed`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"playback_speed": 60}',
    })
    expect([speed.status, await speed.json()]).toEqual([202, expect.objectContaining({ playback_speed: 60 })])
    expect(written.get('provider.rate')).toBe(5)
  })

  test.each<[string, WriteAccess, number, number]>([
    ['open', HERE, 202, 202],
    ['token', { ...HERE, token: TOKEN }, 401, 202],
    ['token', { publishedHost: '0.0.0.0', token: TOKEN }, 401, 202],
    // The backend is on loopback and would let it through: the page is what is published.
    ['closed', { publishedHost: '0.0.0.0' }, 403, 403],
  ])('are %s: the page is told, and it is so', async (mode, access, without, withToken) => {
    const { writeSetting } = memoryWriter()
    const writes = { access: { ...access, publishedHost: '127.0.0.1' }, writeSetting }
    const { frontend } = await startWithBackend({ access, writes })
    expect(await (await fetch(`${frontend.url}/config.json`)).json()).toMatchObject({ writes: mode })
    expect((await put(frontend.url))[0]).toBe(without)
    expect((await put(frontend.url, { authorization: `Bearer ${TOKEN}` }))[0]).toBe(withToken)
    expect((await fetch(`${frontend.url}/api/alerts`)).status).toBe(200)
  })

  test('are decided by where the service says that it is published, and its token', () => {
    const accessOf = (environment: Record<string, string>) =>
      readServiceEnvironment(
        { RADTUNE_HTTP_ADDRESS: '0.0.0.0:8080', ...environment },
        'frontend',
      ).writeAccess()
    expect(accessOf({})).toEqual({ publishedHost: '0.0.0.0', token: undefined })
    expect(accessOf({ RADTUNE_PUBLISHED_HOST: '127.0.0.1', RADTUNE_TOKEN: '' })).toEqual({
      publishedHost: '127.0.0.1',
      token: undefined,
    })
    expect(accessOf({ RADTUNE_TOKEN: TOKEN }).token).toBe(TOKEN)
    expect(() => accessOf({ RADTUNE_TOKEN: 'secret' })).toThrow('RADTUNE_TOKEN has 6 characters')
  })
})

describe('the backend behind it', () => {
  test('answers under /api', async () => {
    const { frontend, normal } = await startWithBackend()
    normal.deliver(outputRecord({ device_id: 'a/b' }))
    const state = await (await fetch(`${frontend.url}/api/state`)).json()
    expect(state.points[0].sensor).toBe('device:a/b')
    const readings = await fetch(`${frontend.url}/api/sensors/${encodeURIComponent('device:a/b')}/readings`)
    expect((await readings.json()).readings).toHaveLength(1)
    expect((await fetch(`${frontend.url}/api/state`, { method: 'POST' })).status).toBe(404)
  })

  test('speaks through /ws to pages of this origin', async () => {
    const { frontend, normal } = await startWithBackend()
    const page = connect(frontend.httpPort, { headers: { origin: frontend.url } })
    await vi.waitFor(() => expect(page.messages[0]?.type).toBe('snapshot'))
    normal.deliver(outputRecord())
    await vi.waitFor(() => expect(page.messages.at(-1)?.type).toBe('frame'))
    const evil = connect(frontend.httpPort, { headers: { origin: 'http://evil.example' } })
    await expect(evil.opened).rejects.toThrow('403')
    await expect(connect(frontend.httpPort, { path: '/other' }).opened).rejects.toThrow('404')
  })

  test('is reached by its name among containers, and by pages of origins that it was told of', async () => {
    const guard = readServiceEnvironment(
      {
        RADTUNE_ALLOWED_HOSTS: 'backend',
        RADTUNE_ALLOWED_ORIGINS: 'http://127.0.0.1:8080, http://localhost:8080',
      },
      'backend',
    ).guard
    const { backend } = await startFakeBackend('127.0.0.1:0', guard)
    const status = async (headers: Record<string, string>) => {
      const { opened } = connect(backend.httpPort, { headers })
      return opened.then(
        () => 101,
        ({ message }: Error) => Number(/\d+$/.exec(message)?.[0]),
      )
    }
    expect(await status({ host: 'backend:8000' })).toBe(101)
    expect(await status({ host: 'frontend:8080' })).toBe(421)
    expect(await status({ host: '127.0.0.1:8000', origin: 'http://localhost:8080' })).toBe(101)
    expect(await status({ host: '127.0.0.1:8000', origin: 'http://localhost:3000' })).toBe(403)
  })

  test('hears of a slow page: nothing piles up in between', async () => {
    const { frontend, backend, normal } = await startWithBackend()
    const page = connect(frontend.httpPort)
    await page.opened
    page.socket.pause()
    let n = 0
    await vi.waitFor(
      async () => {
        for (let i = 0; i < 80; i += 1) {
          n += 1
          normal.deliver(outputRecord({ device_id: `sensor-${n % 3000}`, value: n % 900 || 1 }))
        }
        const stats = await (await fetch(`http://127.0.0.1:${backend.statsPort}/stats?history=0`)).json()
        expect(stats.current.skippedFrames).toBeGreaterThan(0)
      },
      { timeout: 18_000, interval: 1 },
    )
  }, 30_000)

  test('that is away is a clear 502, for requests and for WebSockets, and comes back', async () => {
    const { frontend, backend } = await startWithBackend()
    await backend.close()
    const response = await fetch(`${frontend.url}/api/state`)
    expect([response.status, (await response.json()).error]).toEqual([
      502,
      'pipeline down: the backend does not answer',
    ])
    await expect(connect(frontend.httpPort).opened).rejects.toThrow('502')
    expect((await fetch(`${frontend.url}/health`)).status).toBe(200)
    await startFakeBackend(`127.0.0.1:${backend.httpPort}`)
    expect((await fetch(`${frontend.url}/api/state`)).status).toBe(200)
    await connect(frontend.httpPort).opened
  })

  test('that ends drops its pages, so that they try again', async () => {
    const { frontend, backend } = await startWithBackend()
    const page = connect(frontend.httpPort)
    await page.opened
    const closed = new Promise((resolve) => page.socket.once('close', resolve))
    await backend.close()
    await closed
  })

  test('that accepts and never answers does not hold up the end', async () => {
    const mute = createServer().listen(0, '127.0.0.1')
    closers.push(() => mute.close())
    await new Promise((resolve) => mute.once('listening', resolve))
    const { port } = mute.address() as { port: number }
    const frontend = await start({ backendUrl: `http://127.0.0.1:${port}` })
    const reached = new Promise((resolve) => mute.once('connection', resolve))
    const page = connect(frontend.httpPort)
    page.opened.catch(() => undefined)
    await reached
    await frontend.close()
    await expect(fetch(frontend.url)).rejects.toThrow()
  })
})

test('counts requests', async () => {
  const { url, statsPort } = await start({ backendUrl: 'http://127.0.0.1:1' })
  await fetch(url)
  await fetch(`${url}/config.json`)
  const stats = await (await fetch(`http://127.0.0.1:${statsPort}/stats`)).json()
  expect(stats.current).toMatchObject({ service: 'frontend', requests: 2 })
  expect(await (await fetch(`http://127.0.0.1:${statsPort}/metrics`)).text()).toContain(
    'radtune_frontend_requests_total 2',
  )
})

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import axe, { type AxeResults } from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, vi } from 'vitest'
import { type BackendOptions, startBackend } from '../../pipeline/src/backend/index.ts'
import { startFrontend } from '../../pipeline/src/frontend/index.ts'
import type { PageOverrides } from '../../pipeline/src/frontend/page-overrides.ts'
import { FakeTopic, outputRecord, progressOf, quietLogger } from '../../pipeline/test/fake-readings.ts'
import { startLiveTwin } from './live-twin.ts'

const executable = process.env.CHROMIUM || '/usr/bin/chromium'
export const chromiumIsMissing = !existsSync(executable) && process.env.RADTUNE_REQUIRE_ALL !== '1'

/** Software WebGL has to be asked for. */
const BROWSER_FLAGS = [
  '--headless',
  '--no-sandbox',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A red pixel. */
const TILE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==',
  'base64',
)

export interface OpenOptions {
  size?: { width: number; height: number }
  colorScheme?: 'light' | 'dark'
  /** Runs in the page before its own code. */
  before?: () => void
  /** Answers requests to this host with a picture of one colour. */
  tilesOf?: string
  reducedMotion?: 'reduce'
  /** What the frontend says of writes, and the backend that takes them. */
  writes?: { say: 'open' | 'token' | 'closed'; backendPort: number }
}

/** Software draws every pixel. */
const DEFAULT_SIZE = { width: 1000, height: 660 }

/** Of all tests of a file: the built page and the browser. */
interface PageBuild {
  folder: string
  webRoot: string
  browser: Browser
}

let built: PageBuild | undefined

export type PageStand = ReturnType<typeof createStand>
type Closers = (() => Promise<unknown>)[]

/** Builds the page and starts the browser for the tests of a `describe`. What a test stands up is taken down after it. */
export function standUpPage(): PageStand {
  const kept = process.env.RADTUNE_SCREENSHOTS
  const closers: Closers = []
  beforeAll(async () => {
    built = await buildPage(kept || mkdtempSync(join(tmpdir(), 'radtune-page-')))
  }, 60_000)
  afterEach(() => closeAll(closers))
  afterAll(async () => {
    await built?.browser.close()
    if (built && !kept) rmSync(built.folder, { recursive: true, force: true })
    built = undefined
  })
  return createStand(closers)
}

/** For a `describe` in one that has stood up the page: what its tests share is taken down after the last of them. */
export function shareStand(): PageStand {
  const closers: Closers = []
  afterAll(() => closeAll(closers))
  return createStand(closers)
}

async function buildPage(folder: string): Promise<PageBuild> {
  const webRoot = join(folder, 'web')
  // Vite builds what NODE_ENV says, and here it says `test`.
  vi.stubEnv('NODE_ENV', 'production')
  await build({
    root: fileURLToPath(new URL('..', import.meta.url)),
    logLevel: 'error',
    build: { outDir: webRoot, emptyOutDir: true },
  })
  vi.unstubAllEnvs()
  const browser = await chromium.launch({ executablePath: executable, args: BROWSER_FLAGS })
  return { folder, webRoot, browser }
}

async function closeAll(closers: Closers): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close()
}

/** The built page, served by the real frontend before the real backend, whose topics the test fills, or before a twin. */
function createStand(closers: Closers) {
  const pageBuild = () => {
    if (!built) throw new Error('the page is built before the first test')
    return built
  }

  async function startPipeline(httpAddress = '127.0.0.1:0', limits: BackendOptions['limits'] = {}) {
    const normal = new FakeTopic('normal-data')
    const critical = new FakeTopic('critical-data')
    const counted = { normal: 33_593, critical: 1038, duplicates: 2810, unit: 13_792 }
    const backend = await startBackend({
      service: 'backend',
      httpAddress,
      statsAddress: '127.0.0.1:0',
      readings: [normal, critical],
      progress: async () => [progressOf({ ...counted, end: 52_313 })],
      thresholds: { moderate: 50, high: 200, critical: 1000 },
      logger: quietLogger,
      limits,
    })
    closers.push(backend.close)
    await vi.waitFor(() => {
      normal.assign()
      critical.assign()
    })
    return { backend, normal, critical }
  }

  async function startTwin(options: Parameters<typeof startLiveTwin>[0] = {}) {
    const twin = await startLiveTwin(options)
    closers.push(twin.close)
    return twin
  }

  async function startPage(backendPort: number, overrides: PageOverrides = {}) {
    const frontend = await startFrontend({
      service: 'frontend',
      httpAddress: '127.0.0.1:0',
      statsAddress: '127.0.0.1:0',
      backendUrl: `http://127.0.0.1:${backendPort}`,
      webRoot: pageBuild().webRoot,
      page: overrides,
      logger: quietLogger,
    })
    closers.push(frontend.close)
    return `http://127.0.0.1:${frontend.httpPort}`
  }

  async function open(url: string, options: OpenOptions = {}) {
    const { size, colorScheme = 'dark', before, tilesOf, reducedMotion, writes } = options
    const viewport = size ?? DEFAULT_SIZE
    const context = await pageBuild().browser.newContext({
      viewport,
      colorScheme,
      reducedMotion: reducedMotion ?? null,
    })
    closers.push(() => context.close())
    const page = await context.newPage()
    if (tilesOf)
      await page.route(`https://${tilesOf}/**`, (route) =>
        route.fulfill({
          body: TILE,
          contentType: 'image/png',
          headers: { 'access-control-allow-origin': '*' },
        }),
      )
    if (writes) await passWrites(page, writes)
    if (before) await page.addInitScript(before)
    const origins = new Set<string>()
    const problems: string[] = []
    page.on('request', (request) => origins.add(new URL(request.url()).host))
    page.on('websocket', (socket) => origins.add(new URL(socket.url()).host))
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) problems.push(message.text())
    })
    await page.goto(url)
    return { page, origins, problems }
  }

  return {
    startPipeline,
    startTwin,
    startPage,
    open,
    screenshot: (name: string) => join(pageBuild().folder, `${name}.png`),
    onClose: (close: () => Promise<unknown>) => void closers.push(close),
  }
}

/** Stands in for the frontend: says in its name whether settings can be written, and passes the writes on. */
async function passWrites(page: Page, { say, backendPort }: NonNullable<OpenOptions['writes']>) {
  await page.route('**/config.json', (route) => route.fulfill({ json: { writes: say } }))
  await page.route('**/api/**', async (route) => {
    const method = route.request().method()
    if (method !== 'PUT' && method !== 'POST') return route.continue()
    const { pathname } = new URL(route.request().url())
    const response = await route.fetch({ url: `http://127.0.0.1:${backendPort}${pathname}` })
    return route.fulfill({ response })
  })
}

const places = [
  [37.5612, 140.6946],
  [35.6895, 139.6917],
  [48.8566, 2.3522],
  [51.0504, 13.7373],
  [37.7749, -122.4194],
  [43.6532, -79.3832],
] as const

/** Readings as they are: 41 sensors, of them 32 low, 5 moderate, 3 high and, every fourth round, one critical. */
export function feed({ normal, critical }: { normal: FakeTopic; critical: FakeTopic }, round: number): void {
  const sentAtMs = Date.now() - 41
  for (let n = 0; n < 40; n += 1) {
    const [latitude, longitude] = places[n % places.length] ?? places[0]
    const value = n % 13 === 12 ? 320 + n : n % 7 === 6 ? 90 + n : 18 + ((n * 7 + round) % 30)
    const identity =
      n % 3 === 0 ? { loader_id: '7', device_id: undefined } : { device_id: String(100_000 + n * 37) }
    normal.deliver(
      outputRecord(
        {
          ...(identity as object),
          latitude: latitude + n / 100,
          longitude: longitude + n / 100,
          value,
          captured_time: new Date(Date.UTC(2020, 1, 11, 9, 31) + round * 60_000 + n * 1000).toISOString(),
          flags: n % 11 === 10 ? ['converted'] : [],
        },
        { sentAtMs: sentAtMs + (n % 9) },
      ),
    )
  }
  if (round % 4 === 0)
    critical.deliver(
      outputRecord(
        {
          device_id: '200481',
          value: 1290 + round,
          captured_time: new Date(Date.UTC(2020, 1, 11, 9, 31) + round * 60_000).toISOString(),
        },
        { sentAtMs },
      ),
    )
}

/** Drawing in software while other tests run, a browser may hold the page up for seconds. */
const PATIENCE_MS = 10_000

/** Waits until `check` holds, when a test is about that and not about how soon: `bench:map` measures how fast a page is. */
export const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, PATIENCE_MS)

export const told = (page: Page) => page.evaluate(() => window.__radtune)
export const textOf = (page: Page, testId: string) => page.getByTestId(testId).textContent()

/** What axe finds of serious or worse: rule and elements. */
export async function seriousViolations(page: Page): Promise<[rule: string, elements: string[]][]> {
  await page.evaluate(axe.source)
  const { passes, violations } = await page.evaluate<AxeResults>('axe.run()')
  if (passes.length < 20) throw new Error('axe has not looked at the page')
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])
}

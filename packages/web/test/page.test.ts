import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { startBackend } from '../../pipeline/src/backend/index.ts'
import { startFrontend } from '../../pipeline/src/frontend/index.ts'
import { FakeTopic, outputRecord, progressOf, quietLogger } from '../../pipeline/test/fake-readings.ts'

const executable = process.env.CHROMIUM || '/usr/bin/chromium'
const missing = !existsSync(executable) && process.env.RADTUNE_REQUIRE_ALL !== '1'

const BROWSER_FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

describe.skipIf(missing)('the page in Chromium (needs Chromium at /usr/bin/chromium or in CHROMIUM)', () => {
  const kept = process.env.RADTUNE_SCREENSHOTS
  const folder = kept || mkdtempSync(join(tmpdir(), 'radtune-page-'))
  const webRoot = join(folder, 'web')
  let browser: Browser
  const closers: (() => Promise<unknown>)[] = []

  beforeAll(async () => {
    await build({
      root: fileURLToPath(new URL('..', import.meta.url)),
      logLevel: 'error',
      build: { outDir: webRoot, emptyOutDir: true },
    })
    browser = await chromium.launch({ executablePath: executable, args: BROWSER_FLAGS })
  }, 60_000)
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close()
  })
  afterAll(async () => {
    await browser?.close()
    if (!kept) rmSync(folder, { recursive: true, force: true })
  })

  async function startPipeline(httpAddress = '127.0.0.1:0') {
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
    })
    closers.push(backend.close)
    await vi.waitFor(() => {
      normal.assign()
      critical.assign()
    })
    return { backend, normal, critical }
  }

  async function startPage(backendPort: number) {
    const frontend = await startFrontend({
      service: 'frontend',
      httpAddress: '127.0.0.1:0',
      statsAddress: '127.0.0.1:0',
      backendUrl: `http://127.0.0.1:${backendPort}`,
      webRoot,
      logger: quietLogger,
    })
    closers.push(frontend.close)
    return `http://127.0.0.1:${frontend.httpPort}`
  }

  async function open(
    url: string,
    size = { width: 1280, height: 800 },
    colorScheme: 'light' | 'dark' = 'dark',
  ) {
    const context = await browser.newContext({ viewport: size, colorScheme })
    closers.push(() => context.close())
    const page = await context.newPage()
    const origins = new Set<string>()
    const problems: string[] = []
    page.on('request', (request) => origins.add(new URL(request.url()).host))
    page.on('websocket', (socket) => origins.add(new URL(socket.url()).host))
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text())
    })
    await page.goto(url)
    return { page, origins, problems }
  }

  const places = [
    [37.5612, 140.6946],
    [35.6895, 139.6917],
    [48.8566, 2.3522],
    [51.0504, 13.7373],
    [37.7749, -122.4194],
    [43.6532, -79.3832],
  ] as const

  /** Readings as they are: many low, some moderate, few high, one critical. */
  function feed({ normal, critical }: { normal: FakeTopic; critical: FakeTopic }, round: number): void {
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

  const told = (page: Page) => page.evaluate(() => window.__radtune)
  const textOf = (page: Page, testId: string) => page.getByTestId(testId).textContent()

  test('counts move, and nothing leaves the origin', async () => {
    const pipeline = await startPipeline()
    const url = await startPage(pipeline.backend.httpPort)
    const { page, origins, problems } = await open(url)
    feed(pipeline, 0)
    await vi.waitFor(
      async () => expect(await told(page)).toMatchObject({ state: 'live', pointCount: 41 }),
      10_000,
    )
    const first = await told(page)
    const low = await textOf(page, 'level-low')
    for (let round = 1; round <= 12; round += 1) feed(pipeline, round)
    await vi.waitFor(async () => expect((await told(page))?.seq).toBeGreaterThan(first?.seq ?? 0), 10_000)
    await vi.waitFor(async () => expect(await textOf(page, 'level-low')).not.toBe(low), 10_000)
    expect(first?.levelCounts).toEqual({ low: 32, moderate: 5, high: 4 })
    await vi.waitFor(async () => expect(await textOf(page, 'records-in')).toBe('52,313'), 10_000)
    expect(await textOf(page, 'records-dirty')).toBe('13,792')
    expect(await textOf(page, 'latency-p50')).toMatch(/^\d+ ms$/)
    expect(await page.getByRole('listitem').count()).toBe(4)
    expect(await page.getByRole('row').count()).toBe(42)
    expect([...origins]).toEqual([new URL(url).host])
    expect(problems).toEqual([])
    await page.screenshot({ path: join(folder, 'dark-1280.png') })
  })

  test('sorts by what is clicked, and holds still', async () => {
    const pipeline = await startPipeline()
    const { page } = await open(await startPage(pipeline.backend.httpPort))
    feed(pipeline, 0)
    const firstValue = () => page.locator('tbody tr td:nth-of-type(2)').first().textContent()
    await page.getByRole('button', { name: 'CPM' }).click()
    await vi.waitFor(async () => expect(await firstValue()).toBe('1,290'), 10_000)
    expect(await page.getByRole('columnheader', { name: 'CPM' }).getAttribute('aria-sort')).toBe('descending')
    await page.getByRole('button', { name: 'Hold still' }).click()
    feed(pipeline, 8)
    await vi.waitFor(async () => expect(await page.getByRole('listitem').count()).toBe(2), 10_000)
    expect(await firstValue()).toBe('1,290')
    await page.getByRole('button', { name: 'Go on' }).click()
    expect(await firstValue()).toBe('1,298')
  })

  test('says that the pipeline is down, and comes back by itself with no alert lost', async () => {
    const pipeline = await startPipeline()
    const port = pipeline.backend.httpPort
    const { page } = await open(await startPage(port))
    feed(pipeline, 0)
    await vi.waitFor(async () => expect(await page.getByRole('listitem').count()).toBe(1), 10_000)
    await pipeline.backend.close()
    await vi.waitFor(async () => expect((await told(page))?.state).toBe('down'), 10_000)
    expect(await textOf(page, 'connection')).toMatch(/^pipeline down: reconnecting in \d+ s \(try \d+\)$/)
    expect(await page.getByRole('row').count()).toBe(42)
    const again = await startPipeline(`127.0.0.1:${port}`)
    feed(again, 4)
    await page
      .getByRole('button', { name: 'now', exact: true })
      .click({ timeout: 2000 })
      .catch(() => undefined)
    await vi.waitFor(async () => expect((await told(page))?.state).toBe('live'), 20_000)
    await vi.waitFor(async () => expect(await page.getByRole('listitem').count()).toBe(2), 10_000)
  }, 45_000)

  test.each([
    ['light-1280', { width: 1280, height: 800 }, 'light'],
    ['light-400', { width: 400, height: 800 }, 'light'],
    ['dark-400', { width: 400, height: 800 }, 'dark'],
  ] as const)('fits its window: %s', async (name, size, scheme) => {
    const pipeline = await startPipeline()
    const { page } = await open(await startPage(pipeline.backend.httpPort), size, scheme)
    for (let round = 0; round <= 12; round += 1) feed(pipeline, round)
    await vi.waitFor(async () => expect(await page.getByRole('listitem').count()).toBe(4), 10_000)
    await vi.waitFor(async () => expect(await textOf(page, 'records-in')).toBe('52,313'), 10_000)
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(overflow).toBeLessThanOrEqual(0)
    // However slow it gets, the numbers stay within their panels.
    const spilling = await page.evaluate(() => {
      for (const id of ['latency-p50', 'latency-p99']) {
        const figure = document.querySelector(`[data-testid=${id}]`)
        if (figure) figure.textContent = '12,345 ms'
      }
      const panels = [...document.querySelectorAll('.panel')]
      return panels.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth).length
    })
    expect(spilling).toBe(0)
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
  })

  test('says "no value" before anything is known', async () => {
    const { page } = await open(await startPage(1))
    await vi.waitFor(async () => expect((await told(page))?.state).toBe('down'), 10_000)
    expect(await textOf(page, 'records-in')).toBe('no value')
    expect(await textOf(page, 'latency-p50')).toBe('no value')
    expect(await page.getByText('No reading has arrived yet.').isVisible()).toBe(true)
    await page.screenshot({ path: join(folder, 'down.png') })
  })
})

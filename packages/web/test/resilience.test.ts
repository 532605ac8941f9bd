import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Page } from 'playwright-core'
import { describe, expect, test, vi } from 'vitest'
import { outputRecord } from '../../pipeline/test/fake-readings.ts'
import { reading } from './live-twin.ts'
import { chromiumIsMissing, eventually, feed, standUpPage, textOf, told } from './page-stand.ts'

const FUKUSHIMA = '?at=37.7,140.8,9.5'

describe.skipIf(chromiumIsMissing)('what the page bears, in Chromium', () => {
  const stand = standUpPage()

  const alertsOf = (page: Page) => page.locator('.alerts li .critical').allTextContents()
  const critical = (n: number) => reading(`hot-${n}`, { value: 1000 + n })
  /** What the list says of the critical readings up to `last`, newest first. */
  const listed = (last: number) =>
    Array.from({ length: last }, (_, n) => `▲ ${(1000 + last - n).toLocaleString('en-GB')} CPM`)

  test('after a loss it goes on from the last message: no alert is lost, none comes twice', async () => {
    const twin = await stand.startTwin()
    const { page } = await stand.open(`${await stand.startPage(twin.httpPort)}?view=table&unit=cpm`)
    twin.read(critical(1), critical(2))
    await eventually(async () => expect(await alertsOf(page)).toEqual(listed(2)))
    twin.drop()
    twin.read(critical(3))
    await eventually(() => expect(twin.resumed).toEqual(['frames']))
    twin.read(critical(4))
    await eventually(async () => expect(await alertsOf(page)).toEqual(listed(4)))
    expect((await told(page))?.pointCount).toBe(4)
  })

  test('after another backend took over it begins anew and keeps the alerts', async () => {
    const twin = await stand.startTwin()
    const { page } = await stand.open(`${await stand.startPage(twin.httpPort)}?view=table&unit=cpm`)
    twin.read(critical(1), critical(2))
    await eventually(async () => expect(await alertsOf(page)).toEqual(listed(2)))
    await twin.close()
    await eventually(async () => expect((await told(page))?.state).toMatch(/reconnecting|down/))
    const next = await stand.startTwin({ port: twin.httpPort, session: 's2' })
    // It has read the last of them again.
    next.read(critical(2), critical(3))
    await vi.waitFor(async () => expect((await told(page))?.state).toBe('live'), 20_000)
    expect(next.resumed).toEqual(['snapshot'])
    await eventually(async () => expect(await alertsOf(page)).toEqual(listed(3)))
  }, 40_000)

  test('a slow line: it lags, says so, keeps the alerts, and catches up', async () => {
    const limits = { frameBytes: 512 * 1024, frameEveryMs: 40, snapshotPoints: 4000 }
    const pipeline = await stand.startPipeline('127.0.0.1:0', limits)
    const url = await stand.startPage(pipeline.backend.httpPort)
    const line = await startLine(Number(new URL(url).port))
    const { page } = await stand.open(`http://127.0.0.1:${line.port}?view=table`)
    feed(pipeline, 0)
    await eventually(async () => expect((await told(page))?.pointCount).toBe(41))
    line.hold()
    const skipped = async () => {
      const stats = await fetch(`http://127.0.0.1:${pipeline.backend.statsPort}/stats?history=0`)
      return (await stats.json()).current.skippedFrames
    }
    await vi.waitFor(
      async () => {
        const many = Array.from({ length: 3000 }, (_, n) => outputRecord({ device_id: `many-${n}` }))
        pipeline.normal.deliver(...many)
        expect(await skipped()).toBeGreaterThan(3)
      },
      { timeout: 25_000, interval: 40 },
    )
    feed(pipeline, 4)
    line.release()
    await vi.waitFor(async () => expect((await told(page))?.state).toBe('lagging'), {
      timeout: 15_000,
      interval: 20,
    })
    expect(await textOf(page, 'connection')).toMatch(/^lagging: \d+ frames skipped$/)
    await vi.waitFor(async () => expect((await told(page))?.pointCount).toBe(3041), 20_000)
    expect(await page.locator('.alerts li .readings').allTextContents()).toEqual(['2 readings'])
  }, 60_000)

  test('a hidden page draws nothing, and is up to date when it is looked at', async () => {
    const twin = await stand.startTwin()
    const { page } = await stand.open(`${await stand.startPage(twin.httpPort)}?view=table&unit=cpm`)
    twin.read(critical(1))
    await eventually(async () => expect((await told(page))?.pointCount).toBe(1))
    await setHidden(page, true)
    const drawn = await countChanges(page)
    const seq = twin.snapshot().seq
    for (const n of [2, 3, 4]) twin.read(critical(n))
    await eventually(() => expect(twin.snapshot().seq).toBeGreaterThan(seq + 8))
    // What was on its way.
    expect(await drawn()).toBeLessThanOrEqual(2)
    await setHidden(page, false)
    await vi.waitFor(async () => expect(await alertsOf(page)).toEqual(listed(4)), 3000)
    expect((await told(page))?.pointCount).toBe(4)
    expect(twin.resumed).toEqual([])
  })

  test('squares of sensors that only the backend knows are drawn and counted', async () => {
    const twin = await stand.startTwin()
    twin.read(reading('1'))
    twin.set.sensors = 31_000
    twin.set.cells = [
      [227, 99, 30_000, 0.12, 6.5],
      [132, 88, 1000, 0.08, 0.2],
    ]
    const { page, problems } = await stand.open(await stand.startPage(twin.httpPort))
    await page.locator('.map-canvas[data-drawn]').waitFor({ timeout: 15_000 })
    await page.getByText('newest 1 of 31,000 sensors').waitFor()
    // The window holds both squares, not only the sensor that it knows.
    const zoom = Number(new URL(page.url()).searchParams.get('at')?.split(',')[2])
    expect(zoom).toBeLessThan(4)
    expect(problems).toEqual([])
  })

  test('a lost graphics context comes back, or the table takes over', async () => {
    const pipeline = await stand.startPipeline()
    feed(pipeline, 0)
    const { page, problems } = await stand.open(
      (await stand.startPage(pipeline.backend.httpPort)) + FUKUSHIMA,
    )
    await page.locator('.map-canvas[data-drawn]').waitFor({ timeout: 15_000 })
    expect(problems).toEqual([])
    const lose = (restoreAfterMs: number | null) =>
      page.evaluate((afterMs) => {
        const canvas = document.querySelector<HTMLCanvasElement>('.maplibregl-canvas')
        const extension = canvas?.getContext('webgl2')?.getExtension('WEBGL_lose_context')
        extension?.loseContext()
        if (afterMs !== null) setTimeout(() => extension?.restoreContext(), afterMs)
      }, restoreAfterMs)
    await lose(200)
    await page.locator('.map-canvas[data-drawn]').waitFor({ state: 'detached', timeout: 5000 })
    await page.locator('.map-canvas[data-drawn]').waitFor({ timeout: 15_000 })
    expect(await page.getByRole('row').count()).toBe(0)
    await lose(null)
    await page.getByText('The map cannot be drawn: the graphics card was lost').waitFor({ timeout: 15_000 })
    await eventually(async () => expect(await page.getByRole('row').count()).toBe(42))
  }, 45_000)

  test('who wants less motion gets jumps instead of flights', async () => {
    const twin = await stand.startTwin()
    twin.read(critical(1))
    const { page } = await stand.open(await stand.startPage(twin.httpPort), { reducedMotion: 'reduce' })
    await page.locator('.map-canvas[data-drawn]').waitFor({ timeout: 15_000 })
    await eventually(() => expect(page.url()).toContain('11.00'))
    const after = await page.evaluate(async () => {
      document.querySelector<HTMLElement>('[aria-label="Zoom out"]')?.click()
      for (let frames = 0; frames < 2; frames += 1) await new Promise(requestAnimationFrame)
      return { address: location.search, moving: document.getAnimations().length }
    })
    expect(after).toEqual({ address: expect.stringContaining('10.00'), moving: 0 })
  })

  /** A line between browser and frontend that can be held. */
  async function startLine(to: number) {
    const ends = new Set<Socket>()
    let held = false
    const server = createServer((browser) => {
      const frontend = connect(to, '127.0.0.1')
      for (const [one, other] of [
        [browser, frontend],
        [frontend, browser],
      ] as const) {
        ends.add(one)
        one.on('error', () => undefined)
        one.on('close', () => other.destroy())
      }
      browser.pipe(frontend)
      frontend.on('data', (bytes) => browser.write(bytes))
      if (held) frontend.pause()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    stand.onClose(async () => {
      for (const end of ends) end.destroy()
      server.close()
    })
    const each = (act: 'pause' | 'resume') => {
      for (const end of ends) if (end.remotePort === to) end[act]()
    }
    return {
      port: (server.address() as AddressInfo).port,
      hold() {
        held = true
        each('pause')
      },
      release() {
        held = false
        each('resume')
      },
    }
  }
})

/** As if its tab were covered by another; headless Chromium shows every page. */
async function setHidden(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { configurable: true, value })
    document.dispatchEvent(new Event('visibilitychange'))
  }, hidden)
}

/** How often the numbers of the page change from now on. */
async function countChanges(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const counted = window as unknown as { changes: number }
    counted.changes = 0
    new MutationObserver(() => {
      counted.changes += 1
    }).observe(document.body, { subtree: true, childList: true, characterData: true })
  })
  return () => page.evaluate(() => (window as unknown as { changes: number }).changes)
}

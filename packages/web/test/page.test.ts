import { describe, expect, test, vi } from 'vitest'
import { chromiumIsMissing, feed, standUpPage, textOf, told } from './page-stand.ts'

describe.skipIf(chromiumIsMissing)('the page in Chromium (at /usr/bin/chromium or in CHROMIUM)', () => {
  const { startPipeline, startPage, open, screenshot } = standUpPage()

  test('counts move, and nothing leaves the origin', async () => {
    const pipeline = await startPipeline()
    const url = await startPage(pipeline.backend.httpPort)
    const { page, origins, problems } = await open(`${url}?view=table`)
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
    await page.screenshot({ path: screenshot('table-dark-1280') })
  })

  test('sorts by what is clicked, and holds still', async () => {
    const pipeline = await startPipeline()
    const { page } = await open(`${await startPage(pipeline.backend.httpPort)}?view=table`)
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
    await vi.waitFor(async () => expect((await told(page))?.pointCount).toBe(41), 10_000)
    await pipeline.backend.close()
    await vi.waitFor(async () => expect((await told(page))?.state).toBe('down'), 10_000)
    expect(await textOf(page, 'connection')).toMatch(/^pipeline down: reconnecting in \d+ s \(try \d+\)$/)
    expect((await told(page))?.pointCount).toBe(41)
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
    // 1280 × 720 at 200 %.
    ['dark-640', { width: 640, height: 360 }, 'dark'],
  ] as const)('fits its window: %s', async (name, size, colorScheme) => {
    const pipeline = await startPipeline()
    const { page, problems } = await open(await startPage(pipeline.backend.httpPort), { size, colorScheme })
    for (let round = 0; round <= 12; round += 1) feed(pipeline, round)
    await vi.waitFor(async () => expect((await told(page))?.pointCount).toBe(41), 10_000)
    const sheet = page.getByRole('button', { name: /sensors.*alerts/ })
    if (size.width < 720) await sheet.click()
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
    expect(problems).toEqual([])
    await page.screenshot({ path: screenshot(name) })
  })

  test('says "no value" before anything is known', async () => {
    const { page } = await open(`${await startPage(1)}?view=table`)
    await vi.waitFor(async () => expect((await told(page))?.state).toBe('down'), 10_000)
    expect(await textOf(page, 'records-in')).toBe('no value')
    expect(await textOf(page, 'latency-p50')).toBe('no value')
    expect(await page.getByText('No reading has arrived yet.').isVisible()).toBe(true)
    await page.screenshot({ path: screenshot('down') })
  })
})

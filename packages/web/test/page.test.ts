import type { Page } from 'playwright-core'
import { describe, expect, test, vi } from 'vitest'
import { chromiumIsMissing, eventually, feed, standUpPage, textOf, told } from './page-stand.ts'

describe.skipIf(chromiumIsMissing)('the page in Chromium (at /usr/bin/chromium or in CHROMIUM)', () => {
  const stand = standUpPage()

  test('counts move, and nothing leaves the origin', async () => {
    const pipeline = await stand.startPipeline()
    const url = await stand.startPage(pipeline.backend.httpPort)
    const { page, origins, problems } = await stand.open(`${url}?view=table`)
    feed(pipeline, 0)
    await eventually(async () => expect(await told(page)).toMatchObject({ state: 'live', pointCount: 41 }))
    const first = await told(page)
    const low = await textOf(page, 'level-low')
    for (let round = 1; round <= 12; round += 1) feed(pipeline, round)
    await eventually(async () => expect((await told(page))?.seq).toBeGreaterThan(first?.seq ?? 0))
    await eventually(async () => expect(await textOf(page, 'level-low')).not.toBe(low))
    expect(first?.levelCounts).toEqual({ low: 32, moderate: 5, high: 4 })
    await eventually(async () => expect(await textOf(page, 'records-in')).toBe('52,313'))
    expect(await textOf(page, 'records-dirty')).toBe('13,792')
    expect(await textOf(page, 'latency-p50')).toMatch(/^\d+ ms$/)
    expect(await alertsOf(page)).toEqual(['4 readings'])
    expect(await page.getByRole('row').count()).toBe(42)
    expect([...origins]).toEqual([new URL(url).host])
    expect(problems).toEqual([])
    await page.screenshot({ path: stand.screenshot('table-dark-1280') })
  })

  test('sorts by what is clicked, and holds still', async () => {
    const pipeline = await stand.startPipeline()
    const { page } = await stand.open(`${await stand.startPage(pipeline.backend.httpPort)}?view=table`)
    feed(pipeline, 0)
    const firstValue = () => page.locator('tbody tr td:nth-of-type(2)').first().textContent()
    await page.getByRole('button', { name: 'CPM' }).click()
    await eventually(async () => expect(await firstValue()).toBe('1,290'))
    expect(await page.getByRole('columnheader', { name: 'CPM' }).getAttribute('aria-sort')).toBe('descending')
    await page.getByRole('button', { name: 'Hold still' }).click()
    feed(pipeline, 8)
    await eventually(async () => expect(await alertsOf(page)).toEqual(['2 readings']))
    expect(await firstValue()).toBe('1,290')
    await page.getByRole('button', { name: 'Go on' }).click()
    expect(await firstValue()).toBe('1,298')
  })

  test('says that the pipeline is down, and comes back by itself with no alert lost', async () => {
    const pipeline = await stand.startPipeline()
    const port = pipeline.backend.httpPort
    const { page } = await stand.open(await stand.startPage(port))
    feed(pipeline, 0)
    await eventually(async () => expect((await told(page))?.pointCount).toBe(41))
    // A snapshot leaves the reading to the frame after it.
    await eventually(async () => expect(await alertsOf(page)).toEqual(['1 reading']))
    await pipeline.backend.close()
    await eventually(async () => expect((await told(page))?.state).toBe('down'))
    expect(await textOf(page, 'connection')).toMatch(/^pipeline down: reconnecting in \d+ s \(try \d+\)$/)
    expect((await told(page))?.pointCount).toBe(41)
    const again = await stand.startPipeline(`127.0.0.1:${port}`)
    feed(again, 4)
    await page
      .getByRole('button', { name: 'now', exact: true })
      .click({ timeout: 2000 })
      .catch(() => undefined)
    await vi.waitFor(async () => expect((await told(page))?.state).toBe('live'), 20_000)
    await eventually(async () => expect(await alertsOf(page)).toEqual(['2 readings']))
  }, 45_000)

  test('fits every window, light and dark, also at 200 %', async () => {
    const pipeline = await stand.startPipeline()
    const { page, problems } = await stand.open(await stand.startPage(pipeline.backend.httpPort))
    for (let round = 0; round <= 12; round += 1) feed(pipeline, round)
    await eventually(async () => expect((await told(page))?.pointCount).toBe(41))
    await eventually(async () => expect(await textOf(page, 'records-in')).toBe('52,313'))
    for (const [name, width, height, colorScheme] of [
      ['light-1280', 1280, 800, 'light'],
      ['light-400', 400, 800, 'light'],
      ['dark-400', 400, 800, 'dark'],
      // 1280 × 720 at 200 %.
      ['dark-640', 640, 360, 'dark'],
    ] as const) {
      await page.setViewportSize({ width, height })
      await page.emulateMedia({ colorScheme })
      const sheet = page.getByRole('button', { name: /sensors.*alert/, expanded: false })
      if (await sheet.isVisible()) await sheet.click()
      await eventually(async () => expect(await alertsOf(page)).toEqual(['4 readings']))
      expect([name, await overflowOf(page)]).toEqual([name, { page: false, panels: [] }])
      await page.screenshot({ path: stand.screenshot(name) })
    }
    expect(problems).toEqual([])
  })

  test('says "no value" before anything is known', async () => {
    const { page } = await stand.open(`${await stand.startPage(1)}?view=table`)
    await eventually(async () => expect((await told(page))?.state).toBe('down'))
    expect(await textOf(page, 'records-in')).toBe('no value')
    expect(await textOf(page, 'latency-p50')).toBe('no value')
    expect(await page.getByText('No reading has arrived yet.').isVisible()).toBe(true)
    await page.screenshot({ path: stand.screenshot('down') })
  })
})

/** How many readings each alert has. */
function alertsOf(page: Page): Promise<string[]> {
  return page.locator('.alerts li .readings').allTextContents()
}

/** Whether the page is wider than its window, and which panels do not hold what is in them, however slow the pipeline gets. */
function overflowOf(page: Page): Promise<{ page: boolean; panels: string[] }> {
  return page.evaluate(() => {
    for (const id of ['latency-p50', 'latency-p99']) {
      const figure = document.querySelector(`[data-testid=${id}]`)
      if (figure) figure.textContent = '12,345 ms'
    }
    for (const closed of document.querySelectorAll<HTMLDetailsElement>('details.panel')) closed.open = true
    const panels = [...document.querySelectorAll('.panel')]
    const spilling = panels.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
    return {
      page: document.documentElement.scrollWidth > window.innerWidth,
      panels: spilling.map(({ textContent }) => `${textContent}`.slice(0, 30)),
    }
  })
}

import type { Locator, Page } from 'playwright-core'
import { describe, expect, test, vi } from 'vitest'
import { readSettings } from '../../core/src/settings/index.ts'
import {
  DuplicateWindow,
  processRecord,
  RULE_SETTINGS,
  recordRulesFrom,
} from '../../pipeline/src/stages/index.ts'
import { outputRecord, rawRecord } from '../../pipeline/test/fake-readings.ts'
import {
  chromiumIsMissing,
  eventually,
  feed,
  type OpenOptions,
  seriousViolations,
  standUpPage,
  textOf,
  told,
} from './page-stand.ts'

const FUKUSHIMA = '?at=37.7,140.8,9.5'
/** Of a picture of one colour nearly nothing is left when it is compressed. */
const BYTES_OF_A_BLANK_PICTURE = 4000

describe.skipIf(chromiumIsMissing)('the map in Chromium (at /usr/bin/chromium or in CHROMIUM)', () => {
  const stand = standUpPage()

  async function openMap(query = '', options: OpenOptions = {}) {
    const pipeline = await stand.startPipeline()
    for (const round of [0, 4]) feed(pipeline, round)
    const url = await stand.startPage(pipeline.backend.httpPort)
    const opened = await stand.open(url + query, options)
    const { page } = opened
    await eventually(async () => expect((await told(page))?.pointCount).toBe(41))
    return { ...opened, pipeline, url }
  }

  const drawn = (page: Page) => page.locator('.map-canvas[data-drawn]').waitFor({ timeout: 15_000 })
  const buttonsIn = (place: Locator) => place.getByRole('button')

  test('draws sensors, land and labels, and asks nobody but its own origin', async () => {
    const { page, url, origins, problems } = await openMap(FUKUSHIMA)
    await drawn(page)
    const box = page.getByTestId('map')
    const picture = await box.screenshot({ path: stand.screenshot('map-near') })
    expect(picture.byteLength).toBeGreaterThan(BYTES_OF_A_BLANK_PICTURE)
    expect(await coloursOf(page)).toBeGreaterThan(20)
    await eventually(async () => expect(await buttonsIn(box).allTextContents()).toEqual(['▲ ≈ 3.87 µSv/h']))
    expect(await box.getAttribute('aria-label')).toBe(
      'Map of 41 sensors, highest ≈ 3.87 µSv/h near 37.5612, 140.6946',
    )
    expect([...origins]).toEqual([new URL(url).host])
    expect(problems).toEqual([])
  })

  test('shows all sensors as a grid when nobody said where to look', async () => {
    const { page, problems } = await openMap()
    await drawn(page)
    await eventually(() =>
      expect(new URL(page.url()).searchParams.get('at')).toMatch(/^[\d.-]+,[\d.-]+,[\d.]+$/),
    )
    expect(await coloursOf(page, '.map-cells')).toBeGreaterThan(3)
    await page.getByTestId('map').screenshot({ path: stand.screenshot('map-grid') })
    await page.getByRole('button', { name: 'Zoom in' }).click()
    const zoom = () => Number(new URL(page.url()).searchParams.get('at')?.split(',')[2])
    const before = zoom()
    await vi.waitFor(() => expect(zoom()).toBeGreaterThan(before), 5000)
    await page.getByRole('button', { name: 'fit' }).click()
    await vi.waitFor(() => expect(zoom()).toBeCloseTo(before, 1), 5000)
    expect(problems).toEqual([])
  })

  test('the filter decides what counts, on the map, in the table and in the address', async () => {
    const { page } = await openMap(FUKUSHIMA)
    await drawn(page)
    expect(await textOf(page, 'sensors-critical')).toBe('1')
    await page.getByRole('checkbox', { name: /^low/ }).click()
    await page.getByRole('checkbox', { name: /^critical/ }).click()
    await eventually(async () =>
      expect(await told(page)).toMatchObject({
        pointCount: 8,
        levelCounts: { low: 0, moderate: 5, high: 3 },
      }),
    )
    expect(await textOf(page, 'sensors-low')).toBe('32')
    await eventually(async () => expect(await buttonsIn(page.getByTestId('map')).count()).toBe(0))
    expect(new URL(page.url()).searchParams.get('levels')).toBe('moderate,high')
    await page.getByRole('radio', { name: 'table' }).click()
    await eventually(async () => expect(await page.getByRole('row').count()).toBe(9))
    await page.reload()
    await eventually(async () => expect((await told(page))?.pointCount).toBe(8))
    expect(await page.getByRole('row').count()).toBe(9)
  })

  test('another unit changes every number and the legend', async () => {
    const { page } = await openMap(FUKUSHIMA)
    await drawn(page)
    const label = () => buttonsIn(page.getByTestId('map')).first().textContent()
    await eventually(async () => expect(await label()).toBe('▲ ≈ 3.87 µSv/h'))
    expect(await textOf(page, 'legend')).toContain('0.050.10.31.05.0')
    await page.getByRole('radio', { name: 'CPM' }).click()
    await eventually(async () => expect(await label()).toBe('▲ 1,294 CPM'))
    expect(await textOf(page, 'legend')).toContain('17331003341,670')
    expect(await page.getByRole('listitem').first().textContent()).toMatch(/^▲ 1,294 CPM/)
    expect(new URL(page.url()).searchParams.get('unit')).toBe('cpm')
  })

  test('a critical reading is shown with its details and its past', async () => {
    const { page, pipeline } = await openMap('?view=table')
    await page.getByRole('button', { name: 'Show device:200481 on the map' }).first().click()
    const card = page.getByTestId('card')
    await eventually(async () => expect(await textOf(page, 'card-value')).toBe('≈ 3.87 µSv/h'))
    expect(await card.textContent()).toContain('1,294 CPM · estimated with 334 CPM per µSv/h')
    await eventually(async () => expect(await card.textContent()).toContain('Last 2 readings'))
    feed(pipeline, 8)
    await eventually(async () => expect(await textOf(page, 'card-value')).toBe('≈ 3.89 µSv/h'))
    await eventually(async () => expect(await card.textContent()).toContain('Last 3 readings'))
    await drawn(page)
    await page.screenshot({ path: stand.screenshot('details') })
    expect(new URL(page.url()).searchParams.get('at')).toMatch(/^37\.56.*,140\.69.*,12/)
  })

  test('everything can be done by keyboard', async () => {
    const { page } = await openMap(FUKUSHIMA)
    await drawn(page)
    const reach = async (name: string) => {
      for (let presses = 0; presses < 60; presses += 1) {
        await page.keyboard.press('Tab')
        const found = await page.evaluate(() => {
          const element = document.activeElement
          const text = element?.getAttribute('aria-label') ?? element?.closest('label')?.textContent
          return `${text ?? element?.textContent}`
        })
        if (found.startsWith(name)) return
      }
      throw new Error(`Tab does not reach ${name}`)
    }
    const address = () => new URL(page.url()).searchParams
    await reach('low')
    await page.keyboard.press('Space')
    await eventually(async () => expect((await told(page))?.pointCount).toBe(9))
    await reach('µSv/h')
    await page.keyboard.press('ArrowRight')
    await eventually(() => expect(address().get('unit')).toBe('cpm'))
    await reach('Show device:200481')
    await page.keyboard.press('Enter')
    await eventually(async () => expect(await textOf(page, 'card-value')).toBe('1,294 CPM'))
    await page.keyboard.press('Escape')
    expect(await page.getByTestId('card').count()).toBe(0)
    await eventually(async () =>
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('show'),
    )
    await reach('Map. Arrow keys')
    const before = address().get('at')
    await page.keyboard.press('ArrowLeft')
    await vi.waitFor(() => expect(address().get('at')).not.toBe(before), 5000)
    await reach('map')
    await page.keyboard.press('ArrowRight')
    await eventually(async () => expect(await page.getByRole('row').count()).toBe(10))
  })

  test('axe finds nothing serious: map and table, dark and light', async () => {
    const { page } = await openMap()
    await drawn(page)
    await page
      .getByRole('button', { name: /^Show device/ })
      .first()
      .click()
    await page.getByTestId('card').waitFor()
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme })
      for (const view of ['map', 'table']) {
        await page.getByRole('radio', { name: view }).click()
        expect(await seriousViolations(page)).toEqual([])
      }
    }
  })

  test('a browser without WebGL gets the table, and is told why', async () => {
    const { page, problems } = await openMap('', {
      before: () => {
        const original = HTMLCanvasElement.prototype.getContext
        HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, kind: string) {
          return kind.startsWith('webgl') ? null : original.call(this, kind)
        } as typeof original
      },
    })
    await eventually(async () => expect(await page.getByRole('row').count()).toBe(42))
    expect(await page.getByText('The map cannot be drawn: this browser has no WebGL').isVisible()).toBe(true)
    expect(problems).toEqual([])
  })

  test('what a worker refuses never appears: no number, no place, a time to come', async () => {
    const { page, pipeline, problems } = await openMap()
    const rules = recordRulesFrom(readSettings({}, RULE_SETTINGS))
    const state = { window: new DuplicateWindow(100), rules }
    const good = {
      latitude: '35.5',
      longitude: '139.5',
      value: '27',
      unit: 'cpm',
      captured_time: '2020-02-11 09:59:00',
      device_id: 'good',
    }
    const sent = [
      { ...good, value: 'NaN', device_id: 'no-number' },
      { ...good, latitude: '0', longitude: '0', device_id: 'null-island' },
      { ...good, captured_time: '2080-01-01 00:00:00', device_id: 'to-come' },
      good,
    ]
    sent.forEach((fields, offset) => {
      const value = Buffer.from(JSON.stringify(fields))
      const outcome = processRecord(state, { offset, timestampMs: Date.parse('2020-03-01'), value })
      if (outcome.kind === 'kept') pipeline.normal.deliver(rawRecord(outcome.value))
    })
    // Past the workers, the backend and the page each refuse what cannot be drawn.
    pipeline.normal.deliver(
      outputRecord({ latitude: Number.NaN, device_id: 'no-number' }),
      outputRecord({ latitude: 0, longitude: 0, device_id: 'null-island' }),
    )
    await eventually(async () => expect((await told(page))?.pointCount).toBe(42))
    await page.getByRole('radio', { name: 'table' }).click()
    await page.getByRole('button', { name: 'good' }).waitFor()
    expect(await page.textContent('body')).not.toMatch(
      /NaN|2080|0\.0000, 0\.0000|no-number|null-island|to-come/,
    )
    expect(problems).toEqual([])
  })

  test('lies on the tiles of Mapbox when there is a token, and asks nobody else', async () => {
    const pipeline = await stand.startPipeline()
    const url = await stand.startPage(pipeline.backend.httpPort, { mapboxToken: 'pk.1' })
    const { page, origins, problems } = await stand.open(url + FUKUSHIMA, { tilesOf: 'api.mapbox.com' })
    const asked = page.waitForRequest(
      /^https:\/\/api\.mapbox\.com\/styles\/v1\/mapbox\/dark-v11\/tiles\/.*access_token=pk\.1$/,
    )
    feed(pipeline, 0)
    await asked
    await drawn(page)
    await page.getByText('© Mapbox © OpenStreetMap').waitFor()
    await page.getByTestId('map').screenshot({ path: stand.screenshot('map-mapbox') })
    expect([...origins].sort()).toEqual([new URL(url).host, 'api.mapbox.com'])
    expect(problems).toEqual([])
  })

  test('goes on where it was after a loss of the backend', async () => {
    const { page, pipeline } = await openMap(FUKUSHIMA)
    await drawn(page)
    const alerts = page.getByRole('listitem')
    await eventually(async () =>
      expect(await alerts.getByText('2 readings', { exact: true }).count()).toBe(1),
    )
    const port = pipeline.backend.httpPort
    await pipeline.backend.close()
    await eventually(async () => expect((await told(page))?.state).toMatch(/down|reconnecting/))
    expect((await told(page))?.pointCount).toBe(41)
    const again = await stand.startPipeline(`127.0.0.1:${port}`)
    for (const round of [8, 9]) feed(again, round)
    await vi.waitFor(
      async () => expect(await told(page)).toMatchObject({ state: 'live', pointCount: 41 }),
      20_000,
    )
    await eventually(async () =>
      expect(await buttonsIn(page.getByTestId('map')).allTextContents()).toEqual(['▲ ≈ 3.89 µSv/h']),
    )
    await eventually(async () =>
      expect(await alerts.getByText('3 readings', { exact: true }).count()).toBe(1),
    )
    expect(await alerts.count()).toBe(1)
  }, 45_000)

  /** How many colours a canvas of the map shows; a blank one has a single one. */
  async function coloursOf(page: Page, selector = '.maplibregl-canvas'): Promise<number> {
    const picture = await page.locator(selector).screenshot()
    return page.evaluate(
      async (bytes) => {
        const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: 'image/png' }))
        const canvas = new OffscreenCanvas(bitmap.width, bitmap.height)
        const context = canvas.getContext('2d')
        context?.drawImage(bitmap, 0, 0)
        const pixels =
          context?.getImageData(0, 0, bitmap.width, bitmap.height).data ?? new Uint8ClampedArray()
        return new Set(new Uint32Array(pixels.buffer)).size
      },
      [...picture],
    )
  }
})

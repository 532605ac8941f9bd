import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { launchChromium, withoutChromium } from './chromium.ts'
import { runJson, withProject } from './radtune.ts'
import { FIRST_CRITICAL, replayDump, SENSORS } from './replay-dump.ts'

const PATIENT = { timeout: 30_000, interval: 200 }

async function upWithDump(project: string) {
  const file = join(project, 'replay.csv')
  await writeFile(file, replayDump({ rows: 200_000 }))
  const up = [
    'up',
    '--profile',
    '4c8g',
    '--port',
    'auto',
    '--data',
    file,
    '--set',
    'provider.playbackSpeed=60',
  ]
  expect((await runJson(project, up)).document).toMatchObject({ ok: true })
  return (await runJson(project, ['status'])).document.data
}

async function openPage(port: number) {
  const browser = await launchChromium()
  onTestFinished(() => browser.close())
  const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } })
  const elsewhere: string[] = []
  const faults: string[] = []
  page.on('request', (request) => {
    if (new URL(request.url()).host !== `127.0.0.1:${port}`) elsewhere.push(request.url())
  })
  page.on('pageerror', (error) => faults.push(error.message))
  await page.goto(`http://127.0.0.1:${port}/?view=table&unit=cpm`)
  return { page, elsewhere, faults }
}

interface Shown {
  pointCount: number
  levelCounts: Record<string, number>
  state: string
}
const shown = (page: Page) => page.evaluate('window.__radtune') as Promise<Shown>
const eventMinutes = async (page: Page) =>
  Date.parse(`${(await page.getByTestId('event-time').textContent())?.replace(' UTC', 'Z')}`) / 60_000
const recordsIn = (page: Page) => page.getByTestId('records-in').textContent()
/** The newest critical reading, and how many there were of its sensor. */
const alert = async (page: Page) => {
  const [row] = await page.locator('.alerts li').all()
  const numberIn = async (place: string) =>
    Number((await row?.locator(place).textContent())?.replace(/\D/g, ''))
  return { value: await numberIn('.critical'), readings: await numberIn('.readings') }
}

describe.skipIf(withoutChromium)('the page of a running stack (needs Chromium)', () => {
  it('holds the replay, changes its speed and the thresholds, and outlives the backend', {
    timeout: 300_000,
  }, async () => {
    await withProject(async (project) => {
      const { ports, services } = await upWithDump(project)
      const { page, elsewhere, faults } = await openPage(ports.frontend)
      await vi.waitFor(
        async () => expect(await shown(page)).toMatchObject({ state: 'live', pointCount: SENSORS }),
        PATIENT,
      )
      await vi.waitFor(
        async () =>
          expect(await page.getByTestId('system-sentence').textContent()).toMatch(/^All 6 services healthy/),
        PATIENT,
      )

      await page.getByRole('button', { name: 'Pause' }).click()
      await vi.waitFor(async () => expect(await shown(page)).toMatchObject({ state: 'paused' }), PATIENT)
      const held = [await eventMinutes(page), await recordsIn(page)]
      await page.waitForTimeout(4000)
      expect([await eventMinutes(page), await recordsIn(page)]).toEqual(held)
      await page.getByRole('button', { name: 'Resume' }).click()
      await vi.waitFor(async () => expect(await eventMinutes(page)).toBeGreaterThan(Number(held[0])), PATIENT)

      await page.getByRole('radio', { name: '600×', exact: true }).click()
      await vi.waitFor(async () => expect(await page.getByTestId('pace').textContent()).toBe('600×'), PATIENT)
      const [minutes, startedAt] = [await eventMinutes(page), performance.now()]
      await page.waitForTimeout(5000)
      const pace = ((await eventMinutes(page)) - minutes) / ((performance.now() - startedAt) / 60_000)
      expect(pace).toBeGreaterThan(400)
      expect(pace).toBeLessThan(800)

      // 110 to 200 CPM: moderate by the old bound of 200, but for the last, and high by the new one.
      expect((await shown(page)).levelCounts.high).toBeLessThan(3)
      await page.getByText('Thresholds', { exact: true }).click()
      await page.getByLabel('high from').fill('105')
      await page.getByRole('button', { name: 'Apply' }).click()
      await vi.waitFor(
        async () => expect((await shown(page)).levelCounts.high).toBeGreaterThanOrEqual(SENSORS / 2),
        PATIENT,
      )

      const before = await alert(page)
      expect(before.readings).toBeGreaterThan(0)
      const backend = services.find(({ name }: { name: string }) => name === 'backend')
      process.kill(backend.pid, 'SIGKILL')
      await vi.waitFor(async () => expect((await shown(page)).state).toMatch(/reconnecting|down/), PATIENT)
      await vi.waitFor(async () => expect((await shown(page)).state).toBe('live'), PATIENT)
      await vi.waitFor(async () => expect((await shown(page)).pointCount).toBe(SENSORS), PATIENT)
      await page.getByRole('button', { name: 'Pause' }).click()
      await vi.waitFor(async () => expect(await shown(page)).toMatchObject({ state: 'paused' }), PATIENT)
      // Every one since the first, and each once: their values count up.
      await vi.waitFor(async () => {
        const { value, readings } = await alert(page)
        expect(readings).toBe(value - FIRST_CRITICAL + 1)
        expect(readings).toBeGreaterThan(before.readings)
      }, PATIENT)
      expect({ elsewhere, faults }).toEqual({ elsewhere: [], faults: [] })

      const down = (await runJson(project, ['down'])).document
      expect(down).toMatchObject({ ok: true })
      const { normal, critical, dirty, duplicates, inFlight } = down.data.records
      expect(normal + critical + dirty + duplicates + inFlight).toBe(down.data.records.in)
      // What the page changed is in the overlay now.
      const { document } = await runJson(project, ['plan'])
      expect(document.data.settings['thresholds.high']).toMatchObject({ value: 105 })
    })
  })
})

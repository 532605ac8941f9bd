import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { reading } from './live-twin.ts'
import {
  chromiumIsMissing,
  eventually,
  type OpenOptions,
  type PageStand,
  seriousViolations,
  shareStand,
  standUpPage,
  textOf,
  told,
} from './page-stand.ts'

describe.skipIf(chromiumIsMissing)('controls of the pipeline in Chromium', () => {
  const stand = standUpPage()

  async function openControls(
    on: PageStand,
    say: 'open' | 'token' | 'closed' = 'open',
    options: OpenOptions = {},
  ) {
    const twin = await on.startTwin()
    twin.read(reading('1'), reading('2', { value: 1200 }))
    const url = await on.startPage(twin.httpPort)
    const opened = await on.open(`${url}?view=table`, {
      ...options,
      writes: { say, backendPort: twin.httpPort },
    })
    const { page } = opened
    await eventually(async () => expect((await told(page))?.pointCount).toBe(2))
    await vi.waitFor(async () => expect(await textOf(page, 'pace')).toBe('60×'), 5000)
    return {
      ...opened,
      twin,
      screenshot: on.screenshot,
      speed: (name: string) => page.getByRole('radio', { name, exact: true }),
    }
  }

  const eventMinutes = async (page: Parameters<typeof textOf>[0]) =>
    Date.parse(`${(await textOf(page, 'event-time'))?.replace(' UTC', 'Z')}`) / 60_000

  describe('of one page', () => {
    const among = shareStand()
    let shared: Awaited<ReturnType<typeof openControls>>
    beforeAll(async () => {
      shared = await openControls(among)
    })
    beforeEach(async () => {
      const { page, twin, speed } = shared
      twin.reset()
      await vi.waitFor(async () => expect(await textOf(page, 'pace')).toBe('60×'), 5000)
      await vi.waitFor(async () => expect(await speed('60×').isChecked()).toBe(true), 5000)
    })

    test('another speed is seen in the event time', async () => {
      const { page, twin, speed } = shared
      expect(await speed('60×').isChecked()).toBe(true)
      await speed('600×').click()
      await vi.waitFor(async () => expect(await textOf(page, 'pace')).toBe('600×'), 5000)
      expect(twin.writes).toMatchObject([{ path: '/api/playback_speed', body: { playback_speed: 600 } }])
      const before = await eventMinutes(page)
      // Ten minutes a second, where it was one.
      await vi.waitFor(
        async () => expect((await eventMinutes(page)) - before).toBeGreaterThanOrEqual(20),
        5000,
      )
      await page.getByLabel('Other').fill('7')
      await speed('by rate').click()
      // What was typed there is no rate.
      const rate = page.getByRole('textbox', { name: 'Rate' })
      await vi.waitFor(async () => expect(await rate.isVisible()).toBe(true), 5000)
      expect(await rate.inputValue()).not.toBe('7')
      await vi.waitFor(async () => expect(await textOf(page, 'pace')).toMatch(/\/s$/), 5000)
      await speed('600×').click()
      await vi.waitFor(async () => expect(await textOf(page, 'pace')).toBe('600×'), 5000)
      await page.getByLabel('Other').fill('2.5')
      await page.keyboard.press('Enter')
      await vi.waitFor(async () => expect(await textOf(page, 'pace')).toBe('2.5×'), 5000)
      await speed('by rate').click()
      await page.getByRole('textbox', { name: 'Rate' }).fill('5000')
      await page.keyboard.press('Enter')
      await vi.waitFor(async () => expect(await textOf(page, 'pace')).toBe('5,000/s'), 5000)
      expect(twin.writes.at(-1)).toMatchObject({ path: '/api/settings/provider.rate', body: { value: 5000 } })
    })

    test('a pause holds the event time, and is said', async () => {
      const { page, twin, speed } = shared
      await speed('600×').click()
      await vi.waitFor(async () => expect(await textOf(page, 'pace')).toBe('600×'), 5000)
      await page.getByRole('button', { name: 'Pause' }).click()
      await vi.waitFor(async () => expect((await told(page))?.state).toBe('paused'), 5000)
      const held = await textOf(page, 'event-time')
      const from = (await told(page))?.seq ?? 0
      await vi.waitFor(async () => expect((await told(page))?.seq).toBeGreaterThan(from + 4), 5000)
      expect(await textOf(page, 'event-time')).toBe(held)
      await page.screenshot({ path: shared.screenshot('paused') })
      await page.getByRole('button', { name: 'Resume' }).click()
      await vi.waitFor(async () => expect((await told(page))?.state).toBe('live'), 5000)
      await vi.waitFor(async () => expect(await textOf(page, 'event-time')).not.toBe(held), 5000)
      twin.playback.state = 'finished'
      await vi.waitFor(async () => expect(await textOf(page, 'connection')).toBe('replay finished'), 5000)
      expect(await page.getByRole('button', { name: 'Pause' }).isDisabled()).toBe(true)
    })

    test('a refusal is said at the control, which falls back to what is in force', async () => {
      const { page, twin, speed } = shared
      twin.set.refusal = { status: 503, error: 'Kafka did not take it within 3 s' }
      await speed('10×').click()
      await page.getByText('Not changed: Kafka did not take it within 3 s.').waitFor()
      await eventually(async () => expect(await speed('60×').isChecked()).toBe(true))
      twin.set.refusal = { status: 429, error: 'more than 60 changes in a minute' }
      await page.getByRole('button', { name: 'Pause' }).click()
      await page.getByText('Not changed: more than 60 changes in a minute.').waitFor()
      expect(await page.getByRole('button', { name: 'Pause' }).isVisible()).toBe(true)
      twin.set.refusal = null
      await speed('10×').click()
      await vi.waitFor(async () => expect(await textOf(page, 'pace')).toBe('10×'), 5000)
      expect(await page.getByText('Not changed: Kafka').count()).toBe(0)
    })

    test('a silence that was skipped is announced, and kept in a list', async () => {
      const { page, twin } = shared
      twin.skip(41, { agoMs: 5500 })
      await page.getByText('skipped 41 days without data').waitFor()
      await page.getByText('1 silence of the data skipped').click()
      expect(await page.getByText(/^41 days without data/).textContent()).toContain('2020-02-11')
      await page.screenshot({ path: shared.screenshot('skipped') })
      await vi.waitFor(async () => expect(await page.getByText('skipped 41 days').count()).toBe(0), 8000)
    })

    test('thresholds are changed in an order that keeps them rising, and a bad order is told before', async () => {
      const { page, twin } = shared
      await page.getByText('Thresholds').click()
      const field = (name: string) => page.getByLabel(`${name} from`)
      expect(await field('critical').inputValue()).toBe('1000')
      await field('moderate').fill('200')
      await page.getByText('high must be above moderate').waitFor()
      expect(await page.getByRole('button', { name: 'Apply' }).isDisabled()).toBe(true)
      expect(await field('high').getAttribute('aria-invalid')).toBe('true')
      await page.screenshot({ path: shared.screenshot('thresholds-refused') })
      await field('moderate').fill('334')
      await field('high').fill('1500')
      await field('critical').fill('3000')
      await page.getByText('≈ 4.49 µSv/h').waitFor()
      await page.getByRole('button', { name: 'Apply' }).click()
      await page.getByText('334 · 1,500 · 3,000').waitFor()
      expect(twin.writes.map(({ path, body }) => `${path.slice(14)} ${body.value}`)).toEqual([
        'thresholds.critical 3000',
        'thresholds.high 1500',
        'thresholds.moderate 334',
      ])
      await page.getByText('from 3,000 CPM').waitFor()
      expect(await page.getByRole('checkbox', { name: /^moderate 334–1499/ }).count()).toBe(1)
      expect(twin.thresholds).toEqual({ moderate: 334, high: 1500, critical: 3000 })
    })

    test('everything can be done by keyboard', async () => {
      const { page, twin } = shared
      const reach = async (isThere: (label: string) => boolean) => {
        for (let presses = 0; presses < 40; presses += 1) {
          await page.keyboard.press('Tab')
          const label = await page.evaluate(() => {
            const { activeElement } = document
            const labels = (activeElement as HTMLInputElement | null)?.labels
            return `${labels?.[0]?.textContent ?? activeElement?.textContent}`
          })
          if (isThere(label)) return
        }
        throw new Error('Tab does not reach it')
      }
      await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
      await reach((label) => label.endsWith('Pause'))
      await page.keyboard.press('Space')
      await vi.waitFor(async () => expect((await told(page))?.state).toBe('paused'), 5000)
      await page.keyboard.press('Enter')
      await vi.waitFor(async () => expect((await told(page))?.state).toBe('live'), 5000)
      await reach((label) => label === '60×')
      await page.keyboard.press('ArrowRight')
      await vi.waitFor(async () => expect(await textOf(page, 'pace')).toBe('600×'), 5000)
      await reach((label) => label === 'critical from')
      await page.keyboard.type('9000')
      await page.keyboard.press('Enter')
      await vi.waitFor(() => expect(twin.thresholds.critical).toBe(9000), 5000)
    })

    test('axe finds nothing serious, dark and light', async () => {
      const { page } = shared
      for (const colorScheme of ['dark', 'light'] as const) {
        await page.emulateMedia({ colorScheme })
        expect(await seriousViolations(page)).toEqual([])
        await page.screenshot({ path: shared.screenshot(`controls-${colorScheme}`) })
      }
    })
  })

  test('a token is asked for, sent, kept for the tab, and asked for again when it is refused', async () => {
    const { page, twin, speed } = await openControls(stand, 'token')
    expect(await speed('10×').isDisabled()).toBe(true)
    const field = page.locator('.playback').getByLabel('Token')
    await field.fill('s3cret')
    await page.keyboard.press('Enter')
    await speed('10×').click()
    await vi.waitFor(async () => expect(await textOf(page, 'pace')).toBe('10×'), 5000)
    expect(twin.writes.at(-1)?.authorization).toBe('Bearer s3cret')
    expect(page.url()).not.toContain('s3cret')
    await page.reload()
    await eventually(async () => expect(await speed('1×').isEnabled()).toBe(true))
    twin.set.refusal = { status: 401, error: 'a token is needed' }
    await speed('1×').click()
    await page.getByText('Not changed: the token is missing or wrong.').waitFor()
    await field.waitFor()
    expect(await speed('10×').isChecked()).toBe(true)
    await page.screenshot({ path: stand.screenshot('token') })
  })

  test('where nothing may be changed, the controls say why', async () => {
    const { page, speed } = await openControls(stand, 'closed')
    expect(await speed('10×').isDisabled()).toBe(true)
    expect(await page.getByRole('button', { name: 'Pause' }).isDisabled()).toBe(true)
    expect(await page.getByText('Read only: this page may change nothing').first().isVisible()).toBe(true)
  })
})

import axe, { type AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { startBackend } from '../../pipeline/src/backend/index.ts'
import { startStatsServer } from '../../pipeline/src/stats-server/index.ts'
import { FakeTopic, progressOf, quietLogger } from '../../pipeline/test/fake-readings.ts'
import { MemoryStack } from '../../pipeline/test/memory-stack.ts'
import { chromiumIsMissing, eventually, standUpPage, textOf } from './page-stand.ts'

describe.skipIf(chromiumIsMissing)(
  'the system panel in Chromium (at /usr/bin/chromium or in CHROMIUM)',
  () => {
    const stand = standUpPage()
    const closers: (() => Promise<unknown> | unknown)[] = []
    afterEach(async () => {
      for (const close of closers.splice(0).reverse()) await close()
    })

    /** The real backend, which looks at real stats servers; what those tell is made up. */
    async function startSystem({ withoutLimits = false } = {}) {
      const stack = new MemoryStack()
      stack.at = Date.now()
      const going = setInterval(() => stack.turn(Date.now() - stack.at, { cpus: 0.24 }), 100)
      closers.push(() => clearInterval(going))
      const stats: Record<string, string | null> = { kafka: null }
      const servers = new Map<string, { close(): Promise<void> }>()
      const startService = async (name: string, address = '127.0.0.1:0') => {
        const server = await startStatsServer({
          address,
          sample: () => stack.sampleOf(name),
          health: () => ({ healthy: true, reason: null }),
          metrics: async () => '',
        })
        closers.push(server.close)
        servers.set(name, server)
        stats[name] = `127.0.0.1:${server.port}`
      }
      for (const [name, service] of stack.services) {
        if (withoutLimits) service.cpuLimit = null
        await startService(name)
        if (name === 'worker-2') stats.backend = null
      }
      const topics = ['normal-data', 'critical-data'].map((topic) => new FakeTopic(topic))
      const backend = await startBackend({
        service: 'backend',
        httpAddress: '127.0.0.1:0',
        statsAddress: '127.0.0.1:0',
        readings: topics,
        progress: async () => [progressOf({ end: stack.records.in, normal: stack.records.out })],
        thresholds: { moderate: 50, high: 200, critical: 1000 },
        system: {
          outline: { ...stack.outline, stats },
          settings: () => ({ revision: 1, values: stack.settings }),
        },
        logger: quietLogger,
      })
      closers.push(backend.close)
      await eventually(() => {
        for (const topic of topics) topic.assign()
      })
      const fetching = setInterval(() => {
        for (const topic of topics) topic.fetch()
      }, 1000)
      closers.push(() => clearInterval(fetching))
      const restart = (name: string) => startService(name, stats[name] ?? undefined)
      return { servers, restart, url: await stand.startPage(backend.httpPort) }
    }

    const rowOf = (page: Page, name: string) => page.getByTestId(`service-${name}`).innerText()

    test('says in a sentence that all is well, and each service what it uses of its limits', async () => {
      const { url } = await startSystem()
      const { page, problems } = await stand.open(`${url}?view=table`)
      await vi.waitFor(
        async () =>
          expect(await textOf(page, 'system-sentence')).toMatch(
            /^All 6 services healthy, [\d,]+ records\/s, nothing held back\.$/,
          ),
        15_000,
      )
      await eventually(async () => expect(await rowOf(page, 'worker-1')).toMatch(/1[5-7] % of 1\.5/))
      expect(await rowOf(page, 'worker-1')).toMatch(/worker-1\s+✓ healthy\s+1. % of 1\.5\s+39 % of 512 MiB/)
      expect(await rowOf(page, 'kafka')).toMatch(/kafka\s+✓ healthy\s+no value\s+no value/)
      expect(await textOf(page, 'flow-provider')).toMatch(/\/s$/)
      expect(await textOf(page, 'flow-Kafka')).toBe('lag 0')
      expect(await textOf(page, 'system-delay')).toBe('Delay p50 no value, p99 no value')
      expect(await page.getByTestId('system-advice').innerText()).toBe(
        'The tuning rules have not been asked yet.',
      )
      const bar = page.getByTestId('service-worker-1').locator('.use-bar span').first()
      const width = Number.parseFloat((await bar.getAttribute('style'))?.replace(/^width:\s*/, '') ?? '')
      expect(width).toBeGreaterThan(14)
      expect(width).toBeLessThan(18)
      expect(problems).toEqual([])
      await page.locator('.panel.system').screenshot({ path: stand.screenshot('system-dark') })
    }, 45_000)

    test('tells within five seconds of a service that is gone, and that it is back', async () => {
      const { url, servers, restart } = await startSystem()
      const { page } = await stand.open(`${url}?view=table`)
      await vi.waitFor(async () => expect(await textOf(page, 'system-sentence')).toMatch(/^All 6/), 15_000)
      const told = page.locator('.system [aria-live=polite]')
      expect(await told.textContent()).toBe('All 6 services healthy')
      await servers.get('worker-1')?.close()
      await vi.waitFor(
        async () =>
          expect(await textOf(page, 'system-sentence')).toMatch(
            /^worker-1 is silent: nothing listens on 127/,
          ),
        5000,
      )
      expect(await told.textContent()).toBe('worker-1 is silent')
      expect(await rowOf(page, 'worker-1')).toMatch(/worker-1\s+✕ silent\s+no value\s+no value/)
      expect(await rowOf(page, 'provider')).toMatch(/healthy/)
      await restart('worker-1')
      await vi.waitFor(async () => expect(await textOf(page, 'system-sentence')).toMatch(/^All 6/), 5000)
    }, 45_000)

    test('shows what is used where no limit is enforced, and no bar', async () => {
      const { url } = await startSystem({ withoutLimits: true })
      const { page } = await stand.open(`${url}?view=table`)
      await vi.waitFor(
        async () => expect(await rowOf(page, 'worker-1')).toMatch(/0\.2\d? CPU\s+400 MiB/),
        15_000,
      )
      expect(await page.getByTestId('service-worker-1').locator('.use-bar').count()).toBe(0)
    }, 45_000)

    test.each([
      ['light-1280', { width: 1280, height: 900 }, 'light'],
      ['light-400', { width: 400, height: 800 }, 'light'],
      ['dark-360', { width: 360, height: 740 }, 'dark'],
    ] as const)(
      'fits its place and is accessible: %s',
      async (name, size, colorScheme) => {
        const { url, servers } = await startSystem()
        await servers.get('provider')?.close()
        const { page } = await stand.open(`${url}?view=table`, { size, colorScheme })
        if (size.width < 720) await page.getByRole('button', { name: /sensors.*alert/ }).click()
        await vi.waitFor(
          async () => expect(await textOf(page, 'system-sentence')).toMatch(/^provider is/),
          15_000,
        )
        const panel = page.locator('.panel.system')
        await panel.scrollIntoViewIfNeeded()
        const spills = await panel.evaluate((element) => element.scrollWidth - element.clientWidth)
        expect(spills).toBeLessThanOrEqual(0)
        const wraps = await page
          .locator('.services .condition')
          .evaluateAll(
            (all) => all.filter((one) => one.scrollWidth > (one.parentElement?.clientWidth ?? 0)).length,
          )
        expect(wraps).toBe(0)
        await panel.screenshot({ path: stand.screenshot(`system-${name}`) })
        await page.evaluate(axe.source)
        const { violations } = await page.evaluate<AxeResults>("axe.run('.panel.system')")
        expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
      },
      45_000,
    )
  },
)

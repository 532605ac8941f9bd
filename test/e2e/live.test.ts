import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { launchChromium, withoutChromium } from './chromium.ts'
import { countTopics } from './count-topics.ts'
import { runJson, withProject } from './radtune.ts'

interface Sums {
  in: number
  normal: number
  critical: number
  dirty: number
  duplicates: number
  inFlight: number
}

const sumOf = ({ normal, critical, dirty, duplicates, inFlight }: Sums) =>
  normal + critical + dirty + duplicates + inFlight

describe.skipIf(withoutChromium)('the generator, live for a minute (needs Chromium)', () => {
  it('shows moving counts on the page, and every record is accounted for', { timeout: 300_000 }, async () => {
    await withProject(async (project) => {
      const up = await runJson(project, ['up', '--port', 'auto', '--fresh', '--yes'])
      expect(up.document).toMatchObject({ ok: true })
      const { ports } = (await runJson(project, ['status'])).document.data
      const browser = await launchChromium()
      onTestFinished(() => browser.close())
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
      const elsewhere: string[] = []
      const faults: string[] = []
      const origin = `127.0.0.1:${ports.frontend}`
      page.on('request', (request) => {
        if (new URL(request.url()).host !== origin) elsewhere.push(request.url())
      })
      page.on('pageerror', (error) => faults.push(error.message))
      await page.goto(`http://${origin}/`)
      const shown = () =>
        page.evaluate('window.__radtune') as Promise<{ seq: number; pointCount: number; state: string }>
      await vi.waitFor(async () => expect(await shown()).toMatchObject({ state: 'live' }), {
        timeout: 20_000,
      })
      const before = await shown()
      await vi.waitFor(
        async () => {
          const after = await shown()
          expect(after.seq).toBeGreaterThan(before.seq + 4)
          expect(after.pointCount).toBeGreaterThan(before.pointCount)
        },
        { timeout: 20_000, interval: 250 },
      )

      await vi.waitFor(
        async () => {
          const { data } = (await runJson(project, ['status'])).document
          expect(sumOf(data.records)).toBe(data.records.in)
          expect(data.mismatches).toEqual([])
          expect(data.records.in).toBeGreaterThan(60_000)
        },
        { timeout: 150_000, interval: 3000 },
      )
      const { data } = (await runJson(project, ['status'])).document
      for (const kind of ['normal', 'critical', 'dirty', 'duplicates'])
        expect(data.records[kind]).toBeGreaterThan(0)
      expect(data.services.map(({ restarts }: { restarts: number }) => restarts)).toEqual(Array(6).fill(0))

      const counts = await countTopics(`127.0.0.1:${ports.kafka}`)
      expect(counts).toMatchObject({ repeated: [], orphans: 0, misplaced: 0, outOfOrder: 0 })
      expect((await shown()).state).toBe('live')
      expect({ elsewhere, faults }).toEqual({ elsewhere: [], faults: [] })

      const down = (await runJson(project, ['down'])).document
      expect(down).toMatchObject({ ok: true, data: { stopped: true } })
      expect(sumOf(down.data.records)).toBe(down.data.records.in)
      await vi.waitFor(async () => expect((await shown()).state).not.toBe('live'), { timeout: 20_000 })
    })
  })
})

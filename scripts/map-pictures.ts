import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import type { Browser } from 'playwright-core'
import { runJson, withProject } from '../test/e2e/radtune.ts'
import { launchBrowser } from './bench/launch-browser.ts'
import { build, projectDir } from './run-program.ts'

const help = `npm run pictures [-- --sensors 1500] [--rate 1000] [--to docs/pictures]

Makes the pictures of the live map anew: starts a stack with generated readings, waits until a page holds so many sensors, and takes the
page as it is then: the world in light, Fukushima with the details of a critical reading in dark. CHROMIUM names another browser.`

const { values } = parseArgs({
  options: {
    sensors: { type: 'string', default: '1500' },
    rate: { type: 'string', default: '1000' },
    to: { type: 'string', default: join(projectDir, 'docs', 'pictures') },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(help)
  process.exit(0)
}

interface Picture {
  name: string
  colorScheme: 'light' | 'dark'
  query: string
  /** With the details of the newest critical reading, where the map is then. */
  details: boolean
}

const PICTURES: readonly Picture[] = [
  { name: 'map-light', colorScheme: 'light', query: '', details: false },
  { name: 'map-dark', colorScheme: 'dark', query: '?at=37.5500,140.5000,9.05', details: true },
]
const PATIENCE_MS = 120_000

const built = await build()
if (built !== 0) process.exit(built)
await mkdir(values.to, { recursive: true })

await withProject(async (project) => {
  const launched = (await runJson(project, ['up', '--port', 'auto', '--rate', values.rate])).document
  if (!launched.ok) throw new Error(`up failed: ${launched.error?.code} ${launched.error?.message}`)
  const { ports } = (await runJson(project, ['status'])).document.data
  const browser = await launchBrowser()
  try {
    for (const picture of PICTURES) {
      const path = join(values.to, `${picture.name}.png`)
      await take(browser, { ...picture, url: `http://127.0.0.1:${ports.frontend}/${picture.query}`, path })
      console.log(path)
    }
  } finally {
    await browser.close()
  }
})

async function take(
  browser: Browser,
  { colorScheme, details, url, path }: Picture & { url: string; path: string },
) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme })
  page.setDefaultTimeout(PATIENCE_MS)
  await page.goto(url)
  await page.waitForFunction(
    (count) => ((window as { __radtune?: { pointCount: number } }).__radtune?.pointCount ?? 0) >= count,
    Number(values.sensors),
  )
  await page.locator('.map-canvas[data-drawn]').waitFor()
  if (details) {
    await page.locator('.alert-label').first().click()
    await page.getByText(/^Last \d+ readings/).waitFor()
  } else await page.getByRole('button', { name: 'fit' }).click()
  await page.mouse.move(0, 0)
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
  // A flight takes half a second, and a sparkline two values.
  await page.waitForTimeout(5000)
  await page.screenshot({ path })
  await page.close()
}

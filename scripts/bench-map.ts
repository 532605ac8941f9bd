import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { parseDuration } from '../packages/core/src/units/index.ts'
import { startBackend } from '../packages/pipeline/src/backend/index.ts'
import { startFrontend } from '../packages/pipeline/src/frontend/index.ts'
import { FakeTopic, outputRecord, progressOf, quietLogger } from '../packages/pipeline/test/fake-readings.ts'
import { launchBrowser } from './bench/launch-browser.ts'
import { type PageMemory, watchPageMemory } from './bench/page-memory.ts'
import { cpuMsOf, descendantsOf } from './bench/process-usage.ts'
import { mebibytes, slopePerHour, tableText } from './bench/report.ts'
import { build } from './run-program.ts'

const help = `npm run bench:map -- [--sensors 20000] [--for 10] [--width 1280] [--height 800] [--changed 400] [--frame-bytes 20480]
       npm run bench:map -- --memory 10m

Shows many sensors on the live map in headless Chromium with software WebGL and counts the frames that the browser draws: while the map
stands still, while it is moved all the time with every sensor in it, and with the grid of the zoomed-out map. Four times a second
--changed of them get another place and value, of which the backend sends what fits into its frames of 20 KB, or into those of
--frame-bytes. CHROMIUM names another browser.

With --memory it shows every sensor for so long instead, the same change and a critical reading every 250 ms, and prints once a minute, or ten times if that is more often,
what the JavaScript heaps of page and workers hold after their garbage was collected, and how fast they grow: fitted over all but the
first minute.`

const { values } = parseArgs({
  options: {
    sensors: { type: 'string', default: '20000' },
    for: { type: 'string', default: '10' },
    width: { type: 'string', default: '1280' },
    height: { type: 'string', default: '800' },
    changed: { type: 'string', default: '400' },
    'frame-bytes': { type: 'string', default: '20480' },
    memory: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(help)
  process.exit(0)
}

const sensors = Number(values.sensors)
/** What the page tells of itself. */
type Told = { __radtune?: { seq: number; pointCount: number } }
const forMs = Number(values.for) * 1000
const FRAME_EVERY_MS = 250
const MINUTE_MS = 60_000
const CENTRE = { latitude: 37.6, longitude: 140.6 }
/** Degrees over which the sensors are spread: they fill the window at zoom 9. */
const SPREAD = { latitude: 1, longitude: 2 }

const built = await build()
if (built !== 0) process.exit(built)

const topic = new FakeTopic('normal-data')
const backend = await startBackend({
  service: 'backend',
  httpAddress: '127.0.0.1:0',
  statsAddress: '127.0.0.1:0',
  readings: [topic],
  progress: async () => [progressOf({ end: 1, normal: 1 })],
  thresholds: { moderate: 50, high: 200, critical: 1000 },
  logger: quietLogger,
  // The page begins with all sensors, which it would otherwise hear of bit by bit.
  limits: {
    snapshotPoints: sensors,
    frameBytes: Number(values['frame-bytes']),
    frameEveryMs: FRAME_EVERY_MS,
  },
})
const frontend = await startFrontend({
  service: 'frontend',
  httpAddress: '127.0.0.1:0',
  statsAddress: '127.0.0.1:0',
  backendUrl: `http://127.0.0.1:${backend.httpPort}`,
  logger: quietLogger,
})
// The page is put together without a graphics card too.
const browser = await launchBrowser(['--disable-gpu-compositing'])
try {
  await delay(FRAME_EVERY_MS)
  topic.assign()
  if (values.memory === undefined) await benchFrames()
  else await benchMemory(values.memory)
} finally {
  await browser.close()
  await frontend.close()
  await backend.close()
}
process.exit(0)

async function benchFrames(): Promise<void> {
  const rows: string[][] = []
  for (const [name, zoom, moving] of [
    ['no map but the table', null, false],
    ['every sensor, standing still', 9, false],
    ['every sensor, moved all the time', 9, true],
    ['grid, moved all the time', 7, true],
  ] as const)
    rows.push([name, ...(await measure(zoom, moving))])
  console.log(`\n${sensors} sensors, ${values.width} × ${values.height}, ${values.for} s each\n`)
  console.log(tableText(['map', 'frames/s', 'longest', 'CPU a frame', 'messages/s', 'on the page'], rows))
}

async function benchMemory(duration: string): Promise<void> {
  const forMs = parseDuration(duration)
  if (!forMs.ok) throw new Error(`--memory ${duration}: ${forMs.problem}`)
  const shown = await showSensors(9)
  const row = ({ atMs, heap, workerHeap, resident }: PageMemory) => [
    (atMs / MINUTE_MS).toFixed(1),
    ...[heap, workerHeap].map((bytes) => (bytes / 1024 / 1024).toFixed(2)),
    mebibytes(resident),
  ]
  const head = ['minute', 'page heap, MiB', 'workers, MiB', 'all processes, resident']
  const memories = await watchPageMemory(shown.page, {
    browserOf: process.pid,
    forMs: forMs.value,
    everyMs: Math.min(MINUTE_MS, forMs.value / 10),
    seen: (memory) => console.error(row(memory).join('  ')),
  })
  await shown.close()
  const slope = (of: (memory: PageMemory) => number) => {
    const points = memories.slice(1).map((memory) => ({ atMs: memory.atMs, value: of(memory) }))
    return `${(slopePerHour(points) / 60 / 1024).toFixed(1)} KiB/min`
  }
  const slopes = [
    slope(({ heap }) => heap),
    slope(({ workerHeap }) => workerHeap),
    slope(({ resident }) => resident),
  ]
  console.log(`\n${sensors} sensors on the map, ${values.width} × ${values.height}\n`)
  console.log(tableText(head, [...memories.map(row), ['slope', ...slopes]]))
}

/** A zoom of null is the table: what the browser reaches on this machine without a map. */
async function measure(zoom: number | null, moving: boolean): Promise<string[]> {
  const { page, close } = await showSensors(zoom)
  const cpuBefore = await browserCpuMs()
  const counted = countFrames(page)
  if (moving) await move(page)
  const { frames, longestMs, messages, points } = await counted
  const cpuMs = (await browserCpuMs()) - cpuBefore
  await close()
  const seconds = forMs / 1000
  return [
    (frames / seconds).toFixed(1),
    `${longestMs.toFixed(0)} ms`,
    `${(cpuMs / frames).toFixed(0)} ms`,
    (messages / seconds).toFixed(1),
    points.toLocaleString('en-GB'),
  ]
}

/** Opens the page with all sensors, which go on changing until it is closed. */
async function showSensors(zoom: number | null): Promise<{ page: Page; close(): Promise<void> }> {
  const viewport = { width: Number(values.width), height: Number(values.height) }
  const page = await browser.newPage({ viewport })
  let round = 0
  send(round, sensors)
  const feeding = setInterval(() => {
    round += 1
    send(round, Number(values.changed))
    if (values.memory !== undefined) sendCritical(round)
  }, FRAME_EVERY_MS)
  const view = zoom === null ? 'view=table' : `at=${CENTRE.latitude},${CENTRE.longitude},${zoom}`
  await page.goto(`http://127.0.0.1:${frontend.httpPort}/?${view}`)
  await page.waitForFunction((count) => ((window as Told).__radtune?.pointCount ?? 0) >= count, sensors, {
    timeout: 60_000,
  })
  await page.locator(zoom === null ? 'table' : '.map-canvas[data-drawn]').waitFor()
  return {
    page,
    async close() {
      clearInterval(feeding)
      await page.close()
    },
  }
}

/** CPU time of all processes of the browser, milliseconds: on a machine that has other work, more telling than the rate. */
async function browserCpuMs(): Promise<number> {
  const pids = await descendantsOf(process.pid)
  const used = await Promise.all(pids.map((pid) => cpuMsOf(pid).catch(() => 0)))
  return used.reduce((sum, ms) => sum + ms, 0)
}

function countFrames(page: Page) {
  return page.evaluate(async (durationMs) => {
    const first = (window as Told).__radtune?.seq ?? 0
    const begun = performance.now()
    let frames = 0
    let longestMs = 0
    let before = begun
    while (before - begun < durationMs) {
      const now = await new Promise<number>((resolve) =>
        requestAnimationFrame(() => resolve(performance.now())),
      )
      frames += 1
      longestMs = Math.max(longestMs, now - before)
      before = now
    }
    const { seq = 0, pointCount = 0 } = (window as Told).__radtune ?? {}
    return { frames, longestMs, messages: seq - first, points: pointCount }
  }, forMs)
}

/** Drags the map to and fro for as long as is measured. */
async function move(page: Page): Promise<void> {
  const [x, y] = [Number(values.width) * 0.6, Number(values.height) * 0.4]
  await page.mouse.move(x, y)
  await page.mouse.down()
  const end = Date.now() + forMs
  for (let step = 0; Date.now() < end; step += 1) {
    await page.mouse.move(x + 120 * Math.sin(step / 8), y + 60 * Math.cos(step / 11))
    await delay(8)
  }
  await page.mouse.up()
}

/** The next `count` sensors, one after the other, each at its new place. */
function send(round: number, count: number): void {
  const records = Array.from({ length: count }, (_, index) => {
    const n = (round * count + index) % sensors
    const [across, down] = [((n * 0.618034) % 1) - 0.5, n / sensors - 0.5]
    return outputRecord({
      device_id: String(n),
      latitude: CENTRE.latitude + down * SPREAD.latitude + Math.sin(round / 4 + n) * 0.01,
      longitude: CENTRE.longitude + across * SPREAD.longitude + Math.cos(round / 4 + n) * 0.01,
      value: Math.round(10 * 10 ** ((n * 0.754877) % 1.8)),
      captured_time: new Date(Date.UTC(2020, 1, 11) + round * 1000).toISOString(),
    })
  })
  topic.deliver(...records)
}

function sendCritical(round: number): void {
  topic.deliver(
    outputRecord({
      device_id: `hot-${round % 20}`,
      ...CENTRE,
      value: 1000 + (round % 500),
      captured_time: new Date(Date.UTC(2020, 1, 11) + round * 1000).toISOString(),
    }),
  )
}

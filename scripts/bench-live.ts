import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { BackendSample, StatsAnswer } from '@radtune/core/contract'
import { runJson, withProject } from '../test/e2e/radtune.ts'
import { mebibytes, quantile, tableText, thousands } from './bench/report.ts'
import { joinLive, type Watched } from './bench/watch-live.ts'
import { build } from './run-program.ts'

const help = `npm run bench:live -- [--profile 4c8g] [--rate 10000] [--clients 1,50,100] [--warm 20] [--for 30]

Brings a stack up at a rate and lets so many browsers watch it (WebSocket clients that read and draw nothing), at each step also with one more that reads
nothing at all. Prints the time between frames at those who read, what they get, and what the backend takes: CPU, periods throttled, memory, delay.
The clients run in this process, on the same machine.`

const { values } = parseArgs({
  options: {
    profile: { type: 'string', default: '4c8g' },
    rate: { type: 'string', default: '10000' },
    clients: { type: 'string', default: '1,50,100' },
    warm: { type: 'string', default: '20' },
    for: { type: 'string', default: '30' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(help)
  process.exit(0)
}
const SETTLE_MS = 5000
const HEAD = [
  'clients',
  'frames/s each',
  'gap p50',
  'p99',
  'longest',
  'KB/s each',
  'longest frame',
  'lost',
  'skipped',
  'CPU',
  'throttled',
  'memory',
  'RSS',
  'delay p99',
]
const forMs = Number(values.for) * 1000
const built = await build()
if (built !== 0) process.exit(built)

await withProject(async (project) => {
  const launch = ['up', '--profile', values.profile, '--port', 'auto', '--rate', values.rate]
  const { document: up } = await runJson(project, launch)
  if (!up.ok) throw new Error(`up failed: ${up.error?.code} ${up.error?.message}`)
  const { backend: publicPort, stats } = up.data.ports
  await delay(Number(values.warm) * 1000)
  const rows: string[][] = []
  for (const clients of values.clients.split(',').map(Number)) {
    for (const stalled of [0, 1]) {
      const audience = await joinLive(`ws://127.0.0.1:${publicPort}/ws`, { clients, stalled })
      await delay(SETTLE_MS)
      const before = await sampleOf(stats.backend)
      const watched = await audience.watch(forMs)
      const after = await sampleOf(stats.backend)
      const { data } = (await runJson(project, ['status'])).document
      const service = data.services.find(({ name }: { name: string }) => name === 'backend')
      audience.close()
      rows.push(cells({ clients, stalled, watched, before, after, service }))
      console.log(rows.at(-1)?.join('  '))
      await delay(SETTLE_MS)
    }
  }
  console.log(`\n${values.profile}, ${values.rate}/s\n${tableText(HEAD, rows)}`)
})

interface Seen {
  clients: number
  stalled: number
  watched: Watched
  before: BackendSample
  after: BackendSample
  service: { memory: number; throttling: { recentShare: number } | null }
}

function cells({ clients, stalled, watched, before, after, service }: Seen): string[] {
  const seconds = forMs / 1000
  const gaps = watched.gapsMs
  return [
    `${clients}${stalled > 0 ? ` and ${stalled} stalled` : ''}`,
    (watched.frames / clients / seconds).toFixed(2),
    `${Math.round(quantile(gaps, 0.5))} ms`,
    `${Math.round(quantile(gaps, 0.99))} ms`,
    `${Math.round(quantile(gaps, 1))} ms`,
    thousands(watched.bytes / clients / seconds / 1000),
    `${(watched.longestBytes / 1024).toFixed(1)} KiB`,
    String(watched.lost),
    String(after.skippedFrames - before.skippedFrames),
    ((after.cpuMs - before.cpuMs) / (after.at - before.at)).toFixed(2),
    `${Math.round((service.throttling?.recentShare ?? Number.NaN) * 100)} %`,
    mebibytes(service.memory),
    mebibytes(after.rssBytes),
    `${Math.round(after.endToEnd.p99Ms ?? Number.NaN)} ms`,
  ]
}

async function sampleOf(port: number): Promise<BackendSample> {
  const answer = await fetch(`http://127.0.0.1:${port}/stats?history=0`)
  const { current } = (await answer.json()) as StatsAnswer<BackendSample>
  if (!current) throw new Error('the backend has no sample yet')
  return current
}

import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { BackendSample, StatsAnswer } from '@radtune/core/contract'
import { runJson, withProject } from '../test/e2e/radtune.ts'
import { mebibytes, median, tableText } from './bench/report.ts'
import { build } from './run-program.ts'

const help = `npm run bench:latency -- [--profile 4c8g] [--rates 1000,5000,10000] [--set KEY=VALUE]… [--warm 30] [--for 60]

Brings a stack up and measures it at each rate: end-to-end latency at the backend in windows of 10 s (the median of the windows,
and the worst one), the share of periods in which the broker was throttled, the resident memory of each service, and how long
up took. Latency is a matter of the whole machine: compare only what one run printed.`

const { values } = parseArgs({
  options: {
    profile: { type: 'string', default: '4c8g' },
    rates: { type: 'string', default: '1000,5000,10000' },
    set: { type: 'string', multiple: true, default: [] },
    warm: { type: 'string', default: '30' },
    for: { type: 'string', default: '60' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(help)
  process.exit(0)
}
const WINDOW_MS = 10_000
const rates = values.rates.split(',').map(Number)
const windows = Math.max(1, Math.round((Number(values.for) * 1000) / WINDOW_MS))
const built = await build()
if (built !== 0) process.exit(built)

await withProject(async (project) => {
  const pins = values.set.flatMap((pin) => ['--set', pin])
  const first = String(rates[0])
  const { document: up } = await runJson(project, [
    'up',
    '--profile',
    values.profile,
    '--port',
    'auto',
    '--rate',
    first,
    ...pins,
  ])
  if (!up.ok) throw new Error(`up failed: ${up.error?.code} ${up.error?.message}`)
  console.log(`${values.profile} ${values.set.join(' ')}: up in ${(up.data.elapsedMs / 1000).toFixed(1)} s`)
  const rows: string[][] = []
  let memory: Record<string, number> = {}
  for (const rate of rates) {
    if (rate !== rates[0]) await runJson(project, ['set', `provider.rate=${rate}`])
    await delay(Number(values.warm) * 1000)
    const seen: BackendSample['endToEnd'][] = []
    const shares: number[] = []
    for (let window = 0; window < windows; window += 1) {
      await delay(WINDOW_MS)
      const { data } = (await runJson(project, ['status'])).document
      seen.push(await endToEnd(up.data.ports.stats.backend))
      const kafka = data.services.find(({ name }: { name: string }) => name === 'kafka')
      shares.push(kafka.throttling?.recentShare ?? Number.NaN)
      memory = Object.fromEntries(
        data.services.map((service: { name: string; memory: number }) => [service.name, service.memory]),
      )
    }
    rows.push([`${rate}/s`, ...latencyCells(seen), `${Math.round(median(shares) * 100)} %`])
    console.log(rows.at(-1)?.join('  '))
  }
  console.log(`\n${tableText(['rate', 'p50', 'p99', 'p99 worst', 'p99.9 worst', 'kafka throttled'], rows)}`)
  const used = Object.entries(memory).map(([name, bytes]) => `${name} ${mebibytes(bytes)}`)
  console.log(`\nmemory at ${rates.at(-1)}/s: ${used.join(', ')}`)
})

async function endToEnd(port: number): Promise<BackendSample['endToEnd']> {
  const answer = await fetch(`http://127.0.0.1:${port}/stats?history=0`)
  const { current } = (await answer.json()) as StatsAnswer<BackendSample>
  if (!current) throw new Error('the backend has no sample yet')
  return current.endToEnd
}

function latencyCells(windows: readonly BackendSample['endToEnd'][]): string[] {
  const of = (key: 'p50Ms' | 'p99Ms' | 'p999Ms') => windows.map((latency) => latency[key] ?? Number.NaN)
  const ms = (value: number) => `${value.toFixed(0)} ms`
  return [
    ms(median(of('p50Ms'))),
    ms(median(of('p99Ms'))),
    ms(Math.max(...of('p99Ms'))),
    ms(Math.max(...of('p999Ms'))),
  ]
}

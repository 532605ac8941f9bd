import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { BackendSample, StatsAnswer } from '@radtune/core/contract'
import { runJson, withProject } from '../test/e2e/radtune.ts'
import { LEGS, readLegs } from './bench/latency-legs.ts'
import { mebibytes, median, quantile, tableText } from './bench/report.ts'
import { build } from './run-program.ts'

const help = `npm run bench:latency -- [--profile 4c8g] [--rates 1000,5000,10000] [--set KEY=VALUE]… [--warm 30] [--for 60]

Brings a stack up and measures it at each rate: end-to-end latency at the backend in windows of 10 s (the median of the windows,
and the worst one), the CPU of each service, the share of periods in which it was throttled, its resident memory, and how long up took. After the windows of a rate it reads from the log of one partition where its records spent
their time. Latency is a matter of the whole machine: compare only what one run printed.`

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
const PARTITIONS = 6
/** So long back the legs are read, of one partition out of all. */
const LEGS_SECONDS = 20
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
  const legRows: string[][] = []
  const cpuRows: string[][] = []
  let cpuHead: string[] = []
  let memory: Record<string, number> = {}
  for (const rate of rates) {
    if (rate !== rates[0]) await runJson(project, ['set', `provider.rate=${rate}`])
    await delay(Number(values.warm) * 1000)
    const seen: BackendSample['endToEnd'][] = []
    const used = new Map<string, { cpus: number[]; throttled: number[] }>()
    for (let window = 0; window < windows; window += 1) {
      await delay(WINDOW_MS)
      // Before `status` runs: what that takes of the CPU belongs to no window.
      seen.push(await endToEnd(up.data.ports.stats.backend))
      const { data } = (await runJson(project, ['status'])).document
      for (const { name, cpu, throttling } of data.services) {
        const { cpus, throttled } = getOrAdd(used, name)
        cpus.push(cpu)
        throttled.push(throttling?.recentShare ?? Number.NaN)
      }
      memory = Object.fromEntries(
        data.services.map((service: { name: string; memory: number }) => [service.name, service.memory]),
      )
    }
    rows.push([`${rate}/s`, ...latencyCells(seen)])
    console.log(rows.at(-1)?.join('  '))
    cpuHead = ['CPU, periods throttled', ...used.keys()]
    cpuRows.push([
      `${rate}/s`,
      ...[...used.values()].map(
        ({ cpus, throttled }) => `${median(cpus).toFixed(2)}, ${Math.round(median(throttled) * 100)} %`,
      ),
    ])
    const legs = await readLegs(`127.0.0.1:${up.data.ports.kafka}`, (rate * LEGS_SECONDS) / PARTITIONS)
    legRows.push([
      `${rate}/s`,
      ...LEGS.map(
        (leg) =>
          `${quantile(legs[leg], 0.5)} / ${quantile(legs[leg], 0.99)} / ${quantile(legs[leg], 0.999)} ms`,
      ),
    ])
  }
  console.log(`\n${tableText(['rate', 'p50', 'p99', 'p99 worst', 'p99.9 worst'], rows)}`)
  console.log(`\n${tableText(['p50 / p99 / p99.9', ...LEGS], legRows)}`)
  console.log(`\n${tableText(cpuHead, cpuRows)}`)
  const held = Object.entries(memory).map(([name, bytes]) => `${name} ${mebibytes(bytes)}`)
  console.log(`\nmemory at ${rates.at(-1)}/s: ${held.join(', ')}`)
})

async function endToEnd(port: number): Promise<BackendSample['endToEnd']> {
  const answer = await fetch(`http://127.0.0.1:${port}/stats?history=0`)
  const { current } = (await answer.json()) as StatsAnswer<BackendSample>
  if (!current) throw new Error('the backend has no sample yet')
  return current.endToEnd
}

function getOrAdd(used: Map<string, { cpus: number[]; throttled: number[] }>, name: string) {
  const known = used.get(name) ?? { cpus: [], throttled: [] }
  used.set(name, known)
  return known
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

import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { runJson, withProject } from '../test/e2e/radtune.ts'
import { slopePerHour, tableText, thousands } from './bench/report.ts'
import { build } from './run-program.ts'

const help = `npm run bench:soak -- [--profile 4c8g] [--rate 5000] [--minutes 30] [--every 10]

Runs a stack at one rate (in containers with RADTUNE_RUNTIME=docker) and looks at it every so many seconds: memory and open files of every service, latency, size of the logs.
Memory is the working set, which the page cache is part of, and what the process itself holds (RssAnon): only that can leak.
Prints for each what it was at first and at last and its slope, fitted over all samples but those of the first fifth, and
whether every record was accounted for in the end. Ctrl-C ends it early, with what was seen until then.`

const { values } = parseArgs({
  options: {
    profile: { type: 'string', default: '4c8g' },
    rate: { type: 'string', default: '5000' },
    minutes: { type: 'string', default: '30' },
    every: { type: 'string', default: '10' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(help)
  process.exit(0)
}
/** While heaps find their size. */
const SETTLING_SHARE = 0.2
const MIB = 1024 * 1024
const built = await build()
if (built !== 0) process.exit(built)

interface Sample {
  atMs: number
  /** By what is measured, e.g. `kafka MiB`. */
  values: Record<string, number>
}

await withProject(async (project) => {
  const up = ['up', '--profile', values.profile, '--port', 'auto', '--rate', values.rate]
  const launched = (await runJson(project, up)).document
  if (!launched.ok) throw new Error(`up failed: ${launched.error?.code} ${launched.error?.message}`)
  const samples: Sample[] = []
  const endAt = performance.now() + Number(values.minutes) * 60_000
  let enough = false
  process.once('SIGINT', () => {
    enough = true
  })
  while (performance.now() < endAt && !enough) {
    await delay(Number(values.every) * 1000)
    // A machine under load may answer late once; the next look is soon.
    const sample = await look(project).catch(() => undefined)
    if (sample) samples.push(sample)
    process.stderr.write(
      `\r${samples.length} samples, ${Math.ceil(Math.max(0, endAt - performance.now()) / 1000)} s left   `,
    )
  }
  process.stderr.write('\n')
  const steady = samples.slice(Math.floor(samples.length * SETTLING_SHARE))
  const rows = [...new Set(samples.flatMap(({ values }) => Object.keys(values)))].map((name) => {
    const points = steady.flatMap(({ atMs, values }) => {
      const value = values[name]
      return value === undefined ? [] : [{ atMs, value }]
    })
    const shown = (value: number | undefined) =>
      value === undefined ? '-' : value.toFixed(value < 100 ? 1 : 0)
    return [name, shown(points[0]?.value), shown(points.at(-1)?.value), slopePerHour(points).toFixed(1)]
  })
  console.log(
    `${values.profile} at ${thousands(Number(values.rate))}/s for ${values.minutes} min, ${samples.length} samples\n`,
  )
  console.log(tableText(['', 'first', 'last', 'slope per hour'], rows))
  const { records, mismatches } = (await runJson(project, ['status'])).document.data
  console.log(
    `\n${thousands(records.in)} records in, ${records.inFlight} in flight, ${mismatches.length} mismatches`,
  )
})

async function look(project: string): Promise<Sample> {
  const { data } = (await runJson(project, ['status'])).document
  const found: Record<string, number> = {}
  for (const { name, pid, memory, restarts } of data.services) {
    if (memory !== null) found[`${name} working set MiB`] = memory / MIB
    // In a container it is that of the first process, which only passes signals on.
    if (pid !== null && data.runtime === 'local') {
      found[`${name} own MiB`] = await ownMiB(pid)
      found[`${name} open files`] = await openFiles(pid)
    }
    found[`${name} restarts`] = restarts
  }
  if (typeof data.endToEnd?.p50Ms === 'number') found['p50 ms'] = data.endToEnd.p50Ms
  if (typeof data.endToEnd?.p99Ms === 'number') found['p99 ms'] = data.endToEnd.p99Ms
  if (data.records) found['in flight'] = data.records.inFlight
  if (data.runtime === 'local') {
    found['logs MiB'] = (await folderBytes(join(project, '.radtune', 'local', 'logs'))) / MIB
    found['supervisor own MiB'] = await supervisorMiB(project)
  }
  return { atMs: performance.now(), values: found }
}

async function openFiles(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`).catch(() => [])).length
}

/** Of the program that starts the services and looks after them. */
async function supervisorMiB(project: string): Promise<number> {
  const state = JSON.parse(await readFile(join(project, '.radtune', 'local', 'supervisor.json'), 'utf8'))
  return await ownMiB(state.supervisor.pid)
}

/** Memory that no file stands behind. */
async function ownMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^RssAnon:\s+(\d+)/m.exec(status)?.[1] ?? Number.NaN) / 1024
}

async function folderBytes(folder: string): Promise<number> {
  let bytes = 0
  for (const name of await readdir(folder)) bytes += (await stat(join(folder, name))).size
  return bytes
}

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { runJson, withProject } from '../test/e2e/radtune.ts'
import { measureHour } from './bench/hour-of-history.ts'
import { cpuMsOf, residentBytesOf } from './bench/process-usage.ts'
import { mebibytes, median, slopePerHour, tableText } from './bench/report.ts'
import { openTerminal } from './bench/terminal.ts'
import { build, projectDir } from './run-program.ts'

const help = `npm run bench:monitor -- [--profile 4c8g] [--rate 1000] [--for 60] [--rounds 1] [--keys 20]

Brings a stack up and measures what it costs to watch it with radtune monitor on a terminal of 120×40, sources included: CPU of the
monitor as a share of one core and its memory, once it has started, and by how much the CPU of the stack itself differs from the same
time without a monitor before it. Then the backend is stopped in the middle of its work, so that it answers nothing, and a monitor is
started again: time to its first frame, to the first rate in it, and from a key (?) to what it does. At last one snapshot is told 3,600
times over, a second apart, to say what history takes when it is full. --profile-cpu FOLDER writes a profile of the first monitor there.`

const { values } = parseArgs({
  options: {
    profile: { type: 'string', default: '4c8g' },
    rate: { type: 'string', default: '1000' },
    for: { type: 'string', default: '60' },
    rounds: { type: 'string', default: '1' },
    keys: { type: 'string', default: '20' },
    'profile-cpu': { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(help)
  process.exit(0)
}

const MONITOR = [process.execPath, join(projectDir, 'packages/cli/bin/radtune.js'), 'monitor']
/** Start-up is told apart: what a program costs that runs for hours is what it costs later. */
const STARTING_MS = 5_000
const SETTLING_MS = 20_000
/** Only the help has this. */
const HELP = /over it for three samples/
const FRAME = /radtune/
const RATE = /\d\/s/
const forMs = Number(values.for) * 1000
const built = await build()
if (built !== 0) process.exit(built)

interface Costs {
  startCpuMs: number
  cpuShare: number
  residentBytes: number
  bytesPerHour: number
  stackShare: number
}

await withProject(async (project) => {
  const up = ['up', '--profile', values.profile, '--port', 'auto', '--rate', values.rate]
  const launched = (await runJson(project, up)).document
  if (!launched.ok) throw new Error(`up failed: ${launched.error?.code} ${launched.error?.message}`)
  const pids = await pidsOf(project)
  const stack = () => sumOf([...pids.values()].map(cpuMsOf))
  await delay(SETTLING_MS)
  const without: number[] = []
  const costs: Costs[] = []
  for (let round = 0; round < Number(values.rounds); round += 1) {
    without.push(await shareOver(forMs, stack))
    costs.push(await watch(project, stack, round === 0 ? values['profile-cpu'] : undefined))
  }
  const { document } = await runJson(project, ['monitor', '--once'])
  const hour = measureHour(document.data.snapshot)
  const backend = pids.get('backend')
  if (backend === undefined) throw new Error('there is no backend')
  process.kill(backend, 'SIGSTOP')
  const answers = await startWhileHanging(project).finally(() => process.kill(backend, 'SIGCONT'))
  const mid = (of: (cost: Costs) => number) => median(costs.map(of))
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`
  const ms = (value: number) => `${value.toFixed(0)} ms`
  console.log(
    `\n${values.profile} at ${values.rate}/s, ${values.rounds} × ${values.for} s without and with a monitor\n`,
  )
  const stackChange = median(
    costs.map(({ stackShare }, round) => stackShare - (without[round] ?? Number.NaN)),
  )
  console.log(
    tableText(
      ['', 'measured', 'target'],
      [
        ['CPU of the monitor, of one core', percent(mid(({ cpuShare }) => cpuShare)), '≤ 2 %'],
        ['resident memory at the end', mebibytes(mid(({ residentBytes }) => residentBytes)), '≤ 160 MB'],
        [
          'its slope over the second half',
          `${mid(({ bytesPerHour }) => bytesPerHour / 2 ** 20).toFixed(0)} MiB/h`,
          'flat',
        ],
        [
          `CPU of the stack, ${percent(median(without))} of one core without, more by`,
          percent(stackChange),
          '< 1 %',
        ],
        ['first frame while a source hangs', ms(answers.frameMs), '≤ 500 ms'],
        ['first rate while a source hangs', ms(answers.rateMs), '-'],
        ['a key while a source hangs, median', ms(median(answers.keyMs)), '≤ 50 ms'],
        ['a key while a source hangs, worst', ms(Math.max(...answers.keyMs)), '≤ 50 ms'],
        ['history of an hour', mebibytes(hour.bytes), '-'],
        [
          'CPU to evaluate a sample, second minute and last of an hour',
          `${hour.firstMs.toFixed(1)}, ${hour.lastMs.toFixed(1)} ms`,
          '-',
        ],
        [`CPU of the first ${STARTING_MS / 1000} s`, ms(mid(({ startCpuMs }) => startCpuMs)), '-'],
      ],
    ),
  )
})

/** Processes of the services, and the one that looks after them. */
async function pidsOf(project: string): Promise<Map<string, number>> {
  const { data } = (await runJson(project, ['status'])).document
  const state = JSON.parse(await readFile(join(project, '.radtune', 'local', 'supervisor.json'), 'utf8'))
  const services = data.services as { name: string; pid: number }[]
  return new Map([
    ...services.map(({ name, pid }) => [name, pid] as const),
    ['supervisor', state.supervisor.pid],
  ])
}

async function watch(
  project: string,
  stack: () => Promise<number>,
  profileFolder: string | undefined,
): Promise<Costs> {
  const profiling = profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`]
  const [node = '', ...args] = MONITOR
  const terminal = await openTerminal([node, ...profiling, ...args], { folder: project })
  await delay(STARTING_MS)
  const startCpuMs = await cpuMsOf(terminal.pid)
  const resident: { atMs: number; value: number }[] = []
  const looking = setInterval(async () => {
    resident.push({ atMs: performance.now(), value: await residentBytesOf(terminal.pid) })
  }, 1_000)
  const stackBefore = await stack()
  const cpuShare = await shareOver(forMs, () => cpuMsOf(terminal.pid))
  const stackShare = ((await stack()) - stackBefore) / forMs
  clearInterval(looking)
  await terminal.end()
  return {
    startCpuMs,
    cpuShare,
    stackShare,
    residentBytes: resident.at(-1)?.value ?? Number.NaN,
    bytesPerHour: slopePerHour(resident.slice(resident.length / 2)),
  }
}

async function startWhileHanging(
  project: string,
): Promise<{ frameMs: number; rateMs: number; keyMs: number[] }> {
  const terminal = await openTerminal(MONITOR, { folder: project })
  try {
    const started = { since: terminal.startedAt, withinMs: 20_000 }
    const frameMs = await terminal.untilShown(FRAME, started)
    const rateMs = await terminal.untilShown(RATE, started)
    const keyMs: number[] = []
    for (let key = 0; key < Number(values.keys); key += 1) {
      // At any moment of the second.
      await delay(300 + ((key * 137) % 700))
      const since = performance.now()
      terminal.type('?')
      keyMs.push(await terminal.untilShown(HELP, { since, withinMs: 10_000 }))
      await delay(300)
      terminal.type('?')
    }
    return { frameMs, rateMs, keyMs }
  } finally {
    await terminal.end()
  }
}

/** CPU time per time, over so long. */
async function shareOver(lastsMs: number, cpuMs: () => Promise<number>): Promise<number> {
  const [from, before] = [performance.now(), await cpuMs()]
  await delay(lastsMs)
  return ((await cpuMs()) - before) / (performance.now() - from)
}

async function sumOf(numbers: readonly Promise<number>[]): Promise<number> {
  return (await Promise.all(numbers)).reduce((sum, one) => sum + one, 0)
}

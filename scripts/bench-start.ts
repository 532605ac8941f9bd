import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { runRadtune, withProject } from '../test/e2e/radtune.ts'
import { median, tableText } from './bench/report.ts'
import { build } from './run-program.ts'

const help = `npm run bench:start -- [--profile 4c8g] [--rounds 3] [--no-cold]

How long one waits: for \`radtune --help\`, beside Node alone; for \`radtune up\` the first time ever, with an empty cache folder, so that Kafka
is fetched; and for \`radtune up\` with Kafka in the cache. With RADTUNE_RUNTIME=docker the second is left out: images are built and pulled once. Medians of the rounds, and the slowest.`

const { values } = parseArgs({
  options: {
    profile: { type: 'string', default: '4c8g' },
    rounds: { type: 'string', default: '3' },
    'no-cold': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(help)
  process.exit(0)
}
const HELPS_A_ROUND = 10
const rounds = Number(values.rounds)
const built = await build()
if (built !== 0) process.exit(built)

const bin = join(import.meta.dirname, '../packages/cli/bin/radtune.js')
const node: number[] = []
const helps: number[] = []
const cold: number[] = []
const warm: number[] = []
for (let round = 0; round < rounds; round += 1) {
  for (let time = 0; time < HELPS_A_ROUND; time += 1) {
    node.push(elapsed(['-e', '0']))
    helps.push(elapsed([bin, '--help']))
  }
  if (!values['no-cold'] && process.env.RADTUNE_RUNTIME !== 'docker') cold.push(await withEmptyCache(upMs))
  warm.push(await upMs())
}
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
const milliseconds = (ms: number) => `${ms.toFixed(0)} ms`
const row = (name: string, times: readonly number[], text: (ms: number) => string) =>
  times.length === 0 ? [] : [[name, text(median(times)), text(Math.max(...times)), String(times.length)]]
console.log(
  tableText(
    ['', 'median', 'slowest', 'times'],
    [
      ...row('node -e 0', node, milliseconds),
      ...row('radtune --help', helps, milliseconds),
      ...row(`radtune up --profile ${values.profile}, first ever`, cold, seconds),
      ...row(`radtune up --profile ${values.profile}`, warm, seconds),
    ],
  ),
)

function elapsed(args: readonly string[]): number {
  const startedAt = performance.now()
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`node ${args.join(' ')} failed: ${stderr}`)
  return performance.now() - startedAt
}

/** From the command to the end of its answer, the first record included. */
async function upMs(env: NodeJS.ProcessEnv = {}): Promise<number> {
  return await withProject(async (project) => {
    const startedAt = performance.now()
    const { code, stderr } = await runRadtune(
      project,
      ['up', '--profile', values.profile, '--port', 'auto'],
      { env },
    )
    if (code !== 0) throw new Error(`up failed: ${stderr}`)
    return performance.now() - startedAt
  })
}

async function withEmptyCache(use: (env: NodeJS.ProcessEnv) => Promise<number>): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'radtune-cache-'))
  try {
    return await use({ XDG_CACHE_HOME: folder })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { startBroker } from '../packages/cli/src/adapters/local/kafka-broker.ts'
import { type BenchTopics, openBenchTopics } from './bench/bench-topics.ts'
import { writeDumpFile } from './bench/dump-file.ts'
import { type Contestant, measureRun, type RunCost } from './bench/measure-run.ts'
import { mebibytes, median, tableText, thousands } from './bench/report.ts'
import { build, projectDir } from './run-program.ts'

const help = `npm run bench:pipeline -- [--records 1000000] [--rounds 3] [--only NAME]… [--cpu-prof FOLDER]

Preloads a broker with generated readings and runs, round by round, every contestant over the same records: the worker with
one slot and with all slots for each driver and with transactions, a copy through the same client (the floor), and the loop that one would write
with kafkajs alone. Prints medians of records/s and CPU per record, and the ratios that this run is for: the machine's noise
is in both sides of a ratio. The provider is measured while it preloads. --cpu-prof leaves a CPU profile of each thread.`

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', multiple: true, default: [] },
    'cpu-prof': { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(help)
  process.exit(0)
}
const records = Number(values.records)
const rounds = Number(values.rounds)
const profileFolder = values['cpu-prof']
const built = await build()
if (built !== 0) process.exit(built)

const folder = await mkdtemp(join(tmpdir(), 'radtune-bench-'))
const broker = await startBroker({ dataDir: join(folder, 'broker'), heapBytes: 512 * 1024 * 1024 })
const topics = await openBenchTopics(broker.bootstrap)
const interrupted = new Promise<never>((_, reject) =>
  process.once('SIGINT', () => reject(new Error('interrupted'))),
)
try {
  await Promise.race([bench(topics), interrupted])
} finally {
  await topics.close()
  await broker.stop()
  await rm(folder, { recursive: true, force: true })
}
process.exit(0)

async function bench(topics: BenchTopics): Promise<void> {
  await topics.clearInput()
  await topics.clearOutputs()
  const dump = join(folder, 'readings.csv')
  await writeDumpFile(dump, { rows: records, seed: 1 })
  console.log(
    `${thousands(records)} readings, ${mebibytes((await stat(dump)).size)} as CSV; ${rounds} rounds\n`,
  )
  const provided = await measureRun(providerOf(dump), {
    total: records,
    done: topics.published,
    profileFolder,
  })
  console.log(
    `provider from the file  ${thousands(provided.recordsPerSecond)} readings/s, ${provided.cpuMicrosPerRecord.toFixed(1)} µs CPU each, ${mebibytes(provided.peakRssBytes)} resident at most`,
  )
  console.log(`input on disk           ${mebibytes(await folderBytes(join(folder, 'broker')))}\n`)

  const chosen = contestants().filter(
    ({ name }) => values.only.length === 0 || values.only.some((part) => name.includes(part)),
  )
  const costs = new Map(chosen.map(({ name }) => [name, [] as RunCost[]]))
  for (let round = 1; round <= rounds; round += 1) {
    for (const contestant of chosen) {
      await topics.clearOutputs()
      const cost = await measureRun(contestant, { total: records, done: topics.committed, profileFolder })
      costs.get(contestant.name)?.push(cost)
      console.log(
        `round ${round}  ${contestant.name.padEnd(32)} ${thousands(cost.recordsPerSecond).padStart(9)}/s  ${cost.cpuMicrosPerRecord.toFixed(1).padStart(5)} µs  ${mebibytes(cost.peakRssBytes)}  ${thousands(await topics.written())} written`,
      )
    }
  }
  console.log(`\n${summary(costs)}`)
}

/** Heaps as 4c8g plans them. */
function providerOf(dump: string): Contestant {
  return {
    name: 'provider',
    args: [
      '--max-old-space-size=211',
      '--max-semi-space-size=8',
      join(projectDir, 'packages/pipeline/dist/bin/provider.js'),
    ],
    env: {
      KAFKA_BOOTSTRAP_SERVERS: broker.bootstrap,
      RADTUNE_SERVICE: 'provider',
      RADTUNE_STATS_ADDRESS: '127.0.0.1:0',
      RADTUNE_DATA: JSON.stringify([dump]),
      RADTUNE_PROVIDER_RATE: '0',
      RADTUNE_PROVIDER_MAX_IN_FLIGHT: '1000000000',
    },
  }
}

function contestants(): Contestant[] {
  const env = { KAFKA_BOOTSTRAP_SERVERS: broker.bootstrap }
  const ownScript = (name: string) => [
    '--conditions=radtune-source',
    join(projectDir, 'scripts/bench/contestants', name),
  ]
  const worker = (driver: string, slots: number, delivery = 'at-least-once'): Contestant => ({
    name: `worker ${delivery === 'transactions' ? delivery : driver}, ${slots} slot${slots > 1 ? 's' : ''}`,
    args: [
      '--max-old-space-size=128',
      '--max-semi-space-size=8',
      join(projectDir, 'packages/pipeline/dist/bin/worker.js'),
    ],
    env: {
      ...env,
      RADTUNE_SERVICE: 'worker-1',
      RADTUNE_STATS_ADDRESS: '127.0.0.1:0',
      RADTUNE_SLOTS: String(slots),
      RADTUNE_SLOT_HEAP_BYTES: String(470 * 1024 * 1024),
      RADTUNE_PIPELINE_DRIVER: driver,
      RADTUNE_PIPELINE_DELIVERY: delivery,
      RADTUNE_PIPELINE_COMMIT_INTERVAL: '100',
      RADTUNE_PRODUCER_BUFFER_MEMORY: String(64 * 1024 * 1024),
      RADTUNE_CONSUMER_FETCH_MIN_BYTES: '1',
    },
  })
  return [
    { name: 'plain kafkajs loop', args: ownScript('plain-loop.ts'), env },
    { name: 'copy hybrid, 1 slot', args: [...ownScript('copy.ts'), 'hybrid'], env },
    { name: 'copy kafkajs, 1 slot', args: [...ownScript('copy.ts'), 'kafkajs'], env },
    worker('hybrid', 1),
    worker('hybrid', 1, 'transactions'),
    worker('kafkajs', 1),
    worker('hybrid', 6),
    worker('hybrid', 6, 'transactions'),
    worker('kafkajs', 6),
  ]
}

function summary(costs: ReadonlyMap<string, readonly RunCost[]>): string {
  const plain = costs.get('plain kafkajs loop') ?? []
  const rateOf = (runs: readonly RunCost[]) => median(runs.map(({ recordsPerSecond }) => recordsPerSecond))
  const cpuOf = (runs: readonly RunCost[]) => median(runs.map(({ cpuMicrosPerRecord }) => cpuMicrosPerRecord))
  const ratio = (value: number) => (Number.isFinite(value) ? `${value.toFixed(2)} ×` : '-')
  return tableText(
    ['', 'records/s', 'µs CPU a record', 'rate ÷ plain', 'CPU ÷ plain', 'peak RSS'],
    [...costs].map(([name, runs]) => [
      name,
      thousands(rateOf(runs)),
      cpuOf(runs).toFixed(1),
      ratio(rateOf(runs) / rateOf(plain)),
      ratio(cpuOf(runs) / cpuOf(plain)),
      mebibytes(Math.max(...runs.map(({ peakRssBytes }) => peakRssBytes))),
    ]),
  )
}

async function folderBytes(path: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(path, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue
    bytes += (await stat(join(entry.parentPath, entry.name)).catch(() => ({ blocks: 0 }))).blocks * 512
  }
  return bytes
}

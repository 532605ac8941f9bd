import { execFile } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs, promisify } from 'node:util'
import type { FeedCost } from './bench/feed-backend.ts'
import { mebibytes, tableText, thousands } from './bench/report.ts'
import { projectDir } from './run-program.ts'

const help = `npm run bench:backend -- [--records 300000] [--clients 0] [--cpu-prof FOLDER]

Feeds a backend that has everything but Kafka with generated readings as slots write them, in small compressed batches: at 10,000/s, and as
fast as it takes them. Prints CPU and bytes allocated per record, bytes that outlive the young generation per second, and the
collections of garbage. The first quarter is left out.`

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '300000' },
    clients: { type: 'string', default: '0' },
    'cpu-prof': { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(help)
  process.exit(0)
}
/** As planned for 4c8g. */
const nodeFlags = ['--max-old-space-size=384', '--max-semi-space-size=8']
const profile = values['cpu-prof']
const rows: string[][] = []
for (const rate of [10_000, 0]) {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=radtune-source',
    ...nodeFlags,
    ...(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]),
    join(projectDir, 'scripts/bench/feed-backend.ts'),
    values.records,
    String(rate),
    values.clients,
  ])
  rows.push(cells(rate, JSON.parse(stdout) as FeedCost))
}
const head = [
  '',
  'records/s',
  'µs CPU',
  'B allocated',
  'promoted/s',
  'collections',
  'longest',
  'of the time',
  'heap',
  'RSS',
]
console.log(tableText(head, rows))

function cells(rate: number, cost: FeedCost): string[] {
  return [
    rate === 0 ? 'at full speed' : `at ${thousands(rate)}/s`,
    thousands(cost.recordsPerSecond),
    cost.cpuMicrosPerRecord.toFixed(2),
    thousands(cost.allocatedBytesPerRecord),
    `${thousands(cost.promotedBytesPerSecond / 1024)} KiB`,
    String(cost.collections),
    `${cost.longestCollectionMs.toFixed(1)} ms`,
    `${(cost.collectionShare * 100).toFixed(1)} %`,
    mebibytes(cost.heapUsedBytes),
    mebibytes(cost.residentBytes),
  ]
}

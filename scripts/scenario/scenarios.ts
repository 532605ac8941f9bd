import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { formatCount, formatDuration } from '@radtune/core/units'
import type { AdviseData } from '../../packages/cli/src/output/advise-data.ts'
import { adviseWrongly, WRONG_STACK } from '../../test/e2e/advise-wrongly.ts'
import { exactSums } from '../../test/e2e/exact-sums.ts'
import { runJson } from '../../test/e2e/radtune.ts'
import { readPids } from '../../test/e2e/read-stack.ts'
import { drainSince, slotEndedAt } from '../../test/e2e/worker-history.ts'
import { hotKeyDump } from '../bench/hot-key-dump.ts'
import { outcomeRow, type Row, rowOf, stepsText } from './row.ts'

/** A stack with something wrong, and what is made of it. */
export interface Scenario {
  /** Arguments of `radtune up`. */
  launch(project: string): Promise<readonly string[]> | readonly string[]
  /** What comes of it once it runs, as rows. `verify` is how long is compared, as a flag says it. */
  run(project: string, options: { name: string; verify: string; verifyMs: number }): Promise<Row[]>
}

const THOUSAND = ['--rate', '1000']

/** By their names, in the order of the documentation. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  'starved-broker': demo('starved-broker'),
  'over-parallel': demo('over-parallel'),
  'under-parallel': {
    // One busy slot is half of two cores, and what else runs there may be no reason to be silent.
    launch: () => ['--demo', 'under-parallel', '--set', 'monitor.busyShare=0.95'],
    run: underParallel,
  },
  'slow-fetch': demo('slow-fetch'),
  memory: { ...demo('memory'), run: memory },
  leak: { ...demo('leak'), run: leak },
  'hot-partition': { launch: hotPartitionData, run: hotPartition },
  'wrong-advice': { launch: () => WRONG_STACK, run: wrongAdvice },
  unknown: { launch: () => THOUSAND, run: unknownBroker },
  quiet: { launch: () => THOUSAND, run: quiet },
}

/** Lets the first step be made. */
function demo(name: string): Scenario {
  return {
    launch: () => ['--demo', name],
    run: async (project, { verify }) => [rowOf(name, await applied(project, verify))],
  }
}

async function advised(project: string, ...args: string[]): Promise<AdviseData> {
  const { document } = await runJson(project, ['advise', ...args])
  if (!document.data) throw new Error(`advise failed: ${JSON.stringify(document.error)}`)
  return document.data as AdviseData
}

async function applied(project: string, verify: string, ...args: string[]): Promise<AdviseData> {
  const data = await advised(project, '--apply', '--verify', verify, ...args)
  console.log(data.outcome?.verdict.sentence ?? noStepText(data))
  return data
}

/** What each rule says, where something was expected of one. */
function noStepText({ rules }: AdviseData): string {
  return ['no step was made', ...rules.map(({ id, state, detail }) => `  ${id} ${state}: ${detail}`)].join(
    '\n',
  )
}

/** One slot: also how long what waits takes to drain, against what more slots were thought to do. */
async function underParallel(project: string, { name, verify }: { name: string; verify: string }) {
  const data = await applied(project, verify)
  if (!data.outcome) return [rowOf(name, data)]
  const { step, appliedAt } = data.outcome
  console.log(step.why)
  const giveUpAt = Date.now() + 180_000
  const drain = async () => await drainSince(project, { since: appliedAt, below: 600 })
  let drained = await drain()
  for (; !drained && Date.now() < giveUpAt; drained = await drain()) await delay(2000)
  if (!drained) return [rowOf(name, data, { measured: 'what waits does not drain' })]
  const { records, ms } = drained
  return [
    rowOf(name, data, {
      expected: drainText(step.why, records),
      measured: `${formatCount(records)} waiting drained in ${formatDuration(ms)}`,
    }),
  ]
}

/** The time in which so many records drain, by the arithmetic of the advice: `(601/s + …, and 2 slots do 727/s to 969/s`. */
function drainText(why: string, records: number): string {
  const number = (pattern: RegExp) => Number(pattern.exec(why)?.[1]?.replaceAll(',', ''))
  const into = number(/\(([\d,]+)\/s \+/)
  const [low, high] = [number(/slots do ([\d,]+)\/s/), number(/\/s to ([\d,]+)\/s/)]
  const text = (capacity: number) => formatDuration((1000 * records) / (capacity - into))
  return low > into ? `drained in ${text(high)} to ${text(low)}` : 'no time is told'
}

/** A heap too small: also what was restarted, and whether every record is where it belongs. */
async function memory(project: string, { name, verify }: { name: string; verify: string }) {
  const before = await readPids(project)
  // Collections make readings late too, and a rule for that has its own ideas.
  const data = await applied(project, verify, '--only', 'memory-high')
  const after = await readPids(project)
  const restarted = Object.keys(after).filter((service) => after[service] !== before[service])
  const { sums, counts } = await exactSums(project)
  const isExact =
    counts.in === sums.in &&
    counts.normal + counts.critical + counts.dirty + sums.duplicates === counts.in &&
    counts.repeated.length + counts.orphans + counts.misplaced + counts.outOfOrder === 0
  const exact = isExact
    ? `all ${formatCount(sums.in)} records in their place`
    : `NOT EXACT: ${JSON.stringify({ sums, counts })}`
  console.log(data.advice.findings.find(({ rule }) => rule === 'memory-high')?.sentence ?? 'not found')
  return [rowOf(name, data, { measured: `${restarted.join(', ') || 'nothing'} restarted; ${exact}` })]
}

/** A leak: what is told of its end, and when that came. Nothing is changed. */
async function leak(project: string, { name }: { name: string }): Promise<Row[]> {
  const giveUpAt = Date.now() + 180_000
  for (;;) {
    const { advice } = await advised(project)
    const found = advice.findings.find(({ rule }) => rule === 'memory-leak')
    if (!found && Date.now() < giveUpAt) continue
    if (!found) return [[name, 'not found', '', '', 'none']]
    const leftMs = found.evidence.find(({ unit }) => unit === 'ms')?.value ?? 0
    const endedAt = await slotEndedAt(project, { since: advice.at, timeoutMs: 3 * leftMs })
    const measured =
      endedAt === undefined ? 'it did not end' : `it ended after ${formatDuration(endedAt - advice.at)}`
    const steps = stepsText(advice) || 'no step'
    return [[name, found.sentence, `the limit in ${formatDuration(leftMs)}`, measured, steps]]
  }
}

async function hotPartitionData(project: string): Promise<string[]> {
  const file = join(project, 'hot.csv')
  await writeFile(file, hotKeyDump({ rows: 100_000 }))
  return ['--data', file, '--loop', ...THOUSAND]
}

async function hotPartition(project: string, { name }: { name: string }): Promise<Row[]> {
  const { advice } = await advised(project)
  const found = advice.findings.find(({ rule }) => rule === 'hot-partition')
  return [[name, found?.sentence ?? 'not found', stepsText(advice) || 'no step', '', '']]
}

/** A step of a rule whose belief is false, by the services that `radtune advise --apply` calls. */
async function wrongAdvice(project: string, { name, verifyMs }: { name: string; verifyMs: number }) {
  const outcome = await adviseWrongly(project, { verifyMs })
  console.log(outcome.verdict.sentence)
  const { data } = (await runJson(project, ['get', 'consumer.fetchMinBytes'])).document
  return [outcomeRow(name, outcome, { measured: `then fetchMinBytes ${data.settings[0].value} B again` })]
}

async function unknownBroker(project: string, { name, verify }: { name: string; verify: string }) {
  const { kafka } = await readPids(project)
  if (kafka === undefined) throw new Error('Kafka does not run')
  process.kill(kafka, 'SIGSTOP')
  try {
    const { advice, outcome } = await advised(project, '--apply', '--verify', verify)
    const undecided = advice.undecided.map(({ rule }) => rule)
    const text = `${advice.holds ?? 'nothing to change'}; not decided: ${undecided.join(', ')}`
    return [[name, text, '', '', outcome ? 'changed' : 'no change'] satisfies Row]
  } finally {
    process.kill(kafka, 'SIGCONT')
  }
}

async function quiet(project: string): Promise<Row[]> {
  const rows: Row[] = []
  for (let round = 1; round <= 3; round += 1) {
    const { advice } = await advised(project)
    rows.push([`quiet ${round}`, stepsText(advice) || 'nothing to change', '', '', ''])
  }
  return rows
}

import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { OUTPUT_TOPICS, type PartitionProgress, TOPICS } from '../../packages/core/src/contract/index.ts'
import {
  readSettings,
  type SettingKey,
  settingEnvironmentName,
} from '../../packages/core/src/settings/index.ts'
import { createProgressReader } from '../../packages/pipeline/src/kafka/index.ts'
import { RULE_SETTINGS, recordRulesFrom } from '../../packages/pipeline/src/stages/index.ts'
import { createTopicReader, type TopicReader } from '../../packages/pipeline/test/topic-reader.ts'
import { type FlowWatch, watchFlow } from './flow-watch.ts'
import { injectFault, paused } from './inject-fault.ts'
import { Ledger, type LedgerSums } from './ledger.ts'
import { type Fault, type FaultKind, faultText, planFaults } from './plan-faults.ts'
import { createStackUnderTest, type StackUnderTest } from './stack-under-test.ts'

export interface ChaosOptions {
  seed: number
  faults: number
  only?: readonly FaultKind[]
  profile: string
  perSecond: number
  /** Settings that the project pins. */
  settings: Readonly<Record<string, string>>
  /** Leaves the project folder. */
  keep: boolean
  signal: AbortSignal
  say: (line: string) => void
}

export interface FaultResult {
  kind: FaultKind
  what: string
  /** From the fault to the commit of everything that was in by its end, on every partition. */
  recoveryMs: number
  /** How long the slowest partition put nothing out. */
  standstillMs: number
  checked: number
}

export interface ChaosResult {
  seed: number
  results: FaultResult[]
  sums: LedgerSums
  /** Records that never came out, and records that came out twice or wrongly. */
  lost: number
  violations: string[]
  /** The folder with the evidence, when there is any. */
  evidence: string | undefined
  elapsedMs: number
}

/** What decides where a record goes. */
const JUDGED_BY = ['pipeline.duplicateWindow', ...RULE_SETTINGS] as const

/** Longest wait for the flow to come back after a fault is over. */
const RECOVERY_MS = 150_000
const DISK_SIZE = '1g'
/** Longest time in which the reader's own requests may fail. */
const PATIENCE_MS = 30_000
/** Longest wait for the outputs of what was in when a check began. */
const SETTLE_MS = 60_000

/** Runs a stack through the faults of a seed, with an exact check of everything after each. Stops at the first violation. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const startedAt = performance.now()
  const project = await mkdtemp(join(tmpdir(), 'radtune-chaos-'))
  // A disk that is going to be full must not be this machine's.
  const ownDisk = options.only?.includes('disk-full') === true
  if (ownDisk) execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_SIZE}`, 'tmpfs', project])
  const pins = Object.entries(options.settings).map(([key, value]) => `  ${key}: ${value}\n`)
  if (pins.length > 0) await writeFile(join(project, 'radtune.yaml'), `settings:\n${pins.join('')}`)
  const stack = await createStackUnderTest({ ...options, project })
  const environment = Object.fromEntries(
    Object.entries(options.settings).map(([key, value]) => [
      settingEnvironmentName(key as SettingKey),
      value,
    ]),
  )
  const settings = readSettings(environment, JUDGED_BY)
  const ledger = new Ledger({
    rules: recordRulesFrom(settings),
    window: settings['pipeline.duplicateWindow'],
  })
  const results: FaultResult[] = []
  try {
    await stack.up({ fresh: true })
    const run = await openRun(stack, ledger, options)
    try {
      for (const [index, fault] of planFaults(options.seed, {
        count: options.faults,
        ...(options.only && { only: options.only }),
      }).entries()) {
        options.signal.throwIfAborted()
        results.push(await run.one(fault, index))
        if (ledger.violations.length > 0) break
      }
    } finally {
      await run.close()
    }
  } catch (error) {
    if (!options.signal.aborted)
      ledger.violations.push(error instanceof Error ? error.message : String(error))
  } finally {
    for (const pid of paused) process.kill(pid, 'SIGCONT')
    await stack.down().catch((error) => ledger.violations.push(`down: ${error.message}`))
  }
  for (const pid of stack.marked()) ledger.violations.push(`process ${pid} is left behind by down`)
  const { violations, sums } = ledger
  if (ownDisk && violations.length === 0 && !options.keep) execFileSync('umount', [project])
  const bad = violations.length > 0 && !options.signal.aborted
  if (bad)
    await keepEvidence(project, {
      options,
      results,
      violations,
      missing: ledger.missing(ledger.inputEnds()).slice(0, 1000),
    })
  else if (!options.keep) await rm(project, { recursive: true, force: true })
  return {
    seed: options.seed,
    results,
    sums,
    lost: bad ? violations.filter((violation) => violation.startsWith('lost')).length : 0,
    violations,
    evidence: bad || options.keep ? project : undefined,
    elapsedMs: performance.now() - startedAt,
  }
}

async function openRun(stack: StackUnderTest, ledger: Ledger, { signal, say }: ChaosOptions) {
  const inputs = [TOPICS.input, ...OUTPUT_TOPICS]
  const reader = createTopicReader(stack.bootstrap, inputs)
  let readerOf = stack.bootstrap
  const partitions = (await reader.ends()).get(TOPICS.input)?.length ?? 0
  const flow = watchFlow(() => createTopicReader(stack.bootstrap, OUTPUT_TOPICS), partitions)
  const progress = createProgressOf(stack)

  /** A `down` and `up` may have moved the broker to another port; positions stay. */
  function currentReader(): TopicReader {
    if (readerOf !== stack.bootstrap) {
      reader.moveTo(stack.bootstrap)
      readerOf = stack.bootstrap
    }
    return reader
  }

  return {
    async one(fault: Fault, index: number): Promise<FaultResult> {
      await delay(fault.delayMs, undefined, { signal })
      const injectedAt = performance.now()
      flow.mark()
      await injectFault(stack, fault)
      await recovered({ stack, flow, progress, signal })
      const recoveryMs = performance.now() - injectedAt
      const standstillMs = Math.max(...flow.standstills().values())
      const before = ledger.sums.in
      await check({ ledger, reader: currentReader(), progress })
      const checked = ledger.sums.in - before
      const took = `back after ${(recoveryMs / 1000).toFixed(1)} s, longest standstill ${(standstillMs / 1000).toFixed(1)} s`
      const verdict = ledger.violations.length === 0 ? 'exact' : 'VIOLATED'
      const [first] = ledger.violations
      say(
        `${String(index + 1).padStart(3)}  ${faultText(fault)}: ${took}, ${checked} records checked: ${verdict}${first ? `: ${first}` : ''}`,
      )
      return { kind: fault.kind, what: faultText(fault), recoveryMs, standstillMs, checked }
    },
    async close() {
      await flow.stop()
      await progress.close()
      await reader.close().catch(() => undefined)
    },
  }
}

/** Progress from whatever port the broker has now; undefined while it does not answer. */
function createProgressOf(stack: StackUnderTest) {
  const open = () =>
    createProgressReader({ bootstrap: stack.bootstrap, clientId: 'chaos-progress', log: () => undefined })
  let bootstrap = stack.bootstrap
  let reader = open()
  return {
    async read(): Promise<PartitionProgress[] | undefined> {
      if (bootstrap !== stack.bootstrap) {
        await reader.close().catch(() => undefined)
        bootstrap = stack.bootstrap
        reader = open()
      }
      return Promise.race([
        reader.read().catch(() => undefined),
        delay(3000, undefined, { ref: false }),
      ]) as Promise<PartitionProgress[] | undefined>
    },
    close: () => reader.close().catch(() => undefined),
  }
}

type Progress = ReturnType<typeof createProgressOf>

/** Waits until everything that was in when the fault was over is committed, outputs grow, and all services are healthy. */
async function recovered({
  stack,
  flow,
  progress,
  signal,
}: {
  stack: StackUnderTest
  flow: FlowWatch
  progress: Progress
  signal: AbortSignal
}): Promise<void> {
  const overAt = performance.now()
  let goal: Map<number, number> | undefined
  let why = 'the broker does not answer'
  for (; performance.now() - overAt < RECOVERY_MS; await delay(150, undefined, { signal })) {
    const now = await progress.read()
    if (!now || now.length === 0) continue
    goal ??= new Map(now.map(({ partition, end }) => [partition, end]))
    const behind = now.filter(({ partition, committed }) => (committed ?? 0) < (goal?.get(partition) ?? 0))
    why = `not committed: partitions ${behind.map(({ partition }) => partition).join(', ')}`
    if (behind.length > 0) continue
    const silent = flow.silentSince(overAt)
    why = `nothing new comes out of partitions ${silent.join(', ')}`
    if (silent.length > 0) continue
    const { services } = await stack.status()
    const ill = services.filter(({ state, name }) => state !== 'healthy' && name !== 'topics')
    why = `not healthy: ${ill.map(({ name, state }) => `${name} ${state}`).join(', ')}`
    if (services.length > 0 && ill.length === 0) return
  }
  throw new Error(`no recovery within ${RECOVERY_MS / 1000} s: ${why}`)
}

/** Reads what is new, waits for the outputs of all input so far, and holds everything against the ledger. */
async function check({
  ledger,
  reader,
  progress,
}: {
  ledger: Ledger
  reader: TopicReader
  progress: Progress
}): Promise<void> {
  const read = () =>
    patiently(async () => {
      const ends = await reader.ends()
      await reader.readTo(ends, (record) => ledger.add(record))
    })
  await read()
  // What was in when the check began must come out; what follows is for the next one.
  const inputs = ledger.inputEnds()
  const rows = ledger.highestRows()
  const open = () => [...ledger.missing(inputs), ...ledger.missingRows(rows)]
  for (const end = performance.now() + SETTLE_MS; open().length > 0 && performance.now() < end; ) {
    await delay(100)
    await read()
  }
  const { violations } = ledger
  const lost = ledger.missing(inputs)
  if (lost.length > 0) violations.push(`lost: ${lost.length} records, such as ${lost.slice(0, 5).join('; ')}`)
  const unpublished = ledger.missingRows(rows)
  if (unpublished.length > 0)
    violations.push(
      `${unpublished.length} rows never published, such as ${unpublished.slice(0, 5).join(', ')}`,
    )
  const ends = await patiently(() => reader.ends())
  const orphans = ledger.orphans(ends.get(TOPICS.input) ?? [])
  for (const source of orphans.slice(0, 5)) violations.push(`${source} came out and never was in the input`)
  const found = await progress.read()
  if (found) ledger.checkCommits(found)
}

/** A broker that has just come up answers some requests with errors that pass. What was read before an error stays read. */
async function patiently<Result>(act: () => Promise<Result>): Promise<Result> {
  for (const end = performance.now() + PATIENCE_MS; ; await delay(250)) {
    try {
      return await act()
    } catch (error) {
      if (performance.now() > end) throw error
    }
  }
}

async function keepEvidence(project: string, evidence: object): Promise<void> {
  const folder = join(project, 'evidence')
  await mkdir(folder, { recursive: true })
  const plain = JSON.stringify(evidence, (key, value) => (key === 'signal' ? undefined : value), 2)
  await writeFile(join(folder, 'violations.json'), plain)
}

import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { GROUPS, TOPICS } from '@radtune/core/contract'
import {
  DEFAULT_TARGETS,
  Evaluator,
  parseRecording,
  partitionsOf,
  type Snapshot,
} from '@radtune/core/metrics'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { findJava } from '../../packages/cli/src/adapters/local/java.ts'
import { compareCpu, type GroupClock, groupClock } from './compare-cpu.ts'
import { overlap, rateIn, type Sample } from './counter-samples.ts'
import { runJson, runRadtune, withProject } from './radtune.ts'

const bin = join(import.meta.dirname, '../../packages/cli/bin/radtune.js')

const obstacle = await findJava(process.env).then(
  () => undefined,
  (error: Error) => error.message,
)

describe.skipIf(obstacle !== undefined)(
  `the monitor of a running stack${obstacle ? ` (skipped: ${obstacle})` : ''}`,
  () => {
    it('says what Kafka, a clock and the kernel say', { timeout: 600_000 }, async () => {
      await withProject(async (project) => {
        const up = ['up', '--profile', '4c8g', '--port', 'auto', '--timeout', '300s', '--rate', '2000']
        expect((await runJson(project, up)).document).toMatchObject({ ok: true })
        const { ports } = (await runJson(project, ['status'])).document.data
        expect((await runRadtune(project, ['monitor', '--until', 'healthy'])).code).toBe(0)
        const kafka = new Kafka({ brokers: [`127.0.0.1:${ports.kafka}`], logLevel: logLevel.NOTHING })
        const admin = kafka.admin()
        await admin.connect()
        try {
          await compareFlow(project, admin)
          await compareLag(project, admin)
        } finally {
          await admin.disconnect()
        }
        const frame = await runRadtune(project, ['monitor', '--replay', 'flow.ndjson', '--once'])
        expect([0, 3]).toContain(frame.code)
        expect(frame.stdout).toContain('─ flow ─')
      })
    })
  },
)

/**
 * Over 30 s: what the monitor told of the rates by what the provider counts and by what a second client reads, and CPU by the counters
 * of the kernel.
 */
async function compareFlow(project: string, admin: Admin): Promise<void> {
  const { services } = (await runJson(project, ['status'])).document.data
  const clocks: GroupClock[] = services.flatMap(({ name, pid }: { name: string; pid: number }) => {
    const read = groupClock(pid)
    return read ? [{ name, read, samples: [] }] : []
  })
  const recording = record(project, 'flow.ndjson')
  const ends: Sample[] = []
  const commits: Sample[] = []
  const until = Date.now() + 30_000
  while (Date.now() < until) {
    commits.push(await timed(() => committedBy(admin)))
    ends.push(await timed(() => inputEnd(admin)))
    for (const { read, samples } of clocks) samples.push({ at: Date.now(), cpuMs: read() })
    await delay(200)
  }
  const snapshots = await recording()
  expect(snapshots.length).toBeGreaterThan(10)

  const published = snapshots.flatMap(({ provider }) =>
    provider.known ? [{ at: provider.value.at, value: provider.value.published }] : [],
  )
  compareRates('the provider and Kafka', published, ends)
  compareRates('in and the provider', shownRecords(snapshots, 'in'), published)
  compareRates('out and the commits', shownRecords(snapshots, 'out'), commits)
  for (const clock of clocks) compareCpu(snapshots, clock)
}

function compareRates(which: string, told: readonly Sample[], counted: readonly Sample[]): void {
  const window = overlap(told, counted)
  expect(window.to - window.from, which).toBeGreaterThan(10_000)
  expect(rateIn(counted, window), which).toBeGreaterThan(0)
  expect(Math.abs(rateIn(told, window) / rateIn(counted, window) - 1), which).toBeLessThan(0.02)
}

/** As many records as the rates that were shown come to. */
function shownRecords(snapshots: readonly Snapshot[], metric: 'in' | 'out'): Sample[] {
  const evaluator = new Evaluator({ targets: DEFAULT_TARGETS })
  const records: Sample[] = []
  for (const snapshot of snapshots) {
    const { now: rate } = evaluator.add(snapshot).flow[metric]
    const { topics, commits } = snapshot.kafka
    const source = metric === 'in' ? topics : commits
    const before = records.at(-1)
    if (!before && source.known) records.push({ at: source.at, value: 0 })
    if (before && rate.known && rate.at > before.at)
      records.push({ at: rate.at, value: before.value + (rate.value * (rate.at - before.at)) / 1000 })
  }
  return records
}

/** A counter as of the middle between question and answer. */
async function timed(ask: () => Promise<number>): Promise<Sample> {
  const askedAt = Date.now()
  const value = await ask()
  return { at: (askedAt + Date.now()) / 2, value }
}

async function committedBy(admin: Admin): Promise<number> {
  const [input] = await admin.fetchOffsets({ groupId: GROUPS.worker, topics: [TOPICS.input] })
  return (input?.partitions ?? []).reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0)
}

/** With no slot nothing is committed, and the provider stops at the backlog that it may have: then nothing moves. */
async function compareLag(project: string, admin: Admin): Promise<void> {
  const set = ['set', 'pipeline.parallelism=0', 'provider.maxInFlight=5000', '--timeout', '120s']
  expect((await runJson(project, set)).document.exitCode).toBe(0)
  let settled = -1
  await expect
    .poll(
      async () => {
        const before = settled
        settled = await inputEnd(admin)
        return settled === before
      },
      { timeout: 60_000, interval: 2_000 },
    )
    .toBe(true)
  const { document } = await runJson(project, ['monitor', '--once'])
  const snapshot = document.data.snapshot as Snapshot
  const [committed] = await admin.fetchOffsets({ groupId: GROUPS.worker, topics: [TOPICS.input] })
  const ends = await admin.fetchTopicOffsets(TOPICS.input)
  const expected = ends
    .map(({ partition, high, low }) => {
      const offset = Number(committed?.partitions.find((one) => one.partition === partition)?.offset ?? -1)
      return { partition, lag: Number(high) - (offset < 0 ? Number(low) : offset) }
    })
    .sort((a, b) => a.partition - b.partition)
  const partitions = partitionsOf(snapshot)
  if (!partitions.known) throw new Error(partitions.why)
  expect(
    partitions.value.map(({ partition, lag }) => ({ partition, lag: lag.known ? lag.value : lag.why })),
  ).toEqual(expected)
  const total = expected.reduce((sum, { lag }) => sum + lag, 0)
  expect(total).toBeGreaterThan(4_000)
  expect(document.data.evaluation.flow).toMatchObject({
    lag: { now: { value: total } },
    drain: { kind: 'never' },
  })
}

/** Starts a recording; the returned function ends it, and answers its snapshots. */
function record(project: string, file: string): () => Promise<Snapshot[]> {
  const child = spawn(process.execPath, [bin, 'monitor', '--record', file, '--quiet'], {
    cwd: project,
    env: { ...process.env, NO_COLOR: '1', RADTUNE_RUNTIME: 'local' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  return async () => {
    child.kill('SIGINT')
    expect(await ended).toBe(130)
    return parseRecording(await readFile(join(project, file), 'utf8'), file).snapshots
  }
}

async function inputEnd(admin: Admin): Promise<number> {
  return (await admin.fetchTopicOffsets(TOPICS.input)).reduce((sum, { high }) => sum + Number(high), 0)
}

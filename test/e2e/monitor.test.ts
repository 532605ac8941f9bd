import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { GROUPS, TOPICS } from '@radtune/core/contract'
import { parseRecording, partitionsOf, type Snapshot } from '@radtune/core/metrics'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { findJava } from '../../packages/cli/src/adapters/local/java.ts'
import { runJson, runRadtune, withProject } from './radtune.ts'

const bin = join(import.meta.dirname, '../../packages/cli/bin/radtune.js')

/** The supervisor takes a sample each second. */
const LONGEST_SAMPLE_MS = 1_500

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

/** Over 30 s: the provider's rate by the ends of its topic and their times, and CPU by the counters of the groups. */
async function compareFlow(project: string, admin: Admin): Promise<void> {
  const { services } = (await runJson(project, ['status'])).document.data
  const clocks: GroupClock[] = services.flatMap(({ name, pid }: { name: string; pid: number }) => {
    const read = groupClock(pid)
    return read ? [{ name, read, samples: [] }] : []
  })
  const recording = record(project, 'flow.ndjson')
  const ends: { at: number; end: number }[] = []
  const until = Date.now() + 30_000
  while (Date.now() < until) {
    ends.push({ at: Date.now(), end: await inputEnd(admin) })
    for (const { read, samples } of clocks) samples.push({ at: Date.now(), cpuMs: read() })
    await delay(200)
  }
  const snapshots = await recording()
  expect(snapshots.length).toBeGreaterThan(10)

  const published = snapshots.flatMap(({ provider }) =>
    provider.known ? [{ at: provider.value.at, value: provider.value.published }] : [],
  )
  const byKafka = ends.map(({ at, end }) => ({ at, value: end }))
  const window = overlap(published, byKafka)
  expect(rateIn(published, window)).toBeGreaterThan(0)
  expect(Math.abs(rateIn(published, window) / rateIn(byKafka, window) - 1)).toBeLessThan(0.02)

  for (const { name, samples } of clocks) {
    const seen = cpuSeen(snapshots, name)
    const counted = samples.map(({ at, cpuMs }) => ({ at, value: cpuMs }))
    const { from, to } = overlap(seen, counted)
    const told = seen.filter(({ at }) => at >= from && at <= to)
    const [first] = told
    const last = told.at(-1)
    if (!first || !last || last.at - first.at < 10_000)
      throw new Error(`${name} was seen for too short a time`)
    let [usedMs, kernelMs, overMs] = [0, 0, 0]
    for (const [index, { at, value }] of told.entries()) {
      const before = told[index - 1]?.at ?? at
      // Each value is the mean since the sample of the supervisor before it: one that was not seen leaves a gap.
      if (at - before > LONGEST_SAMPLE_MS) continue
      usedMs += value * (at - before)
      kernelMs += valueAt(counted, at) - valueAt(counted, before)
      overMs += at - before
    }
    expect(overMs).toBeGreaterThan(5_000)
    // Below a hundredth of a CPU a tick of the clock is more than 5 %.
    if (kernelMs / overMs < 0.01) continue
    expect(Math.abs(usedMs / kernelMs - 1), `CPU of ${name}`).toBeLessThan(0.05)
  }
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

interface GroupClock {
  name: string
  read: () => number
  samples: { at: number; cpuMs: number }[]
}

/** Reads the CPU time of the control group of a process; undefined where it has none of its own. */
function groupClock(pid: number): (() => number) | undefined {
  for (const line of readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.+)$/.exec(line) ?? []
    if (!path?.includes('radtune-')) continue
    const v1 = `/sys/fs/cgroup/cpuacct${path}/cpuacct.usage`
    if (controllers?.split(',').includes('cpuacct') && existsSync(v1))
      return () => Number(readFileSync(v1, 'utf8')) / 1e6
    const v2 = `/sys/fs/cgroup${path}/cpu.stat`
    if (controllers === '' && existsSync(v2))
      return () => Number(/^usage_usec (\d+)$/m.exec(readFileSync(v2, 'utf8'))?.[1]) / 1e3
  }
  return undefined
}

interface Sample {
  at: number
  value: number
}

function cpuSeen(snapshots: readonly Snapshot[], name: string): Sample[] {
  const seen: Sample[] = []
  for (const { services } of snapshots) {
    const cpus = services.known ? services.value.find((service) => service.name === name)?.cpus : undefined
    if (cpus?.known && cpus.at > (seen.at(-1)?.at ?? 0)) seen.push({ at: cpus.at, value: cpus.value })
  }
  return seen
}

function overlap(a: readonly Sample[], b: readonly Sample[]): { from: number; to: number } {
  return {
    from: Math.max(a[0]?.at ?? 0, b[0]?.at ?? 0),
    to: Math.min(a.at(-1)?.at ?? 0, b.at(-1)?.at ?? 0),
  }
}

function rateIn(samples: readonly Sample[], { from, to }: { from: number; to: number }): number {
  return ((valueAt(samples, to) - valueAt(samples, from)) * 1000) / (to - from)
}

/** Between two samples a counter is taken to grow evenly. */
function valueAt(samples: readonly Sample[], at: number): number {
  const next = samples.findIndex((sample) => sample.at >= at)
  const [before, after] = [samples[next - 1], samples[next]]
  if (!after) throw new Error('nobody looked at that time')
  if (!before || after.at === before.at) return after.value
  return before.value + ((after.value - before.value) * (at - before.at)) / (after.at - before.at)
}

import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import type { ServiceSnapshot, Snapshot } from '@radtune/core/metrics'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compareCpu, groupClock } from '../e2e/compare-cpu.ts'
import { countTopics } from '../e2e/count-topics.ts'
import { runJson as run, runRadtune } from '../e2e/radtune.ts'
import { sharedReadings, withoutReadings } from '../e2e/shared-data.ts'
import { containerOf, env, openDockerProject, withDockerProject } from './docker-project.ts'
import { docker, withoutEngine } from './engine.ts'

const runJson = (project: string, args: readonly string[]) => run(project, args, { env })
const file = join(sharedReadings, 'solarcast-2020-02.csv')
const bin = join(import.meta.dirname, '../../packages/cli/bin/radtune.js')
const MIB = 1024 * 1024

interface ServiceAnswer {
  name: string
  state: string
  pid: number | null
  restarts: number
  limits: { memory: number; cpu: number; enforced: boolean }
  lastExit: { code: number; outOfMemory: boolean } | null
}

async function services(project: string): Promise<Record<string, ServiceAnswer>> {
  const { document } = await runJson(project, ['status'])
  return Object.fromEntries(document.data.services.map((service: ServiceAnswer) => [service.name, service]))
}

async function untilWorker(
  project: string,
  reached: (worker: ServiceAnswer) => boolean,
): Promise<ServiceAnswer | undefined> {
  let worker: ServiceAnswer | undefined
  for (const end = performance.now() + 90_000; performance.now() < end; await delay(1000)) {
    worker = (await services(project))['worker-1']
    if (worker && reached(worker)) break
  }
  return worker
}

/** What the kernel holds a container to, read in it. */
function limitsInContainer(container: string): { memory: number; cpu: number } {
  const script = [
    'cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max',
    'cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu/cpu.cfs_period_us 2>/dev/null || cat /sys/fs/cgroup/cpu.max',
  ]
  const [memory = 0, quota = 0, period = 1] = docker(['exec', container, 'sh', '-c', script.join('; ')])
    .trim()
    .split(/\s+/)
    .map(Number)
  return { memory, cpu: quota / period }
}

/** Runs the monitor; `until` answers worker-1 of the first snapshot from now on of which something holds. */
function watch(project: string) {
  const child = spawn(process.execPath, [bin, 'monitor', '--json'], {
    cwd: project,
    env: { ...process.env, ...env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const snapshots: Snapshot[] = []
  return {
    /** All up to now. */
    snapshots,
    async until(holds: (worker: ServiceSnapshot) => boolean): Promise<ServiceSnapshot> {
      for (const end = performance.now() + 60_000; performance.now() < end; ) {
        const { value, done } = await lines.next()
        if (done) break
        const snapshot = JSON.parse(value).data.snapshot as Snapshot
        snapshots.push(snapshot)
        const { services } = snapshot
        const worker = services.known && services.value.find(({ name }) => name === 'worker-1')
        if (worker && holds(worker)) return worker
      }
      throw new Error('no such snapshot came')
    },
    async stop(): Promise<number> {
      const from = performance.now()
      child.kill('SIGINT')
      expect(await ended).toBe(130)
      return performance.now() - from
    },
  }
}

describe.skipIf(withoutEngine)('radtune on a container engine', () => {
  it.skipIf(withoutReadings)(
    'gives the documented table of the real readings, within limits that the kernel holds, over a down in the middle',
    { timeout: 600_000 },
    async () => {
      await withDockerProject(async (project) => {
        const up = [
          'up',
          '--profile',
          '4c8g',
          '--data',
          file,
          '--rate',
          '4000',
          '--port',
          'auto',
          '--timeout',
          '300s',
        ]
        const first = await runJson(project, up)
        expect(first.document, first.result.stderr).toMatchObject({
          ok: true,
          data: { runtime: 'docker', how: 'launched' },
        })
        for (const [name, { limits }] of Object.entries(await services(project))) {
          const held = limitsInContainer(containerOf(project, name))
          expect(limits.enforced, name).toBe(true)
          expect(Math.abs(held.memory - limits.memory), name).toBeLessThan(4096)
          expect(held.cpu, name).toBeCloseTo(limits.cpu, 3)
        }
        const down = (await runJson(project, ['down'])).document
        expect(down.data.records.in).toBeGreaterThan(0)

        const second = await runJson(project, [...up.with(up.indexOf('4000'), '0'), '--once'])
        expect(second.document, second.result.stderr).toMatchObject({ ok: true })
        const expected = {
          in: 52_313,
          normal: 33_593,
          critical: 1_038,
          dirty: 14_872,
          dirtyByReason: { unit: 13_792, 'time-range': 671, 'value-not-positive': 409 },
        }
        expect(second.document.data.records).toMatchObject({ ...expected, duplicates: 2_810, inFlight: 0 })
        expect(await countTopics(`127.0.0.1:${second.document.data.ports.kafka}`)).toMatchObject({
          ...expected,
          repeated: [],
          orphans: 0,
          misplaced: 0,
          outOfOrder: 0,
        })
      })
    },
  )

  it('says which port is taken, and leaves nothing', async () => {
    await withDockerProject(async (project) => {
      const other = createServer()
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', () => resolve()))
      const { port } = other.address() as { port: number }
      const refused = await runJson(project, ['up', '--profile', '2c4g', '--port', String(port)])
      expect(refused.document).toMatchObject({ exitCode: 4, error: { code: 'RT-LOCAL-007' } })
      expect(JSON.stringify(refused.document.error)).toContain(`port ${port}`)
      other.close()
    })
  })
})

describe.skipIf(withoutEngine)('a stack of 2c4g on a container engine', { timeout: 300_000 }, () => {
  const up = ['up', '--profile', '2c4g', '--port', 'auto', '--timeout', '300s']
  let project: string
  let close: () => Promise<void>

  beforeAll(async () => {
    ;({ project, close } = await openDockerProject())
    const { document, result } = await runJson(project, up)
    expect(document, result.stderr).toMatchObject({ ok: true })
  }, 330_000)

  afterAll(() => close(), 120_000)

  it('is not launched again, has no drift, and is not given up by mistake', async () => {
    const before = await services(project)
    expect((await runJson(project, up)).document).toMatchObject({ data: { how: 'already' } })
    expect(await services(project)).toMatchObject(
      Object.fromEntries(Object.entries(before).map(([name, { pid }]) => [name, { pid }])),
    )
    const live = ['--only', 'services', '--only', 'kafka', '--only', 'settings']
    expect((await runJson(project, ['drift', ...live, '--strict'])).document.exitCode).toBe(0)
    const local = await run(project, [...up, '--runtime', 'local'])
    expect(local.document).toMatchObject({ exitCode: 4, error: { code: 'RT-UP-011' } })
    const unasked = await run(project, ['down', '--volumes'], { env })
    expect(unasked.document).toMatchObject({ exitCode: 2, error: { code: 'RT-CLI-004' } })
    expect((await services(project)).kafka?.state).toBe('healthy')
  })

  it('is watched by streams, also over a restart of a container, and leaves none open', async () => {
    const monitor = watch(project)
    const first = await monitor.until(({ cpus }) => cpus.known)
    const clock = { name: 'worker-1', samples: [] as { at: number; cpuMs: number }[] }
    const read = groupClock(first.pid as number)
    if (!read) throw new Error('the container has no group of its own')
    const looking = setInterval(() => clock.samples.push({ at: Date.now(), cpuMs: read() }), 100)
    await monitor.until(({ cpus }) => cpus.known && first.cpus.known && cpus.at > first.cpus.at + 20_000)
    clearInterval(looking)
    compareCpu(monitor.snapshots, { ...clock, read })
    docker(['restart', '--time', '5', containerOf(project, 'worker-1')])
    const restartedAt = Date.now()
    const back = await monitor.until(
      ({ pid, cpus }) => pid !== first.pid && cpus.known && cpus.at > restartedAt + 2_000,
    )
    expect(back).toMatchObject({ memoryBytes: { known: true }, throttling: { known: true } })
    const endedAfterMs = await monitor.stop()
    expect(endedAfterMs).toBeLessThan(3_000)
  })

  it('has a worker again that was killed from outside, and says so', async () => {
    const before = (await services(project))['worker-1']
    const restarts = (before?.restarts ?? 0) + 1
    process.kill(before?.pid as number, 'SIGKILL')
    const back = await untilWorker(
      project,
      (worker) => worker.restarts === restarts && worker.state === 'healthy',
    )
    expect(back).toMatchObject({ restarts, lastExit: { code: 137, outOfMemory: false } })
  })

  it('shows what is changed by hand, has it taken back in place, and tells a kill for memory as one', async () => {
    const before = await services(project)
    docker(['update', '--cpus', '0.7', containerOf(project, 'kafka')])
    expect((await services(project)).kafka).toMatchObject({ pid: before.kafka?.pid, limits: { cpu: 0.7 } })

    // Raised in place: nothing is restarted.
    const raised = await runJson(project, [...up, '--set', 'backend.cpus=0.3'])
    expect(raised.document, raised.result.stderr).toMatchObject({ ok: true, data: { how: 'changed' } })
    const after = await services(project)
    expect(after.backend).toMatchObject({ pid: before.backend?.pid, limits: { cpu: 0.3 } })
    expect(after.kafka).toMatchObject({ pid: before.kafka?.pid, limits: { cpu: before.kafka?.limits.cpu } })

    const worker = containerOf(project, 'worker-1')
    docker(['update', '--memory', '320m', '--memory-swap', '320m', worker])
    // Beside the worker in its container, until the kernel takes the larger of them, which is the worker.
    const hog = 'const held = []; for (;;) held.push(Buffer.alloc(1e6, 1))'
    expect(() => docker(['exec', worker, 'node', '-e', hog], { timeoutMs: 60_000 })).toThrow()
    const restarts = after['worker-1']?.restarts ?? 0
    const killed = await untilWorker(project, (now) => now.restarts > restarts)
    expect(killed).toMatchObject({
      lastExit: { code: 137, outOfMemory: true },
      limits: { memory: 320 * MIB },
    })
    const { stdout } = await runRadtune(project, ['status'], { env })
    expect(stdout).toContain('worker-1 killed, out of memory, and was started again')
  })
})

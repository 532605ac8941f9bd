import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { profileFromName } from '@radtune/core/profile'
import { planStack } from '@radtune/core/stack'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Launch, Runtime, RuntimeEvent } from '../../ports/runtime.ts'
import { findFreePorts, isPortFree } from './free-ports.ts'
import { findJava } from './java.ts'
import { provideKafka } from './kafka-artefacts.ts'
import { createLocalRuntime } from './local-runtime.ts'
import { readProcess } from './process-table.ts'

/** Real Kafka from the user's cache; services that only say that they are well in place of the pipeline. */
let projectDir: string
let runtime: Runtime
let launch: Launch
let events: RuntimeEvent[]

const healthyService = `
  const [host, port] = process.env.RADTUNE_STATS_ADDRESS.split(':')
  require('node:http').createServer((request, response) => response.end('{}')).listen(port, host)
  console.log(process.env.RADTUNE_SERVICE, 'is up')
  process.on('SIGTERM', () => process.exit(0))`

/** Succeeds only when the broker takes a connection. */
const topics = `
  const [host, port] = process.env.KAFKA_BOOTSTRAP_SERVERS.split(':')
  require('node:net').connect(port, host, () => process.exit(0)).on('error', () => process.exit(1))`

beforeEach(async () => {
  projectDir = mkdtempSync(join(tmpdir(), 'radtune project é '))
  const pipelineBin = join(projectDir, 'bin')
  mkdirSync(pipelineBin)
  writeFileSync(join(pipelineBin, 'topics.js'), topics)
  writeFileSync(join(pipelineBin, 'warm-up.js'), 'process.exit(1)')
  for (const entry of ['worker', 'backend', 'frontend', 'provider'])
    writeFileSync(join(pipelineBin, `${entry}.js`), healthyService)
  runtime = createLocalRuntime({ projectDir, pipelineBin })
  launch = await launchOf('4c8g')
  events = []
})

afterEach(async () => {
  await runtime.stop({ onEvent: () => undefined })
  rmSync(projectDir, { recursive: true, force: true })
})

async function launchOf(profileName: string): Promise<Launch> {
  const named = profileFromName(profileName)
  if (!named.ok) throw new Error(`${profileName} is no profile`)
  const plan = planStack(named.profile)
  if (!plan.ok) throw plan.error
  const services = plan.spec.services.filter(({ role }) => role !== 'kafka')
  const [kafka = 0, controller = 0, backend = 0, frontend = 0, ...rest] = await findFreePorts(
    4 + services.length,
  )
  const stats = Object.fromEntries(services.map(({ name }, index) => [name, rest[index] ?? 0]))
  return {
    spec: plan.spec,
    data: { kind: 'generator', seed: 1 },
    ports: { kafka, controller, backend, frontend, stats },
  }
}

const bring = (wanted: Launch, signal = new AbortController().signal) =>
  runtime.launch(wanted, { signal, onEvent: (event) => events.push(event) })
const pids = async () => new Map((await runtime.inspect())?.services.map(({ name, pid }) => [name, pid]))
const portsOf = ({ ports: { stats, ...named } }: Launch) => [...Object.values(named), ...Object.values(stats)]

const obstacle = await findObstacle()
if (obstacle !== undefined && process.env.RADTUNE_REQUIRE_ALL === '1') throw new Error(obstacle)

describe.skipIf(obstacle !== undefined)(
  `the local runtime${obstacle ? ` (skipped: ${obstacle})` : ''}`,
  () => {
    it('knows of nothing where nothing was launched', async () => {
      expect(await runtime.inspect()).toBeUndefined()
      expect(await runtime.data()).toBeUndefined()
      expect(await runtime.stop({ onEvent: () => undefined })).toBe(false)
      await runtime.dropData()
    })

    it('launches a real broker and its services, is found again, keeps data, and leaves no process', async () => {
      const state = await bring(launch)
      expect(state.services.map(({ name, condition }) => [name, condition])).toEqual(
        launch.spec.services.map(({ name }) => [name, 'healthy']).sort((a, b) => order(a[0]) - order(b[0])),
      )
      expect(state.services[0]?.limits).toMatchObject({ memoryBytes: 1024 ** 3, cpus: 0.5 })
      const ready = events.flatMap((event) =>
        event.kind === 'service' && event.condition === 'healthy' ? [event.name] : [],
      )
      expect(ready[0]).toBe('kafka')
      // A warm-up that fails is told, and nothing waits for it.
      expect(events).toContainEqual({ kind: 'note', text: expect.stringContaining('was not warmed up') })
      expect(state.services.map(({ name }) => name)).not.toContain('warm-up')
      expect(ready.indexOf('provider')).toBeGreaterThan(ready.indexOf('worker-2'))
      await vi.waitFor(
        async () => {
          const kafka = (await runtime.inspect())?.services[0]
          expect(kafka?.memoryBytes.known && kafka.cpus.known).toBe(true)
        },
        { timeout: 10_000 },
      )

      const found = createLocalRuntime({ projectDir })
      expect((await found.inspect())?.launch).toEqual(launch)
      await expect(found.dropData()).rejects.toMatchObject({ code: 'RT-LOCAL-012' })
      const before = await pids()
      await bring(launch)
      expect(await pids()).toEqual(before)

      expect(await runtime.stop({ onEvent: () => undefined })).toBe(true)
      for (const pid of before.values()) expect(await readProcess(pid as number)).toBeUndefined()
      for (const port of portsOf(launch)) expect(await isPortFree(port)).toBe(true)
      expect(await runtime.data()).toMatchObject({ profile: '4c8g', bytes: expect.any(Number) })

      await bring(launch)
      expect(await pids()).not.toEqual(before)
      await runtime.stop({ onEvent: () => undefined })
      await runtime.dropData()
      expect(await runtime.data()).toBeUndefined()
    }, 120_000)

    it('restarts only the provider when the data change', async () => {
      await bring(launch)
      const before = await pids()
      await bring({ ...launch, data: { kind: 'generator', seed: 2 } })
      const after = await pids()
      expect([...after].filter(([name, pid]) => before.get(name) !== pid).map(([name]) => name)).toEqual([
        'provider',
      ])
      expect((await runtime.inspect())?.launch.data).toEqual({ kind: 'generator', seed: 2 })
    }, 120_000)

    it('brings a killed broker back', async () => {
      await bring(launch)
      process.kill((await pids()).get('kafka') as number, 'SIGKILL')
      await vi.waitFor(
        async () => {
          const kafka = (await runtime.inspect())?.services.find(({ name }) => name === 'kafka')
          expect(kafka).toMatchObject({ condition: 'healthy', restarts: 1 })
        },
        { timeout: 90_000 },
      )
    }, 120_000)

    it('refuses a port that another program has, before anything starts', async () => {
      const other = createServer()
      await new Promise<void>((resolve) => other.listen(launch.ports.backend, '127.0.0.1', () => resolve()))
      await expect(bring(launch)).rejects.toMatchObject({ code: 'RT-LOCAL-007', exitCode: 4 })
      expect(await runtime.inspect()).toBeUndefined()
      await new Promise((resolve) => other.close(resolve))
    })

    it('leaves nothing when it is aborted', async () => {
      const abort = new AbortController()
      const launching = runtime.launch(launch, {
        signal: abort.signal,
        onEvent: (event) => {
          if (event.kind === 'service' && event.name === 'kafka' && event.condition === 'healthy')
            abort.abort(new Error('interrupted'))
        },
      })
      await expect(launching).rejects.toThrow('interrupted')
      expect(await runtime.inspect()).toBeUndefined()
      for (const port of portsOf(launch)) expect(await isPortFree(port)).toBe(true)
    }, 120_000)

    it('says what is wrong with a folder that cannot be written', async () => {
      writeFileSync(join(projectDir, '.radtune'), 'a file')
      await expect(bring(launch)).rejects.toMatchObject({ code: 'RT-LOCAL-008', exitCode: 4 })
      rmSync(join(projectDir, '.radtune'))
    })

    it('shows the last lines of a broker whose data are of no use', async () => {
      const folder = join(projectDir, '.radtune', 'local', 'data', 'kafka')
      mkdirSync(folder, { recursive: true })
      writeFileSync(
        join(folder, 'meta.properties'),
        'version=9\nnode.id=77\ncluster.id=AAAAAAAAAAAAAAAAAAAAAA\n',
      )
      const error = await bring(launch).catch((caught: unknown) => caught)
      expect(error).toMatchObject({ code: 'RT-UP-004', message: 'kafka did not come up' })
      expect((error as { logs: string[] }).logs.length).toBeGreaterThan(0)
    }, 120_000)
  },
)

/** Why this machine cannot run Kafka; undefined when it can. */
async function findObstacle(): Promise<string | undefined> {
  try {
    await findJava(process.env)
    await provideKafka({ environment: process.env, onProgress: () => undefined })
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

function order(name: string | undefined): number {
  return ['kafka', 'worker-1', 'worker-2', 'backend', 'frontend', 'provider'].indexOf(name ?? '')
}

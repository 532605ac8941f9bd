import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Launch, LogLine, Runtime, RuntimeEvent, ServiceState } from '../../src/ports/runtime.ts'

/** A runtime under test, and launches of the same stack for it that differ in the provider's rate alone. */
export interface RuntimeUnderTest {
  runtime: Runtime
  launchAt(readingsPerSecond: number, seed?: number): Launch
  close(): Promise<void>
}

const TIMEOUT_MS = 120_000

/**
 * What every runtime keeps to, the real ones and the twin that tests of services rely on. The cases build on each other. With
 * an `obstacle` they are skipped, and say why.
 */
export function describeRuntime(
  name: string,
  create: () => Promise<RuntimeUnderTest>,
  obstacle?: string,
): void {
  const title = `${name} keeps the contract of a runtime${obstacle ? ` (skipped: ${obstacle})` : ''}`
  describe.skipIf(obstacle !== undefined)(title, { timeout: TIMEOUT_MS }, () => {
    let under: RuntimeUnderTest
    let runtime: Runtime
    /** Of the first launch that comes to its end. */
    const events: RuntimeEvent[] = []
    const never = new AbortController().signal

    beforeAll(async () => {
      under = await create()
      runtime = under.runtime
    })

    afterAll(async () => {
      await runtime?.stop({ onEvent: () => undefined })
      await under?.close()
    }, TIMEOUT_MS)

    test('finds nothing where nothing runs', async () => {
      expect(await runtime.inspect()).toBeUndefined()
      expect(await runtime.data()).toBeUndefined()
      expect(await runtime.stop({ onEvent: () => undefined })).toBe(false)
    })

    test('stops what it started when a launch is aborted, and rejects with the reason', async () => {
      const abort = new AbortController()
      const reason = new Error('enough')
      const launching = runtime.launch(under.launchAt(100), {
        signal: abort.signal,
        onEvent(event) {
          if (isStartOf(event, 'worker-1')) abort.abort(reason)
        },
      })
      await expect(launching).rejects.toBe(reason)
      const left = (await runtime.inspect())?.services.filter(({ pid }) => pid !== undefined) ?? []
      expect(left).toEqual([])
    })

    test('brings everything up in the order of dependence', async () => {
      const launch = under.launchAt(100)
      const stack = await runtime.launch(launch, { signal: never, onEvent: (event) => events.push(event) })
      expect(stack.services.map(({ name }) => name).sort()).toEqual(
        launch.spec.services.map(({ name }) => name).sort(),
      )
      for (const service of stack.services)
        expect(service).toMatchObject({ condition: 'healthy', pid: expect.any(Number) })
      const healthy = events.filter(isHealthy).map((event) => event.kind === 'service' && event.name)
      expect(healthy[0]).toBe('kafka')
      expect(healthy).toContain('provider')
      expect(await runtime.inspect()).toMatchObject({ runtime: runtime.name, launch })
      expect(await runtime.data()).toMatchObject({ profile: launch.spec.profile, bytes: expect.any(Number) })
    })

    test('warms up before data flow, and says at the end which limits hold', async () => {
      const warmUps = events.flatMap((event) => (event.kind === 'warm-up' ? [event.warmUp] : []))
      expect(warmUps).toHaveLength(1)
      expect(warmUps[0]?.roundTrips).toBeGreaterThan(0)
      expect(warmUps[0]?.firstP50Ms).toBeGreaterThan(0)
      expect(events.findIndex(({ kind }) => kind === 'warm-up')).toBeLessThan(
        events.findIndex((event) => isStartOf(event, 'provider')),
      )
      const told = events.at(-1)
      if (told?.kind !== 'limits') throw new Error(`the last event is ${told?.kind}`)
      const { spec } = under.launchAt(100)
      for (const { name, limits } of (await runtime.inspect())?.services ?? []) {
        const planned = spec.services.find((service) => service.name === name)
        expect(limits).toMatchObject({ enforced: told.enforced, how: told.how })
        // What is enforced is what the kernel made of it.
        expect(limits.cpus).toBeCloseTo(planned?.cpus ?? 0, 3)
        expect(Math.abs(limits.memoryBytes - (planned?.memoryBytes ?? 0))).toBeLessThan(65_536)
      }
    })

    test('knows memory, CPU and throttling of a service, or why not', async () => {
      await vi.waitFor(
        async () => {
          const kafka = (await runtime.inspect())?.services.find(({ name }) => name === 'kafka')
          if (!kafka) throw new Error('kafka is gone')
          expect(kafka.memoryBytes.known && kafka.cpus.known).toBe(true)
          expect(kafka.throttling.known).toBe(kafka.limits.enforced)
        },
        { timeout: 10_000 },
      )
    })

    test('changes nothing for the same launch', async () => {
      const before = await pids(runtime)
      await runtime.launch(under.launchAt(100), { signal: never, onEvent: () => undefined })
      expect(await pids(runtime)).toEqual(before)
    })

    test('restarts nothing for what a running service takes up by itself', async () => {
      const before = await pids(runtime)
      await runtime.launch(under.launchAt(200), { signal: never, onEvent: () => undefined })
      expect(await pids(runtime)).toEqual(before)
      expect((await runtime.inspect())?.launch).toEqual(under.launchAt(200))
    })

    test('restarts only what differs', async () => {
      const { provider, ...others } = await pids(runtime)
      await runtime.launch(under.launchAt(200, 2), { signal: never, onEvent: () => undefined })
      const { provider: newProvider, ...kept } = await pids(runtime)
      expect(kept).toEqual(others)
      expect(newProvider).not.toBe(provider)
      expect((await runtime.inspect())?.launch).toEqual(under.launchAt(200, 2))
    })

    test('reads the last lines of the services asked for', async () => {
      const lines: LogLine[] = []
      const query = { services: ['kafka', 'provider'], lines: 3, follow: false }
      for await (const line of runtime.logs(query, never)) lines.push(line)
      for (const service of query.services)
        expect(lines.filter((line) => line.service === service).length).toBeLessThanOrEqual(3)
      expect(lines.every(({ service }) => query.services.includes(service))).toBe(true)
    })

    test('drops no data under a running stack', async () => {
      await expect(runtime.dropData()).rejects.toThrow()
      expect(await runtime.data()).toBeDefined()
    })

    test('stops everything, Kafka last, keeps the data until they are dropped', async () => {
      const stopped: string[] = []
      const onEvent = (event: RuntimeEvent) => {
        if (event.kind === 'service' && event.condition === 'stopped') stopped.push(event.name)
      }
      expect(await runtime.stop({ onEvent })).toBe(true)
      expect(stopped.at(-1)).toBe('kafka')
      expect(await runtime.inspect()).toBeUndefined()
      expect(await runtime.data()).toBeDefined()
      await runtime.dropData()
      expect(await runtime.data()).toBeUndefined()
    })
  })
}

function isStartOf(event: RuntimeEvent, service: string): boolean {
  return event.kind === 'service' && event.name === service && event.condition === 'starting'
}

function isHealthy(event: RuntimeEvent): boolean {
  return event.kind === 'service' && event.condition === 'healthy'
}

async function pids(runtime: Runtime): Promise<Record<string, ServiceState['pid']>> {
  const stack = await runtime.inspect()
  return Object.fromEntries(stack?.services.map(({ name, pid }) => [name, pid]) ?? [])
}

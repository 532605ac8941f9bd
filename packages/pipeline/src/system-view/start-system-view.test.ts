import { type LiveService, type LiveSystem, liveSystemSchema } from '@radtune/core/contract'
import { known } from '@radtune/core/metrics'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { MemoryStack } from '../../test/memory-stack.ts'
import { startSystemView } from './start-system-view.ts'

let stack: MemoryStack
let stop: () => Promise<void>
let current: () => LiveSystem
let atFirst: LiveSystem
const logged: string[] = []

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  stack = new MemoryStack()
  logged.length = 0
  const view = startSystemView({
    outline: stack.outline,
    own: stack.own,
    kafka: stack.kafka,
    settings: () => ({ revision: 7, values: stack.settings }),
    now: stack.now,
    log: (message) => void logged.push(message),
    ask: stack.ask,
    host: (at) => known({ cpus: 4, cpuShare: 0.3, perCore: [], memoryBytes: 8e9, usedBytes: 4e9 }, at),
  })
  current = view.current
  atFirst = view.current()
  stop = view.stop
})
afterEach(async () => {
  vi.useRealTimers()
  for (const service of stack.services.values())
    if (service.behaviour.kind === 'hangs') service.behaviour = { kind: 'absent' }
  await stop()
  expect(logged).toEqual([])
})

/** One look, some time later. */
async function look(turn: Parameters<MemoryStack['turn']>[1] = {}, ms = 1000): Promise<LiveSystem> {
  await settled()
  stack.turn(ms, turn)
  vi.advanceTimersByTime(1000)
  await settled()
  return liveSystemSchema.parse(current())
}

/** A look ends when all have answered; one that hangs is waited for 300 ms. */
async function settled(): Promise<void> {
  const hangs = [...stack.services.values()].some(({ behaviour }) => behaviour.kind === 'hangs')
  await new Promise((resolve) => setTimeout(resolve, hangs ? 350 : 0))
  for (let n = 0; n < 40; n += 1) await new Promise((resolve) => setImmediate(resolve))
}

async function looks(count: number, turn: Parameters<MemoryStack['turn']>[1] = {}): Promise<LiveSystem> {
  let system = current()
  for (let n = 0; n < count; n += 1) system = await look(turn)
  return system
}

function seen(name: string, system = current()): LiveService {
  const service = system.services.find((one) => one.name === name)
  if (!service) throw new Error(`${name} is not in the view`)
  return service
}

describe('a stack that is well', () => {
  test('is told in the order of its plan, with what it uses of its limits', async () => {
    const system = await looks(3)
    expect(system.services.map(({ name, condition }) => `${name} ${condition}`)).toEqual([
      'kafka healthy',
      'worker-1 healthy',
      'worker-2 healthy',
      'backend healthy',
      'provider healthy',
      'frontend healthy',
    ])
    expect(seen('worker-1')).toMatchObject({ role: 'worker', cpuLimit: 1.5, memoryBytes: 200 * 1024 ** 2 })
    expect(seen('worker-1').cpus).toBeCloseTo(0.3)
    expect(system.flow).toEqual({ published: 1000, processed: 1000, received: 1000 })
    expect(system).toMatchObject({ lag: 0, bottleneck: null, latencyTargetMs: 100 })
    expect(system.playback).toEqual({
      speed: 0,
      ratePerSecond: 1000,
      paused: false,
      state: 'running',
      gaps: null,
    })
  })

  test('nothing is made up before it was asked, and of Kafka never', async () => {
    const unknown = { condition: 'unknown', cpus: null, memoryBytes: null }
    expect(seen('worker-1', atFirst)).toMatchObject(unknown)
    expect(atFirst.flow).toEqual({ published: null, processed: null, received: null })
    expect(atFirst.advice).toBeNull()
    await looks(2)
    expect(seen('kafka')).toMatchObject({
      cpus: null,
      cpuLimit: null,
      memoryBytes: null,
      memoryLimitBytes: null,
    })
    expect(seen('kafka').reason).toContain('radtune monitor')
  })

  test('without limits it tells what the process uses, and of what is not known', async () => {
    stack.service('worker-1').cpuLimit = null
    await looks(2)
    expect(seen('worker-1')).toMatchObject({
      cpuLimit: null,
      memoryLimitBytes: null,
      memoryBytes: 400 * 1024 ** 2,
    })
    expect(seen('worker-1').cpus).toBeCloseTo(0.3)
  })

  test('limits that were changed are those of the next look', async () => {
    await looks(2)
    stack.service('worker-1').cpuLimit = 1.2
    await look()
    expect(seen('worker-1').cpuLimit).toBe(1.2)
  })
})

describe('a service that', () => {
  test('is absent is silent with the reason, and what it would have told is not known', async () => {
    await looks(3)
    stack.service('provider').behaviour = { kind: 'absent' }
    const system = await look()
    expect(seen('provider')).toMatchObject({
      condition: 'silent',
      reason: 'nothing listens on 127.0.0.1:9103',
      cpus: null,
      memoryBytes: null,
    })
    expect(system.flow.published).toBeNull()
    expect(system.playback.state).toBeNull()
    expect(system.flow.processed).not.toBeNull()
  })

  test('hangs holds up nobody, and is not asked again before it has answered', async () => {
    await looks(2)
    stack.service('worker-2').behaviour = { kind: 'hangs' }
    await looks(2)
    const asked = stack.asked
    const system = await look()
    expect(stack.asked - asked).toBe(6)
    expect(system.flow.published).toBe(1000)
    expect(seen('worker-1').condition).toBe('healthy')
  })

  test.each([
    ['garbage', 'lorem ipsum'],
    ['numbers that are none', { current: { service: 'worker-1', slots: 'many' } }],
    ['nothing', { schema: 'radtune.stats/1', current: null, history: [] }],
  ])('says %s is not known', async (_, body) => {
    await looks(2)
    stack.service('worker-1').behaviour = { kind: 'says', body }
    await look()
    expect(seen('worker-1')).toMatchObject({ condition: 'unknown', cpus: null, memoryBytes: null })
  })

  test('is another one is not known', async () => {
    stack.service('worker-1').behaviour = { kind: 'says', body: { current: stack.sampleOf('worker-2') } }
    await looks(2)
    expect(seen('worker-1')).toMatchObject({
      condition: 'unknown',
      reason: 'worker-2 answers on 127.0.0.1:9100',
      cpus: null,
    })
  })

  test('is not well says why, and still tells what it uses', async () => {
    stack.service('worker-1').behaviour = {
      kind: 'unhealthy',
      reason: 'slot 0: has not joined the group yet',
    }
    await looks(3)
    expect(seen('worker-1')).toMatchObject({
      condition: 'unhealthy',
      reason: 'slot 0: has not joined the group yet',
    })
    expect(seen('worker-1').cpus).toBeCloseTo(0.3)
  })

  test('was started again has no CPU until it was seen twice; a counter that goes back is no rate', async () => {
    await looks(3)
    Object.assign(stack.service('provider'), { pid: 999, cpuMs: 100 })
    stack.records.published = 0
    await look()
    expect(seen('provider')).toMatchObject({ condition: 'healthy', cpus: null })
    expect(current().flow.published).toBeNull()
    await look()
    expect(seen('provider').cpus).toBeCloseTo(0.3)
    stack.service('provider').cpuMs = 50
    await look()
    expect(seen('provider').cpus).toBeNull()
  })
})

describe('Kafka', () => {
  test('that does not answer is silent within four seconds, and lag is not known', async () => {
    await looks(3)
    stack.kafkaTookMs = undefined
    const system = await looks(4)
    expect(seen('kafka')).toMatchObject({
      condition: 'silent',
      reason: 'Kafka has not answered for 4 s: connect ECONNREFUSED',
    })
    expect(system).toMatchObject({ lag: null, flow: { processed: null } })
  })
})

describe('what holds the flow back', () => {
  test('is said in a sentence, with what the backend does not see', async () => {
    await looks(5)
    const system = await looks(8, { perSecond: 5000, out: 1000 })
    expect(system.lag).toBeGreaterThan(10_000)
    expect(system.bottleneck).toMatch(/records wait for the workers; or for Kafka: radtune monitor/)
    stack.busyMs = 990
    expect((await looks(12, { perSecond: 5000, out: 1000 })).bottleneck).toMatch(
      /^worker-1 .* busy: [\d,]+ records wait for the workers$/,
    )
  })
})

describe('advice', () => {
  test('is asked for now and then, and counts what cannot be decided from here', async () => {
    const system = await looks(45)
    expect(system.advice?.findings).toEqual([])
    expect(system.advice?.undecided).toBeGreaterThan(0)
    expect(system.advice?.why).not.toBeNull()
  })

  test('finds what everybody can see: memory that is nearly used up', async () => {
    stack.service('worker-1').workingSetBytes = 500 * 1024 ** 2
    const system = await looks(45)
    expect(system.advice?.findings).toEqual(['worker-1 uses 98 % of its 512 MiB'])
  })

  test('slots that are too few for what comes in', async () => {
    stack.busyMs = 990
    const system = await looks(45, { perSecond: 5000, out: 1000 })
    expect(system.advice?.findings.join()).toMatch(/lag grows by .* with slots 99 % busy/)
  })
})

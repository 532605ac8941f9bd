import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Profile, profileFromName } from '../profile/index.ts'
import { type SettingKey, settings } from '../settings/index.ts'
import { GIB, MIB } from '../units/index.ts'
import { minimumMachine } from './check-plan.ts'
import { type Pin, planStack, type ServiceSpec, type StackSpec, splitWorkerHeap } from './index.ts'
import { largestDivisor } from './plan-slots.ts'
import { singleServiceRules, workerRules } from './service-rules.ts'

function profileOf(machine: { cpus: number; memoryBytes: number }): Profile {
  return {
    name: 'any',
    machine,
    workload: { minPerSecond: 1000, maxPerSecond: 10_000, latencyTargetMs: 100 },
    pins: [],
  }
}

function planned(machine: { cpus: number; memoryBytes: number }, pins: readonly Pin[] = []): StackSpec {
  const result = planStack(profileOf(machine), { pins })
  if (!result.ok) throw result.error
  return result.spec
}

const reference = { cpus: 4, memoryBytes: 8 * GIB }
const need = minimumMachine()

/** Any machine that is not too small, whole and odd sizes alike. */
const machines = fc.record({
  cpus: fc.oneof(
    fc.integer({ min: 2, max: 256 }),
    fc.integer({ min: need.cpus * 1000, max: 300_000 }).map((milli) => milli / 1000),
  ),
  memoryBytes: fc.oneof(
    fc.integer({ min: 3, max: 2048 }).map((gibibytes) => gibibytes * GIB),
    fc.integer({ min: need.memoryBytes, max: 1024 * GIB }),
  ),
})

function expectSound(spec: StackSpec): void {
  const { totals, machine, services } = spec
  expect(sum(services, 'memoryBytes')).toBe(totals.memoryBytes)
  expect(totals.memoryBytes).toBeLessThanOrEqual(machine.usableMemoryBytes)
  expect(totals.reservedCpus).toBeLessThanOrEqual(machine.cpus)
  expect(totals.cpus).toBeLessThanOrEqual(totals.maxCpuOvercommit * machine.cpus)
  const slots = spec.settings['pipeline.parallelism'].value
  expect(sum(services, 'slots')).toBe(slots)
  if (slots > 0) expect(spec.settings['topics.radiation-data.partitions'].value % slots).toBe(0)
  for (const service of services) expectServiceSound(service)
}

function expectServiceSound({
  role,
  memoryBytes,
  cpus,
  heapBytes = 0,
  slots = 0,
  ...reserved
}: ServiceSpec): void {
  const floorTenths =
    role === 'worker'
      ? workerRules.floorTenths + slots * workerRules.floorTenthsPerSlot
      : singleServiceRules[role].memory.floorTenths
  expect(memoryBytes).toBeGreaterThanOrEqual(Math.floor((floorTenths * GIB) / 10))
  expect(cpus).toBeGreaterThan(0)
  expect(heapBytes).toBeGreaterThan(0)
  expect(heapBytes).toBeLessThan(memoryBytes)
  if (role === 'kafka') expect(heapBytes + 180_000_000).toBeLessThanOrEqual(memoryBytes)
  expect(reserved.reservedMemoryBytes).toBeLessThanOrEqual(memoryBytes)
  expect(reserved.reservedCpus).toBeLessThanOrEqual(cpus)
  const { mainBytes, slotBytes } = splitWorkerHeap(heapBytes, slots)
  expect(mainBytes + slots * slotBytes).toBeLessThanOrEqual(heapBytes)
}

function sum(services: readonly ServiceSpec[], field: 'memoryBytes' | 'slots'): number {
  return services.reduce((total, service) => total + (service[field] ?? 0), 0)
}

describe('every machine', () => {
  it('gets a plan that fits and in which every service can live', () => {
    fc.assert(
      fc.property(machines, (machine) => expectSound(planned(machine))),
      { numRuns: 500 },
    )
  })

  it('never takes from a service when it grows', () => {
    const growth = fc.record({
      cpus: fc.integer({ min: 0, max: 16_000 }).map((milli) => milli / 1000),
      memoryBytes: fc.integer({ min: 0, max: 32 * GIB }),
    })
    fc.assert(
      fc.property(machines, growth, (machine, more) => {
        const larger = planned({
          cpus: Math.round((machine.cpus + more.cpus) * 1000) / 1000,
          memoryBytes: machine.memoryBytes + more.memoryBytes,
        })
        for (const before of planned(machine).services) {
          const after = larger.services.find(({ name }) => name === before.name)
          for (const field of [
            'memoryBytes',
            'cpus',
            'heapBytes',
            'slots',
            'reservedMemoryBytes',
            'reservedCpus',
          ] as const)
            expect(after?.[field] ?? 0, `${before.name}.${field}`).toBeGreaterThanOrEqual(before[field] ?? 0)
        }
        expect(sum(larger.services, 'slots')).toBeGreaterThanOrEqual(sum(planned(machine).services, 'slots'))
      }),
      { numRuns: 500 },
    )
  })

  it('gets the same plan each time', () => {
    fc.assert(
      fc.property(machines, (machine) => {
        expect(planned(machine)).toEqual(planned(machine))
      }),
      { numRuns: 20 },
    )
  })

  it('keeps its logs within the disk allowance', () => {
    fc.assert(
      fc.property(machines, (machine) => {
        const { value: perPartition } = planned(machine).settings['topics.retentionBytes']
        const { settings: resolved } = planned(machine)
        const logs = 4 * resolved['topics.radiation-data.partitions'].value
        expect(perPartition).toBeGreaterThanOrEqual(16 * MIB)
        expect((perPartition + resolved['topics.segmentBytes'].value) * logs).toBeLessThanOrEqual(
          6 * machine.memoryBytes,
        )
      }),
    )
  })
})

describe('a machine that is too small', () => {
  it.each([
    ['too little memory', { cpus: 4, memoryBytes: 2 * GIB }, 'The memory limits add up to'],
    ['too few CPUs', { cpus: 1, memoryBytes: 8 * GIB }, 'worker-1 with 3 slots needs at least 0.75 CPU'],
    ['hardly any memory', { cpus: 1, memoryBytes: 1 }, 'only 0 B are usable'],
  ])('is refused with what it would need: %s', (_, machine, why) => {
    const result = planStack(profileOf(machine))
    expect(result).toMatchObject({ ok: false, error: { code: 'RT-PLAN-001', exitCode: 2 } })
    if (result.ok) return
    expect(result.error.message).toContain('1.4 CPUs and 2.8 GiB of memory')
    expect(result.error.why).toContain(why)
  })

  it('would do with exactly what the refusal names', () => {
    expectSound(planned({ cpus: need.cpus, memoryBytes: need.memoryBytes }))
    expect(planStack(profileOf({ cpus: need.cpus, memoryBytes: need.memoryBytes - GIB / 10 })).ok).toBe(false)
    expect(planStack(profileOf({ cpus: need.cpus - 0.1, memoryBytes: need.memoryBytes })).ok).toBe(false)
  })

  it('names a profile that is large enough', () => {
    const result = planStack(profileOf({ cpus: 1, memoryBytes: 2 * GIB }))
    const name = result.ok ? '' : (result.error.fix[0]?.split(' ').at(-1) ?? '')
    const named = profileFromName(name)
    expect(named.ok && planStack(named.profile).ok).toBe(true)
  })
})

describe('pins', () => {
  const pin = <Key extends SettingKey>(key: Key, value: Pin<Key>['value'], more: Partial<Pin> = {}): Pin =>
    ({ key, value, origin: 'flag', ...more }) as Pin

  it('are kept, and shown with their origin, their place and what they replace', () => {
    const spec = planned(reference, [
      pin('kafka.heap', '300MiB', { origin: 'radtune.yaml', at: 'radtune.yaml:14' }),
    ])
    expect(spec.services[0]?.heapBytes).toBe(300 * MIB)
    expect(spec.settings['kafka.heap']).toMatchObject({
      value: 300 * MIB,
      origin: 'radtune.yaml',
      at: 'radtune.yaml:14',
      reason: { sentence: '300 MiB: pinned by radtune.yaml, radtune.yaml:14; without the pin 512 MiB' },
    })
    expect(spec.services[0]?.reasons.find(({ of }) => of === 'heapBytes')).toMatchObject({
      origin: 'radtune.yaml',
    })
  })

  it('of a profile carry its file and line', () => {
    const profile: Profile = {
      ...profileOf(reference),
      file: 'profiles/own.yaml',
      pins: [{ key: 'producer.main.linger', value: 5, line: 9 }],
    }
    const result = planStack(profile)
    expect(result).toMatchObject({
      spec: {
        settings: { 'producer.main.linger': { value: 5, origin: 'profile', at: 'profiles/own.yaml:9' } },
      },
    })
  })

  it('of a stronger origin win, whatever the order, and of equals the last', () => {
    const pins = [
      pin('producer.main.linger', 1, { origin: 'flag' }),
      pin('producer.main.linger', 2, { origin: 'environment' }),
      pin('producer.main.linger', 3, { origin: 'overlay' }),
      pin('producer.main.linger', 4, { origin: 'user config' }),
    ]
    fc.assert(
      fc.property(fc.shuffledSubarray(pins, { minLength: 4 }), (shuffled) => {
        expect(planned(reference, shuffled).settings['producer.main.linger']).toMatchObject({
          value: 1,
          origin: 'flag',
        })
      }),
    )
    const twice = [pin('producer.main.linger', 1), pin('producer.main.linger', 2)]
    expect(planned(reference, twice).settings['producer.main.linger'].value).toBe(2)
  })

  it('of transactions shorten the commit interval, unless that is pinned too', () => {
    const intervalOf = (...pins: Parameters<typeof pin>[]) =>
      planned(
        reference,
        pins.map((given) => pin(...given)),
      ).settings['pipeline.commitInterval']
    expect(intervalOf()).toMatchObject({ value: 500, origin: 'derived', reason: { rule: 'default' } })
    expect(intervalOf(['pipeline.delivery', 'transactions'])).toMatchObject({
      value: 100,
      origin: 'derived',
      reason: { rule: 'commit-shows-records' },
    })
    const both = intervalOf(['pipeline.delivery', 'transactions'], ['pipeline.commitInterval', 300])
    expect(both).toMatchObject({ value: 300, origin: 'flag' })
  })

  it('may be for one worker only', () => {
    const spec = planned(reference, [pin('worker.memory', '1.5GB', { service: 'worker-2' })])
    expect(spec.services.map(({ name, memoryBytes }) => [name, memoryBytes / GIB]).slice(1, 3)).toEqual([
      ['worker-1', 2],
      ['worker-2', 1.5],
    ])
    expect(spec.settings['worker.memory']).toMatchObject({ value: 2 * GIB, origin: 'derived' })
  })

  it('on another service make the workers give way, within their floors', () => {
    const spec = planned(reference, [pin('kafka.memory', '2GB'), pin('kafka.cpus', 2)])
    expectSound(spec)
    expect(spec.services[0]).toMatchObject({ memoryBytes: 2 * GIB, cpus: 2, heapBytes: GIB })
    expect(spec.services[1]).toMatchObject({ cpus: 1.15 })
    expect(spec.services[1]?.reasons[0]?.sentence).toContain('what the other services leave')
  })

  it.each([
    [[pin('worker.count', 1)], [6]],
    [[pin('worker.count', 3)], [2, 2, 2]],
    [[pin('worker.count', 4)], [2, 2, 1, 1]],
    [[pin('pipeline.parallelism', 4)], [2, 2]],
    [[pin('pipeline.parallelism', 0)], [0, 0]],
    [[pin('pipeline.parallelism', 1)], [1, 0]],
    [[pin('topics.radiation-data.partitions', 12)], [3, 3]],
    [[pin('topics.radiation-data.partitions', 8)], [2, 2]],
    [[pin('topics.radiation-data.partitions', 7)], [1, 0]],
    [
      [pin('topics.radiation-data.partitions', 24), pin('pipeline.parallelism', 4)],
      [2, 2],
    ],
  ])('on slots, partitions and workers are spread evenly (%#)', (pins, slots) => {
    const spec = planned(reference, pins)
    expectSound(spec)
    expect(spec.services.filter(({ role }) => role === 'worker').map((worker) => worker.slots)).toEqual(slots)
  })

  it.each([
    [1, 6],
    [2, 6],
    [0, 6],
    [4, 4],
    [12, 12],
  ])(
    'on slots keep the partitions when they share them out evenly: %i slots, %i partitions',
    (slots, partitions) => {
      const spec = planned(reference, [pin('pipeline.parallelism', slots)])
      expect(spec.settings['topics.radiation-data.partitions'].value).toBe(partitions)
    },
  )

  it.each([
    ['too much memory', [pin('worker.memory', '4GB')], 'The memory limits add up to 10.1 GiB'],
    ['too much CPU', [pin('worker.cpus', 3)], 'The CPU limits add up to 7.2'],
    [
      'a heap over its limit',
      [pin('kafka.heap', '900MiB')],
      'A heap of 900 MiB does not fit in the 1 GiB of kafka',
    ],
    ['memory under the floor', [pin('backend.memory', '100MiB')], 'backend needs at least 0.3 GiB'],
    ['more workers than fit', [pin('worker.count', 64)], 'worker-1'],
    [
      'slots that do not divide',
      [pin('topics.radiation-data.partitions', 6), pin('pipeline.parallelism', 4)],
      '3 slots or 8 partitions do',
    ],
    [
      'a worker that is not there',
      [pin('worker.memory', '1GB', { service: 'worker-7' })],
      'There is no worker-7',
    ],
    ['falling thresholds', [pin('thresholds.high', 2000)], 'must not fall'],
    ['buffers over the limit', [pin('producer.bufferMemory', '1GB')], 'The producer buffers of worker-1'],
    [
      'more slots than a heap holds',
      [pin('pipeline.parallelism', 64)],
      'worker-1 with 32 slots needs at least 3.5 GiB',
    ],
    [
      'no disk',
      [pin('topics.radiation-data.partitions', 1024), pin('topics.segmentBytes', '1GB')],
      'no room beside its open segment',
    ],
    [
      'transactions over clients without',
      [pin('pipeline.delivery', 'transactions'), pin('pipeline.driver', 'kafkajs')],
      'needs pipeline.driver hybrid',
    ],
  ])('that make a plan impossible are refused and named: %s', (_, pins, why) => {
    const result = planStack(profileOf(reference), { pins })
    expect(result).toMatchObject({ ok: false, error: { code: 'RT-PLAN-002', exitCode: 2 } })
    if (result.ok) return
    expect(result.error.why).toContain(why)
    expect(result.error.message).toContain('(flag)')
  })

  it.each([
    [pin('producer.main.linger', '10s'), 'not between'],
    [pin('worker.memory', '8GG'), '8GG'],
    [pin('no.such' as SettingKey, 1 as never), 'no such setting'],
  ])('with a value that cannot be are refused (%#)', (wrong, what) => {
    const result = planStack(profileOf(reference), { pins: [wrong] })
    expect(result).toMatchObject({ ok: false, error: { code: 'RT-SET-001' } })
    if (!result.ok) expect(result.error.message).toContain(what)
  })

  it('of any kind give a sound plan that holds every one of them, or a refusal', () => {
    const numeric = (Object.keys(settings) as SettingKey[]).filter((key) => 'min' in settings[key])
    const anyPin = fc
      .tuple(fc.constantFrom(...numeric), fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([key, part]) => {
        const { min, max, whole } = settings[key] as { min: number; max: number; whole: boolean }
        // Small values are the interesting ones: a range may reach to 16 TiB.
        const raw = min + (max - min) * part ** 8
        return pin(key, (whole ? Math.floor(raw) : raw) as never)
      })
    let [held, refused] = [0, 0]
    fc.assert(
      fc.property(
        machines,
        fc.uniqueArray(anyPin, { maxLength: 4, selector: ({ key }) => key }),
        (machine, pins) => {
          const result = planStack(profileOf(machine), { pins })
          if (!result.ok) {
            refused++
            expect(result.error.code).toBe('RT-PLAN-002')
            expect(result.error.why).not.toMatch(/NaN|undefined|Infinity/)
            return
          }
          held++
          expectSound(result.spec)
          for (const { key, value } of pins)
            expect(result.spec.settings[key]).toMatchObject({ value, origin: 'flag' })
        },
      ),
      { numRuns: 2000 },
    )
    expect(Math.min(held, refused)).toBeGreaterThan(100)
  })
})

it('plans for another machine than the profile names', () => {
  const result = planStack(profileOf(reference), { machine: { cpus: 8, memoryBytes: 16 * GIB } })
  expect(result).toMatchObject({ spec: { machine: { cpus: 8 }, settings: { 'worker.count': { value: 4 } } } })
})

it.each([
  [12, 6, 6],
  [8, 6, 4],
  [7, 6, 1],
  [6, 100, 6],
  [1, 6, 1],
])('the largest divisor of %d up to %d is %d', (count, limit, divisor) => {
  expect(largestDivisor(count, limit)).toBe(divisor)
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Role } from '../stack/index.ts'
import { GIB } from '../units/index.ts'
import { type CpuHolder, cpuFloor, moveCpu } from './move-cpu.ts'
import { type MemoryHolder, memoryFloor, moveMemory } from './move-memory.ts'
import { scalingCoefficient } from './scaling-coefficient.ts'
import { divisorsOf, growSlots, isOverloaded, MOST_SHRINK_SHARE, shrinkSlots } from './slots-for.ts'
import { rises, trendOf } from './trend.ts'
import { capacityOf, requiredRate, trueRatePerSlot } from './true-rate.ts'

describe('true rate', () => {
  test('is the rate at full time: an example by hand', () => {
    expect(trueRatePerSlot({ perSecond: 8000, slots: 2, busyShare: 0.5 })).toBe(8000)
    expect(trueRatePerSlot({ perSecond: 8000, slots: 2, busyShare: 0 })).toBeUndefined()
    expect(trueRatePerSlot({ perSecond: 0, slots: 2, busyShare: 0.5 })).toBeUndefined()
    expect(trueRatePerSlot({ perSecond: 10, slots: 0, busyShare: 0.5 })).toBeUndefined()
  })

  test('what is required holds the input, and catches up in time, under the utilisation', () => {
    const of = { catchUpMs: 300_000, utilisation: 0.7 }
    expect(requiredRate({ inPerSecond: 7000, lagRecords: 0, ...of })).toBeCloseTo(10_000)
    expect(requiredRate({ inPerSecond: 7000, lagRecords: 2_100_000, ...of })).toBeCloseTo(20_000)
  })

  test('capacity grows by what the coefficient leaves of a slot, and shrinks by whole slots', () => {
    const of = { perSlot: 1000, measuredAt: 2 }
    expect(capacityOf(4, { ...of, coefficient: 0.5 })).toBe(3000)
    expect(capacityOf(4, { ...of, coefficient: 1 })).toBe(4000)
    expect(capacityOf(1, { ...of, coefficient: 0.5 })).toBe(1000)
  })
})

describe('the scaling coefficient', () => {
  test('needs three observations', () => {
    const two = [
      { slots: 1, perSecond: 1000 },
      { slots: 2, perSecond: 1800 },
    ]
    expect(scalingCoefficient(two)).toBeUndefined()
    expect(scalingCoefficient([...two, { slots: 3, perSecond: 0 }])).toBeUndefined()
    expect(scalingCoefficient([...two, { slots: 3, perSecond: 2400 }])).toBeCloseTo(
      (1000 + 3600 + 7200) / 14_000,
    )
  })

  test('is between a half and one, whatever was observed', () => {
    const observation = fc.record({
      slots: fc.integer({ min: 1, max: 64 }),
      perSecond: fc.double({ min: 1, max: 1e6, noNaN: true }),
    })
    fc.assert(
      fc.property(fc.array(observation, { minLength: 3 }), (observations) => {
        const coefficient = scalingCoefficient(observations)
        expect(coefficient).toBeGreaterThanOrEqual(0.5)
        expect(coefficient).toBeLessThanOrEqual(1)
      }),
    )
  })
})

describe('slots', () => {
  test('of 6 partitions are 1, 2, 3 or 6', () => {
    expect(divisorsOf(6)).toEqual([1, 2, 3, 6])
    expect(divisorsOf(1)).toEqual([1])
    expect(divisorsOf(0)).toEqual([])
  })

  test('are enough up to what they can do', () => {
    expect([0.7, 1, 1.01].map((demand) => isOverloaded({ demand, capacity: 1 }))).toEqual([
      false,
      false,
      true,
    ])
  })

  test('shrink by one step of 60 % at most: 6 → 3 → 2 → 1', () => {
    const shrunk = (current: number) => shrinkSlots({ current, partitions: 6, fitting: 1 })
    expect([6, 3, 2, 1].map(shrunk)).toEqual([3, 2, 1, undefined])
    expect(shrinkSlots({ current: 7, partitions: 7, fitting: 1 })).toBeUndefined()
  })

  const counts = fc.record({
    partitions: fc.integer({ min: 1, max: 240 }),
    current: fc.integer({ min: 1, max: 240 }),
    bound: fc.integer({ min: 1, max: 300 }),
  })

  test('are always a divisor of the partitions, fewer by at most 60 %', () => {
    fc.assert(
      fc.property(counts, ({ partitions, current, bound }) => {
        const to = shrinkSlots({ current, partitions, fitting: bound })
        if (to === undefined) return
        expect(partitions % to).toBe(0)
        expect(to).toBeLessThan(current)
        expect(to).toBeGreaterThanOrEqual(current * (1 - MOST_SHRINK_SHARE) - 1e-9)
      }),
    )
  })

  test('are always a divisor of the partitions, more, within what there is room for, and the fewest that do', () => {
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 1e6 }), ({ partitions, current, bound }, required) => {
        const capacity = (slots: number) => 1000 * slots
        const to = growSlots({ current, partitions, most: bound, required, capacity })
        if (to === undefined) return
        expect(partitions % to).toBe(0)
        expect(to).toBeGreaterThan(current)
        expect(to).toBeLessThanOrEqual(bound)
        const fewer = divisorsOf(partitions).filter((slots) => slots > current && slots < to)
        for (const slots of fewer) expect(capacity(slots)).toBeLessThan(required)
      }),
    )
  })
})

const ROLES: readonly Role[] = ['kafka', 'worker', 'backend', 'provider', 'frontend']

describe('CPU', () => {
  const holder = (role: Role): fc.Arbitrary<CpuHolder> =>
    fc
      .record({
        count: role === 'worker' ? fc.integer({ min: 1, max: 8 }) : fc.constant(1),
        slots: role === 'worker' ? fc.integer({ min: 0, max: 6 }) : fc.constant(0),
        twentieths: fc.integer({ min: 1, max: 100 }),
        use: fc.double({ min: 0, max: 1.1, noNaN: true }),
        pinned: fc.boolean(),
      })
      .map(({ twentieths, use, ...rest }) => ({
        role,
        cpus: twentieths / 20,
        used: (use * twentieths) / 20,
        ...rest,
      }))
  const all = fc.tuple(...ROLES.map(holder))

  test('moves, and its sum stays; nobody falls below a floor, and no pin is touched', () => {
    fc.assert(
      fc.property(
        all,
        fc.constantFrom(...ROLES),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (holders, to, heldBack) => {
          const moved = moveCpu(holders, { to, heldBack, idleShare: 0.25, utilisation: 0.7 })
          if (!moved) return
          const milli = (cpusOf: (one: CpuHolder) => number) =>
            holders.reduce((sum, one) => sum + Math.round(cpusOf(one) * 1000) * one.count, 0)
          expect(milli((one) => moved.get(one.role) ?? one.cpus)).toBe(milli((one) => one.cpus))
          for (const one of holders) {
            const after = moved.get(one.role)
            if (after === undefined) continue
            expect(one.pinned).toBe(false)
            if (one.role === to) expect(after).toBeGreaterThan(one.cpus)
            else {
              expect(after).toBeLessThan(one.cpus)
              expect(after).toBeGreaterThanOrEqual(cpuFloor(one) - 1e-9)
              expect(after).toBeGreaterThanOrEqual(one.used - 1e-9)
            }
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  test('goes nowhere when nobody leaves any', () => {
    const busy = ROLES.map((role) => ({ role, count: 1, slots: 0, cpus: 1, used: 0.9, pinned: false }))
    expect(moveCpu(busy, { to: 'kafka', heldBack: 0.5, idleShare: 0.25, utilisation: 0.7 })).toBeUndefined()
  })
})

describe('memory', () => {
  const holder = (role: Role): fc.Arbitrary<MemoryHolder> =>
    fc
      .record({
        count: role === 'worker' ? fc.integer({ min: 1, max: 8 }) : fc.constant(1),
        slots: role === 'worker' ? fc.integer({ min: 0, max: 6 }) : fc.constant(0),
        memoryBytes: fc.integer({ min: GIB / 4, max: 8 * GIB }),
        use: fc.double({ min: 0, max: 1, noNaN: true }),
        pinned: fc.boolean(),
        givenHeapBytes: fc.option(fc.integer({ min: GIB / 16, max: GIB }), { nil: undefined }),
      })
      .map(({ use, ...rest }) => ({ role, usedBytes: use * rest.memoryBytes, ...rest }))

  test('moves within what is free and what donors have; nobody falls below what it uses or a heap needs', () => {
    fc.assert(
      fc.property(
        fc.tuple(...ROLES.map(holder)),
        fc.constantFrom(...ROLES),
        fc.integer({ min: 0, max: 4 * GIB }),
        (holders, to, freeBytes) => {
          const moved = moveMemory(holders, { to, freeBytes, idleShare: 0.4 })
          if (!moved) return
          const sum = (bytesOf: (one: MemoryHolder) => number) =>
            holders.reduce((total, one) => total + bytesOf(one) * one.count, 0)
          const before = sum(({ memoryBytes }) => memoryBytes)
          expect(sum((one) => moved.get(one.role) ?? one.memoryBytes)).toBeLessThanOrEqual(before + freeBytes)
          for (const one of holders) {
            const after = moved.get(one.role)
            if (after === undefined) continue
            expect(one.pinned).toBe(false)
            if (one.role === to) expect(after).toBeGreaterThan(one.memoryBytes)
            else {
              expect(after).toBeGreaterThanOrEqual(memoryFloor(one))
              expect(after).toBeGreaterThan(one.usedBytes)
            }
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('a trend', () => {
  const times = Array.from({ length: 30 }, (_, second) => second * 1000)

  test('rises when it does beyond doubt', () => {
    const line = trendOf({ times, values: times.map((time) => 5 + time / 100) })
    expect(line?.perSecond).toBeCloseTo(10)
    expect(line && rises(line)).toBe(true)
    const saw = trendOf({ times, values: times.map((time) => (time / 1000) % 5) })
    expect(saw && rises(saw)).toBe(false)
    expect(trendOf({ times: [0, 1], values: [1, 2] })).toBeUndefined()
  })
})

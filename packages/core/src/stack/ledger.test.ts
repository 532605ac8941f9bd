import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { profileFromName } from '../profile/index.ts'
import { GIB, MIB } from '../units/index.ts'
import { type Pin, planLedger, planStack, type StackSpec } from './index.ts'

function planned(name: string, pins: readonly Pin[] = []): StackSpec | undefined {
  const named = profileFromName(name)
  if (!named.ok) throw new Error(named.problem)
  const result = planStack(named.profile, { pins })
  return result.ok ? result.spec : undefined
}

function ledgerOf(name: string, pins?: readonly Pin[]) {
  const spec = planned(name, pins)
  if (spec === undefined) throw new Error(`${name} cannot be planned`)
  return planLedger(spec)
}

describe('the ledger of 4c8g', () => {
  const ledger = ledgerOf('4c8g')
  const row = (name: string) => ledger.services.find(({ service }) => service === name)

  it('splits the limit of the broker into heap, process and page cache', () => {
    expect(row('kafka')).toMatchObject({
      memoryBytes: GIB,
      heapBytes: 512 * MIB,
      outsideHeapBytes: 512 * MIB,
      processBytes: 180 * MIB,
      pageCacheBytes: 332 * MIB,
      partitions: 26,
    })
  })

  it('gives each worker its slots, partitions and buffers', () => {
    expect(row('worker-2')).toMatchObject({
      slots: 3,
      partitions: 3,
      outsideHeapBytes: 512 * MIB,
      bufferBytes: 192 * MIB,
      pageCacheBytes: 0,
    })
  })

  it('sums against the machine', () => {
    expect(ledger.sums).toMatchObject({ cpus: 4.2, machineCpus: 4, cpuOvercommit: 1.05, slots: 6 })
    expect(ledger.sums.freeMemoryBytes / GIB).toBeCloseTo(0.7, 2)
    expect(ledger.sums.systemMemoryBytes / GIB).toBeCloseTo(1.2, 2)
  })

  it('holds rate × size × (retention + segment fill) on disk, as far as the size allows', () => {
    const [low, high] = ledger.disk.topics[0]?.atRates ?? []
    // 1,000/s × 250 B × 25 h; segments are closed by age at this rate
    expect(low).toMatchObject({ wantedBytes: 250_000 * 90_000, bytes: 12 * GIB, boundBy: 'size' })
    // 6 × 1 GiB fill in 43 minutes at 10,000/s, sooner than an hour
    expect(high?.wantedBytes).toBe(Math.round(2500 * (86_400_000 + (6 * GIB) / 2500)))
    expect(high?.keptMs).toBe(Math.round((12 * GIB) / 2500))
    expect(ledger.disk.allowanceBytes).toBe(48 * GIB)
  })

  it('counts a record once among the outputs', () => {
    const [low, high] = ledger.disk.atRates
    const control = 80 * MIB + 32 * MIB
    expect(low?.bytes).toBe(12 * GIB + 250_000 * 90_000 + control)
    expect(high?.bytes).toBe(48 * GIB + control)
  })

  it('says that the retention of a day is not reached at the top rate', () => {
    expect(ledger.shrunk).toEqual([
      expect.objectContaining({ key: 'topics.retention', wanted: '24h', got: '1h26m' }),
    ])
  })
})

it('keeps by time where little comes in', () => {
  const named = profileFromName('4c8g')
  if (!named.ok) throw new Error(named.problem)
  const slow = { minPerSecond: 10, maxPerSecond: 100, latencyTargetMs: 100 }
  const result = planStack({ ...named.profile, workload: slow })
  if (!result.ok) throw result.error
  const { disk, shrunk } = planLedger(result.spec)
  expect(disk.topics[0]?.atRates.map(({ boundBy }) => boundBy)).toEqual(['time', 'time'])
  expect(disk.topics[0]?.atRates[0]?.bytes).toBe(2500 * 90_000)
  expect(shrunk).toEqual([])
})

it('says what a small machine shrinks, each with its reason', () => {
  const { shrunk } = ledgerOf('2c4g')
  expect(shrunk.map(({ key }) => key)).toEqual(['worker.memory', 'producer.bufferMemory', 'topics.retention'])
  for (const { why } of shrunk) expect(why).toMatch(/\d/)
})

it('does not call a pin shrunk', () => {
  const { shrunk } = ledgerOf('4c8g', [{ key: 'worker.memory', value: '1GB', origin: 'flag' }])
  expect(shrunk.map(({ key }) => key)).not.toContain('worker.memory')
})

it('adds up on every machine: parts to limits, limits to sums', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 2, max: 512 }), (cpus, gigabytes) => {
      const spec = planned(`${cpus}c${gigabytes}g`)
      if (spec === undefined) return
      const { services, sums, disk } = planLedger(spec)
      for (const row of services) {
        expect(row.heapBytes + row.outsideHeapBytes).toBe(row.memoryBytes)
        expect(row.processBytes + row.pageCacheBytes + row.spareBytes).toBe(row.outsideHeapBytes)
        expect(Math.min(row.processBytes, row.pageCacheBytes, row.spareBytes)).toBeGreaterThanOrEqual(0)
      }
      const workers = services.filter(({ role }) => role === 'worker')
      expect(workers.reduce((sum, { partitions = 0 }) => sum + partitions, 0)).toBe(
        spec.settings['topics.radiation-data.partitions'].value,
      )
      expect(sums.memoryBytes + sums.freeMemoryBytes + sums.systemMemoryBytes).toBe(spec.machine.memoryBytes)
      for (const { bytes } of disk.atRates) expect(bytes).toBeLessThanOrEqual(disk.allowanceBytes + 128 * MIB)
    }),
    { numRuns: 100 },
  )
})

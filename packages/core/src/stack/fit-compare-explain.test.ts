import { describe, expect, it } from 'vitest'
import { profileFromName } from '../profile/index.ts'
import { GIB } from '../units/index.ts'
import {
  compareSpecs,
  fitToMachine,
  type Pin,
  planStack,
  type StackSpec,
  sameLaunchSpec,
  usableMemoryBytes,
} from './index.ts'

function planned(name: string, pins: readonly Pin[] = []): StackSpec {
  const named = profileFromName(name)
  if (!named.ok) throw new Error(named.problem)
  const result = planStack(named.profile, { pins })
  if (!result.ok) throw result.error
  return result.spec
}

const spec = planned('4c8g')

describe('fitToMachine', () => {
  it('runs 4c8g on a machine that was sold as 8 GB and shows 7.6 GiB', () => {
    const fit = fitToMachine(spec, { cpus: 4, memoryBytes: 7.6 * GIB })
    expect(fit).toMatchObject({ refusal: undefined, warnings: [], cappedCpus: [] })
    expect(fit.spec).toBe(spec)
  })

  it('refuses a machine with too little memory, with the arithmetic', () => {
    const {
      refusal,
      neededMemoryBytes,
      usableMemoryBytes: usable,
    } = fitToMachine(spec, { cpus: 4, memoryBytes: 4 * GIB })
    expect(refusal).toMatchObject({ code: 'RT-UP-001', exitCode: 4 })
    expect(refusal?.why).toContain('6.1 GiB')
    expect(neededMemoryBytes).toBeGreaterThan(usable)
  })

  it('warns of fewer CPUs and keeps the limits', () => {
    const fit = fitToMachine(spec, { cpus: 2, memoryBytes: 24 * GIB })
    expect(fit.refusal).toBeUndefined()
    expect(fit.warnings).toEqual([
      '4c8g is for 4 CPUs and this machine has 2: the limits hold, the services share it',
    ])
    expect(fit.spec.services).toEqual(spec.services)
  })

  it('caps a limit that is more than the machine has', () => {
    const fit = fitToMachine(spec, { cpus: 1, memoryBytes: 24 * GIB })
    expect(fit.cappedCpus).toEqual([
      { service: 'worker-1', from: 1.5, to: 1 },
      { service: 'worker-2', from: 1.5, to: 1 },
    ])
    expect(fit.spec.totals.cpus).toBe(3.2)
    expect(fit.spec.services[1]?.reasons.at(-1)?.sentence).toContain('planned were 1.5')
  })

  it.each([
    [8 * GIB, 6.8 * GIB],
    [4 * GIB, 3 * GIB],
    [GIB / 2, 0],
  ])('of %d bytes uses %d', (memoryBytes, usable) => {
    expect(usableMemoryBytes(memoryBytes)).toBe(Math.floor(usable))
  })
})

describe('compareSpecs', () => {
  it('finds nothing between equal plans, also after a journey through JSON', () => {
    expect(compareSpecs(spec, planned('4c8g'))).toEqual([])
    expect(sameLaunchSpec(spec, JSON.parse(JSON.stringify(spec)) as StackSpec)).toBe(true)
  })

  it('lists each difference once, by the name of what it changes', () => {
    const other = planned('4c8g', [
      { key: 'worker.memory', value: '1.5GB', origin: 'flag', service: 'worker-2' },
      { key: 'producer.main.linger', value: 5, origin: 'flag' },
      { key: 'topics.retention', value: '12h', origin: 'flag' },
    ])
    const differences = compareSpecs(spec, other)
    expect(differences).toContainEqual({ path: 'worker-2.memoryBytes', from: 2 * GIB, to: 1.5 * GIB })
    expect(differences).toContainEqual({ path: 'producer.main.linger', from: 10, to: 5 })
    expect(differences).toContainEqual({
      path: 'topic normal-data.retention.ms',
      from: '86400000',
      to: '43200000',
    })
    expect(differences.map(({ path }) => path)).not.toContain('topics.retention')
    expect(new Set(differences.map(({ path }) => path)).size).toBe(differences.length)
  })

  it('shows services that come and go', () => {
    const differences = compareSpecs(spec, planned('8c16g'))
    expect(differences).toContainEqual({ path: 'profile', from: '4c8g', to: '8c16g' })
    expect(differences).toContainEqual({ path: 'worker-3.slots', from: undefined, to: 3 })
  })
})

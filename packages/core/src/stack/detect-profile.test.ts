import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { profileFromName } from '../profile/index.ts'
import { GIB } from '../units/index.ts'
import { detectProfileName, fitToMachine, planStack, profileFit } from './index.ts'

describe('detectProfileName', () => {
  it.each([
    [4, 8 * GIB, '4c8g'],
    [4, 7.6 * GIB, '4c8g'],
    [2, 23.5 * GIB, '2c24g'],
    [2, 5.2 * GIB, '2c5.2g'],
    [1.5, 4 * GIB, '1.5c4g'],
    [0.25, 0.5 * GIB, '0.2c0.5g'],
  ])('%d CPUs and %d bytes are %s', (cpus, memoryBytes, name) => {
    expect(detectProfileName({ cpus, memoryBytes })).toBe(name)
  })

  it('never names a profile whose plan the machine has no room for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 64 }),
        fc.double({ min: 3, max: 300, noNaN: true }),
        (cpus, gib) => {
          const machine = { cpus, memoryBytes: Math.round(gib * GIB) }
          const named = profileFromName(detectProfileName(machine))
          if (!named.ok) throw new Error(named.problem)
          const planned = planStack(named.profile)
          if (planned.ok) expect(fitToMachine(planned.spec, machine).refusal).toBeUndefined()
        },
      ),
    )
  })
})

it.each([
  ['4c8g', 'fits'],
  ['8c8g', 'fits with warnings'],
  ['4c16g', 'too large'],
  ['1c1g', 'cannot be planned'],
])('on 4 CPUs and 8 GiB %s %s', (name, verdict) => {
  const named = profileFromName(name)
  if (!named.ok) throw new Error(named.problem)
  expect(profileFit(named.profile, { cpus: 4, memoryBytes: 8 * GIB })).toMatchObject({ verdict })
})

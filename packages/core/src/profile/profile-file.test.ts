import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareProfiles, parseProfile, profileFileText, profileFromName } from './index.ts'

const text = (over: Partial<Parameters<typeof profileFileText>[0]> = {}) =>
  profileFileText({
    name: 'lab',
    about: 'two\nlines',
    machine: { cpus: 4, memoryBytes: 8 * 1024 ** 3 },
    workload: { minPerSecond: 1000, maxPerSecond: 10_000, latencyTargetMs: 100 },
    pins: [],
    ...over,
  })

describe('profileFileText', () => {
  it('reads back with its pins, and keeps comments on one line', () => {
    const pins = [
      { key: 'worker.memory', value: 1.5 * 1024 ** 3, service: 'worker-2', comment: 'from a\nfile' },
      { key: 'topics.retention', value: 43_200_000 },
      { key: 'producer.main.compression', value: 'zstd' },
    ] as const
    const parsed = parseProfile(text({ pins }), { file: 'lab.yaml' })
    expect(parsed).toMatchObject({
      ok: true,
      profile: {
        name: 'lab',
        pins: [
          { key: 'worker.memory', service: 'worker-2', value: 1.5 * 1024 ** 3 },
          { key: 'topics.retention', value: 43_200_000 },
          { key: 'producer.main.compression', value: 'zstd' },
        ],
      },
    })
  })

  it('reads back whatever machine, workload and name it was made of', () => {
    const names = fc.oneof(
      fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,20}$/),
      fc.constantFrom('true', '1e3', '0x1f', 'no'),
    )
    fc.assert(
      fc.property(
        names,
        fc.integer({ min: 1, max: 1_024_000 }),
        fc.integer({ min: 1, max: 16_384 * 1024 ** 3 }),
        fc.tuple(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 0, max: 1e6 })),
        (name, milliCpus, memoryBytes, [minPerSecond, more]) => {
          const machine = { cpus: milliCpus / 1000, memoryBytes }
          const workload = { minPerSecond, maxPerSecond: minPerSecond + more, latencyTargetMs: 7 }
          const parsed = parseProfile(text({ name, machine, workload }), { file: 'x.yaml' })
          expect(parsed).toMatchObject({ ok: true, profile: { name, machine, workload } })
        },
      ),
    )
  })
})

it('compareProfiles lists machine, workload and pins field by field', () => {
  const [four, eight] = ['4c8g', '8c16g'].map((name) => {
    const named = profileFromName(name)
    if (!named.ok) throw new Error(named.problem)
    return named.profile
  })
  if (!four || !eight) throw new Error('two profiles')
  const pinned = {
    ...eight,
    pins: [{ key: 'worker.memory', value: 5, line: 1, service: 'worker-2' }] as const,
  }
  expect(compareProfiles(four, pinned)).toEqual([
    { path: 'machine.cpus', from: 4, to: 8 },
    { path: 'machine.memoryBytes', from: 8 * 1024 ** 3, to: 16 * 1024 ** 3 },
    { path: 'workload.maxPerSecond', from: 10_000, to: 20_000 },
    { path: 'settings.worker-2.memory', from: undefined, to: 5 },
  ])
  expect(compareProfiles(four, { ...four, name: 'other' })).toEqual([])
})

import { existsSync, readFileSync } from 'node:fs'
import { beforeEach, describe, expect, test } from 'vitest'
import { answerSchemas } from '../src/output/answer-schemas.ts'
import { createLoadableProject, flat, type LoadableProject } from './loadable-project.ts'

let project: LoadableProject

/** A slot does 20,000/s by itself, and each further one takes a twentieth of that from all. */
beforeEach(async () => {
  project = createLoadableProject()
  const { memory, inForce } = project
  Object.defineProperty(memory.pipeline, 'slotBusy', {
    get: () => {
      const slots = inForce('pipeline.parallelism')
      return (inForce('provider.rate') / slots / 20_000) * (1 + (slots - 1) / 20)
    },
  })
})

const SHORT = ['--for', '15s']
const DAY_MS = 24 * 3_600_000
const calibration = () => JSON.parse(readFileSync(project.file('calibration.json'), 'utf8'))
const change = (to: object) => project.place('calibration.json', JSON.stringify({ ...calibration(), ...to }))

describe('a calibration', () => {
  beforeEach(() => project.up())

  test('measures each number of slots, writes what it comes to, and leaves everything as it was', async () => {
    const before = project.untouched()
    const answer = await project.run(['calibrate', ...SHORT])
    expect(answer.exitCode, answer.stderr).toBe(0)
    const points = calibration().points.map(
      ({ slots, truePerSlot }: { slots: number; truePerSlot: { value: number } }) => [
        slots,
        Math.round(truePerSlot.value),
      ],
    )
    expect(points).toEqual([
      [1, 20_000],
      [2, 19_048],
      [3, 18_182],
      [6, 16_000],
    ])
    // 0.25 CPU for 10,000 records a second.
    expect(calibration().brokerCpu.value).toBeCloseTo(25)
    expect(calibration().scaling).toBeCloseTo(0.84, 2)
    expect(flat(answer.stdout)).toMatch(
      /true rate 20,000\/s ± 0\/s a slot.*scaling 0\.84.*broker 25 µs ± 0\.0 µs/,
    )
    expect(answer.stderr).toContain('pipeline.parallelism is 6 again, provider.rate is 1,000/s again')
    expect(project.untouched()).toEqual(before)
  })

  test('gives one JSON document of its schema, the same as the file', async () => {
    const { stdout } = await project.run([
      'calibrate',
      ...SHORT,
      '--slots',
      '1,3',
      '--rate',
      '8000',
      '--json',
    ])
    const { data } = answerSchemas['radtune.calibrate/1'].parse(JSON.parse(stdout))
    expect(data).toMatchObject({
      scaling: null,
      stack: { perSecond: 8000 },
      machine: { cpuModel: 'Memory CPU' },
    })
    expect(data).toEqual(calibration())
  })

  test('Ctrl-C writes nothing and puts all back', async () => {
    const before = project.untouched()
    const answer = await project.run(['calibrate', ...SHORT], {
      at: { says: '3 slots', act: () => 'interrupt' },
    })
    expect(answer.exitCode).toBe(130)
    expect(existsSync(project.file('calibration.json'))).toBe(false)
    expect(project.untouched()).toEqual(before)
  })

  test('slots that are all but idle say nothing, and that is said', async () => {
    const { stdout } = await project.run(['calibrate', ...SHORT, '--rate', '100'])
    expect(flat(stdout)).toContain('true rate not known: slots were all but idle')
    expect(calibration().truePerSlot).toBeNull()
  })
})

describe('who uses it', () => {
  beforeEach(async () => {
    await project.up()
    await project.run(['calibrate', ...SHORT, '--quiet'])
    await project.memory.clock.sleep(3 * DAY_MS)
  })

  test('advise, which says how old it is', async () => {
    expect((await project.run(['advise', '--for', '1s'])).stdout).toContain(
      'Calibrated 3 days ago on this machine.',
    )
    const { stdout } = await project.run(['advise', '--for', '1s', '--json'])
    const { data } = answerSchemas['radtune.advise/1'].parse(JSON.parse(stdout))
    expect(data?.calibration).toEqual({ state: 'usable', sentence: 'calibrated 3 days ago on this machine' })
  })

  test('plan --calibrated, which plans the same', async () => {
    const plain = await project.run(['plan'])
    const { stdout } = await project.run(['plan', '--calibrated'])
    expect(stdout.startsWith(plain.stdout.trimEnd())).toBe(true)
    expect(flat(stdout)).toContain("10,000/s need 1 slot of 6, 0.25 CPU of the broker's 0.5")
    const json = await project.run(['plan', '--calibrated', '--json'])
    const { data } = answerSchemas['radtune.plan/1'].parse(JSON.parse(json.stdout))
    expect(data?.calibrated).toMatchObject({ standing: { state: 'usable' }, plan: { planned: { slots: 6 } } })
  })

  test.each([
    ['stale', { at: 0 }, /is too old and not used/],
    [
      'foreign',
      { machine: { cpuModel: 'Other', cpus: 64, memoryBytes: 1, kernel: 'K', arch: 'a', version: '9' } },
      /is of another machine and not used: Other, not Memory CPU; 64 CPUs, not 4 CPUs/,
    ],
    ['damaged', { points: [] }, /is not used: points/],
  ])('nobody when it is %s, and that is said', async (state, to, why) => {
    change(to)
    expect(flat((await project.run(['advise', '--for', '1s'])).stdout)).toMatch(why)
    const { stdout, exitCode } = await project.run(['plan', '--calibrated', '--json'])
    expect(JSON.parse(stdout).data.calibrated).toMatchObject({ standing: { state }, plan: null })
    expect(exitCode).toBe(0)
    expect(flat((await project.run(['plan', '--calibrated'])).stdout)).toMatch(why)
  })
})

test('without one, plan --calibrated says how to get it, and advise nothing', async () => {
  expect(flat((await project.run(['plan', '--calibrated'])).stdout)).toContain(
    'radtune calibrate measures it',
  )
  await project.up()
  expect((await project.run(['advise', '--for', '1s'])).stdout).not.toMatch(/calibrat/i)
})

describe('bad input', () => {
  test.each([
    [['--slots', '2,1'], 'RT-CLI-003', 2, /steps go up/],
    [['--rate', '1000,2000'], 'RT-CLI-003', 2, /there is one rate/],
    [['--for', '1s'], 'RT-CLI-003', 2, /noise needs parts of it/],
    [[], 'RT-BENCH-001', 4, /nothing runs/],
  ])('%j', async (flags, code, exitCode, why) => {
    const answer = await project.run(['calibrate', ...flags])
    expect(answer.stderr).toContain(code)
    expect(flat(answer.stderr)).toMatch(why)
    expect(answer.exitCode).toBe(exitCode)
  })

  test('slots that do not divide the partitions, before anything is set', async () => {
    await project.up()
    const { stderr, exitCode } = await project.run(['calibrate', '--slots', '1,4'])
    expect(flat(stderr)).toMatch(/4 slots cannot be measured here.*the partitions are 6.*--slots 1,2,3,6/)
    expect(exitCode).toBe(2)
    expect(project.inForce('pipeline.parallelism')).toBe(6)
  })
})

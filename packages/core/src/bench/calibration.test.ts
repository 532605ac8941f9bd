import { describe, expect, test } from 'vitest'
import { createAdviceStory, planned } from '../../test/advice-story.ts'
import { calibratePlan } from './calibrated-plan.ts'
import {
  type CalibrationPoint,
  calibrationLoads,
  calibrationOf,
  type MeasuredCalibration,
  observationsOf,
  standingOf,
} from './calibration.ts'
import type { Figure } from './figure.ts'
import type { MachineFingerprint } from './machine-fingerprint.ts'
import { measureSlots } from './measure-slots.ts'

const NOW = Date.UTC(2026, 10, 22)
const DAY = 24 * 3_600_000
const here: MachineFingerprint = {
  cpuModel: 'A',
  cpus: 2,
  memoryBytes: 16e9,
  kernel: 'Linux 6.8',
  arch: 'x64',
  version: '0.1.0',
}
const exactly = (value: number): Figure => ({ value, noise: 0, min: value, max: value })
const pointOf = (slots: number, perSlot: number | null): CalibrationPoint => ({
  slots,
  perSecond: 10_000,
  in: exactly(10_000),
  out: exactly(10_000),
  busy: exactly(0.2),
  truePerSlot: perSlot === null ? null : exactly(perSlot),
  brokerCpu: exactly(40),
  workerCpu: exactly(60),
  others: exactly(0.2),
})

function calibration(change: Partial<MeasuredCalibration> = {}): MeasuredCalibration {
  const facts = {
    at: NOW - 3 * DAY,
    machine: here,
    stack: { profile: '4c8g', runtime: 'local', perSecond: 10_000 },
  }
  return {
    ...calibrationOf([pointOf(1, 20_000), pointOf(2, 18_000), pointOf(3, 16_000)], facts),
    ...change,
  }
}

describe('points', () => {
  test('tell the rate of a slot, what further ones are worth, and the broker', () => {
    const { truePerSlot, scaling, brokerCpu, points } = calibration()
    expect(truePerSlot?.value).toBe(20_000)
    expect(brokerCpu?.value).toBe(40)
    // By least squares of 20, 36 and 48 thousand against 20, 40 and 60.
    expect(scaling).toBeCloseTo((20 * 20 + 40 * 36 + 60 * 48) / (20 * 20 + 40 * 40 + 60 * 60))
    expect(observationsOf(points)).toEqual([
      { slots: 1, perSecond: 20_000 },
      { slots: 2, perSecond: 36_000 },
      { slots: 3, perSecond: 48_000 },
    ])
  })

  test('that are not known are left out: fewer than three say nothing of scaling', () => {
    const points = [pointOf(1, null), pointOf(2, 18_000), pointOf(3, 16_000)]
    const { at, machine, stack } = calibration()
    expect(calibrationOf(points, { at, machine, stack })).toMatchObject({ truePerSlot: null, scaling: null })
    expect(observationsOf(points)).toHaveLength(2)
  })

  test.each([
    [[1, 2, 3, 6], 10_000, ['1 at 10000', '1 at 1667', '2 at 3333', '3 at 5000', '6 at 10000']],
    [[3], 5000, ['3 at 5000']],
  ] as const)('%j slots with %d/s: the same load for each', (slots, perSecond, loads) => {
    expect(calibrationLoads(slots, perSecond).map((load) => `${load.slots} at ${load.perSecond}`)).toEqual(
      loads,
    )
  })

  test('are measured from a window', () => {
    const story = createAdviceStory()
    story.tell(40)
    const window = { from: story.at - 20_000, to: story.at }
    const point = measureSlots(story.evaluator.history, {
      window,
      snapshot: story.evaluator.newest as never,
      load: { slots: 6, perSecond: 1000 },
      workers: ['worker-1', 'worker-2'],
    })
    const busy = point.busy?.value ?? 0
    expect(point.truePerSlot?.value).toBeCloseTo(1002 / 6 / busy, 0)
    expect(point.brokerCpu?.value).toBeCloseTo(199.6, 0)
    for (const slot of story.slots) slot.busy = 0.001
    story.tell(20)
    const idle = measureSlots(story.evaluator.history, {
      window: { from: story.at - 20_000, to: story.at },
      snapshot: story.evaluator.newest as never,
      load: { slots: 6, perSecond: 1000 },
      workers: ['worker-1', 'worker-2'],
    })
    expect(idle.truePerSlot).toBeNull()
  })
})

describe('how a calibration stands', () => {
  const standing = (change: Partial<MeasuredCalibration>) =>
    standingOf(JSON.stringify(calibration(change)), { here, now: NOW })

  test.each([
    [{}, 'usable', 'calibrated 3 days ago on this machine'],
    [{ at: NOW - 1000 }, 'usable', 'calibrated just now on this machine'],
    [{ at: NOW - 5 * 3_600_000 }, 'usable', 'calibrated 5h ago on this machine'],
    [{ at: NOW - 30 * DAY }, 'usable', 'calibrated 30 days ago on this machine'],
    [{ at: NOW - 31 * DAY }, 'stale', 'the calibration (31 days ago) is too old and not used'],
    [{ at: NOW + 2 * DAY }, 'stale', 'the calibration (dated in the future) is too old'],
    [{ machine: { ...here, cpus: 8 } }, 'foreign', 'is of another machine and not used: 8 CPUs, not 2 CPUs'],
    [{ machine: { ...here, cpuModel: 'B' } }, 'foreign', 'B, not A'],
    [{ machine: { ...here, kernel: 'Linux 7.0' } }, 'foreign', 'Linux 7.0 x64, not Linux 6.8 x64'],
    [{ machine: { ...here, version: '0.0.9' } }, 'foreign', 'radtune 0.0.9, not radtune 0.1.0'],
    [{ machine: { ...here, memoryBytes: 8e9 } }, 'foreign', 'GiB, not'],
    [{ machine: { ...here, memoryBytes: 15.9e9 } }, 'usable', 'on this machine'],
  ] as const)('%j: %s', (change, state, sentence) => {
    expect(standing(change).state).toBe(state)
    expect(standing(change).sentence).toContain(sentence)
  })

  test.each([
    [undefined, 'none', 'radtune calibrate measures it'],
    ['{', 'damaged', 'it is not JSON'],
    ['{"schema":"radtune.bench-report/1"}', 'damaged', 'schema: '],
  ])('%j: %s', (text, state, sentence) => {
    const found = standingOf(text, { here, now: NOW })
    expect(found.state).toBe(state)
    expect(found.sentence).toContain(sentence)
  })
})

describe('what it says about a plan', () => {
  test('slots and broker CPU for both ends of the workload; the plan stays as it is', () => {
    const spec = planned('4c8g')
    const before = JSON.stringify(spec)
    const said = calibratePlan(spec, calibration({ truePerSlot: exactly(6000), scaling: 0.8 }))
    expect(said.rates).toEqual([
      { perSecond: 1000, slots: 1, brokerCpus: 0.04 },
      { perSecond: 10_000, slots: 3, brokerCpus: 0.4 },
    ])
    // 0.7 × 6,000 × (1 + 5 × 0.8)
    expect(said.capacityPerSecond).toBeCloseTo(21_000)
    expect(said.brokerPerSecond).toBeCloseTo(12_500)
    // 3 CPU ÷ 60 µs
    expect(said.workerPerSecond).toBeCloseTo(50_000)
    expect(JSON.stringify(spec)).toBe(before)
  })

  test('what was not measured is not known; what all partitions cannot do has no slots', () => {
    const spec = planned('4c8g')
    expect(calibratePlan(spec, calibration({ truePerSlot: null, brokerCpu: null }))).toMatchObject({
      capacityPerSecond: null,
      brokerPerSecond: null,
      rates: [{ slots: null }, { slots: null }],
    })
    expect(calibratePlan(spec, calibration({ truePerSlot: exactly(1000) })).rates[1]?.slots).toBeNull()
  })
})

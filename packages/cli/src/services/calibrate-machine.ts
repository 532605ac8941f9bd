import {
  type CalibrationPoint,
  type CalibrationStanding,
  calibrationLoads,
  calibrationOf,
  type MachineFingerprint,
  type MeasuredCalibration,
  measureSlots,
  standingOf,
} from '@radtune/core/bench'
import { RadtuneError } from '@radtune/core/errors'
import type { StackSpec } from '@radtune/core/stack'
import type { Files } from '../ports/files.ts'
import { type Borrower, borrowSettings } from './borrow-settings.ts'
import { checkLoadable, type Holding, holdLoad, type Loaded, loadedLaunch } from './hold-load.ts'

export interface CalibrationRequest extends Holding {
  /** Numbers of slots, upwards; undefined takes all divisors of the partitions up to those that are planned. */
  slots: readonly number[] | undefined
  /** Records per second; undefined takes the most that the profile is for. */
  perSecond: number | undefined
  machine: MachineFingerprint
}

export interface Calibrating extends Loaded, Borrower {
  /** A number of slots was measured. */
  onPoint(point: CalibrationPoint): void
}

function calibrationPath(projectDir: string): string {
  return `${projectDir}/.radtune/calibration.json`
}

/**
 * Measures the running stack at numbers of slots under one load: what a slot could process, what further ones are worth, and what the
 * broker costs. Writes it to `.radtune/calibration.json`, and puts slots and rate back whatever happens. Throws RT-CLI-003 for slots
 * that the stack cannot have, and what a bench throws.
 */
export async function calibrateMachine(
  calibrating: Calibrating,
  request: CalibrationRequest,
): Promise<MeasuredCalibration> {
  const { world, places } = calibrating
  const { stack, launch } = await loadedLaunch(world)
  const { spec } = launch
  const numbers = request.slots ?? slotsOf(spec)
  refuseSlots(numbers, spec)
  const perSecond = request.perSecond ?? spec.workload.maxPerSecond
  await checkLoadable(calibrating)
  const at = world.clock.now()
  const loads = calibrationLoads(numbers, perSecond)
  const workers = spec.services.filter(({ role }) => role === 'worker').map(({ name }) => name)
  const measured: CalibrationPoint[] = []
  const meanwhile = {
    'pipeline.parallelism': numbers,
    'provider.rate': [...new Set(loads.map((load) => load.perSecond))],
  }
  await borrowSettings(calibrating, meanwhile, async (set) => {
    for (const [index, load] of loads.entries()) {
      const of = `${load.slots} ${load.slots === 1 ? 'slot' : 'slots'} at ${load.perSecond}/s (${index + 1} of ${loads.length})`
      calibrating.onProgress(`${of}: setting`, request.warmUpMs + request.forMs)
      await set({ 'pipeline.parallelism': load.slots, 'provider.rate': load.perSecond })
      const onProgress = (what: string, leftMs: number) => calibrating.onProgress(`${of}: ${what}`, leftMs)
      const { history, snapshot, window } = await holdLoad({ ...calibrating, onProgress }, request)
      const point = measureSlots(history, { snapshot, window, load, workers })
      measured.push(point)
      calibrating.onPoint(point)
    }
  })
  const calibration = calibrationOf(measured.slice(-numbers.length), {
    busiest: measured[0],
    at,
    machine: request.machine,
    stack: { profile: spec.profile, runtime: stack.runtime, perSecond },
  })
  await places.files.write(calibrationPath(places.projectDir), `${JSON.stringify(calibration, null, 2)}\n`)
  return calibration
}

/** The calibration of a project, and whether it may be used on this machine now. */
export async function readCalibration(
  files: Files,
  projectDir: string,
  { machine, now }: { machine: MachineFingerprint; now: number },
): Promise<CalibrationStanding> {
  return standingOf(await files.read(calibrationPath(projectDir)), { here: machine, now })
}

function slotsOf({ settings }: StackSpec): number[] {
  const partitions = settings['topics.radiation-data.partitions'].value
  return Array.from({ length: settings['pipeline.parallelism'].value }, (_, index) => index + 1).filter(
    (slots) => partitions % slots === 0,
  )
}

function refuseSlots(numbers: readonly number[], { settings }: StackSpec): void {
  const partitions = settings['topics.radiation-data.partitions'].value
  const wrong = numbers.find((slots) => partitions % slots !== 0)
  if (wrong !== undefined)
    throw new RadtuneError('RT-CLI-003', {
      what: `${wrong} slots cannot be measured here`,
      why: `the partitions are ${partitions}, and slots divide them so that each has as many`,
      fix: [`radtune calibrate --slots ${slotsOf({ settings } as StackSpec).join(',')}`],
    })
}

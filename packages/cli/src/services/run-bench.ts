import {
  type BenchReport,
  type BenchStep,
  findKnee,
  judgeStep,
  type MachineFingerprint,
  measureStep,
  restartsOf,
} from '@radtune/core/bench'
import { printSettingValue, type SettingKey } from '@radtune/core/settings'
import type { StackSpec } from '@radtune/core/stack'
import type { Launch, StackState } from '../ports/runtime.ts'
import { type Borrower, borrowSettings } from './borrow-settings.ts'
import { checkLoadable, type Holding, holdLoad, type Loaded, loadedLaunch } from './hold-load.ts'

export interface BenchRequest extends Holding {
  /** Records per second, upwards. */
  steps: readonly number[]
  machine: MachineFingerprint
}

export interface Benching extends Loaded, Borrower {
  /** A step has ended. */
  onStep(step: BenchStep): void
}

/**
 * Loads the running stack in steps of the provider's rate and measures each. Ends early at a step in which records pile up: what
 * follows would measure the pile. The rate is put back whatever happens. Throws RT-BENCH-001 to -003, -006 and what changing a
 * setting throws.
 */
export async function runBench(benching: Benching, request: BenchRequest): Promise<BenchReport> {
  const { world, observer } = benching
  const { stack, launch } = await loadedLaunch(world)
  await checkLoadable(benching)
  const { latencyTargetMs } = launch.spec.workload
  const at = world.clock.now()
  const steps: BenchStep[] = []
  await borrowSettings(benching, { 'provider.rate': request.steps }, async (set) => {
    for (const [index, perSecond] of request.steps.entries()) {
      const of = `step ${index + 1} of ${request.steps.length}, ${perSecond}/s`
      benching.onProgress(`${of}: setting the rate`, request.warmUpMs + request.forMs)
      const restartsBefore = observer.moment ? restartsOf(observer.moment.snapshot) : 0
      await set({ 'provider.rate': perSecond })
      const onProgress = (what: string, leftMs: number) => benching.onProgress(`${of}: ${what}`, leftMs)
      const held = await holdLoad({ ...benching, onProgress }, request)
      const measures = measureStep({ ...held, restartsBefore })
      const carried = judgeStep({ perSecond, measures }, { latencyTargetMs })
      const step: BenchStep = { perSecond, measures, carried }
      steps.push(step)
      benching.onStep(step)
      if (carried.state === 'not carried' && carried.behind) return
    }
  })
  return {
    schema: 'radtune.bench-report/1',
    at,
    machine: request.machine,
    stack: stackOf(stack, launch),
    forMs: request.forMs,
    warmUpMs: request.warmUpMs,
    latencyTargetMs,
    steps,
    left: request.steps.slice(steps.length),
    knee: findKnee(steps),
  }
}

/** What runs, as far as a comparison has to know it. */
function stackOf(stack: StackState, { spec, data }: Launch): BenchReport['stack'] {
  return {
    profile: spec.profile,
    engine: spec.engine,
    runtime: stack.runtime,
    data: data.kind === 'generator' ? `generator, seed ${data.seed}` : data.paths.join(', '),
    settings: pinnedSettings(spec),
    limitsEnforced: stack.services.every(({ limits }) => limits.enforced),
  }
}

function pinnedSettings({ settings }: StackSpec): Record<string, string> {
  const pinned = (Object.keys(settings) as SettingKey[]).filter(
    (key) => key !== 'provider.rate' && settings[key].origin !== 'derived',
  )
  return Object.fromEntries(pinned.map((key) => [key, printSettingValue(key, settings[key].value as never)]))
}

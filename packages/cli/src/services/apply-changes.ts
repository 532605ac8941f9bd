import type { Change } from '@radtune/core/advice'
import { RadtuneError } from '@radtune/core/errors'
import { parseSetting, printSettingValue } from '@radtune/core/settings'
import { pinName } from '@radtune/core/stack'
import { formatDuration } from '@radtune/core/units'
import type { StackWorld } from '../ports/stack-world.ts'
import { valueInForce } from './change-in-force.ts'
import { changeSettings } from './change-settings.ts'
import { createSnapshotCollector } from './collect-snapshots.ts'
import { type LaunchEvent, launchStack } from './launch-stack.ts'
import type { SettingChange } from './parse-change.ts'
import { planChange, planNow, valueIn } from './plan-change.ts'
import type { PlanPlaces } from './plan-project.ts'
import { runningLaunch } from './running-launch.ts'

/** What changes of settings need of the world. */
export interface Applying {
  world: StackWorld
  places: PlanPlaces
  signal: AbortSignal
  /** Longest wait for the services to run by it. */
  timeoutMs: number
  onEvent(event: LaunchEvent): void
}

const POLL_MS = 250

/**
 * Makes changes as `radtune set` and `radtune up` would, in this order, and resolves when all of them are in force: read back, not
 * assumed. Throws what those throw, and RT-ADV-002 when a value is accepted and not in force in time.
 */
export async function applyChanges(applying: Applying, changes: readonly Change[]): Promise<void> {
  await write(applying, changes.map(asSetting))
  await awaitInForce(applying, changes)
}

/** Puts changes back to what they were: out of the overlay where the plan says so by itself. */
export async function revertChanges(applying: Applying, changes: readonly Change[]): Promise<void> {
  const back = changes.map((change) => ({ ...change, from: change.to, to: change.from }))
  const without = back.map((change) => ({ ...asSetting(change), value: undefined }))
  const running = await runningNow(applying)
  const { spec } = await planChange(applying.places, { changes: without, running })
  const derived = (change: Change, setting: SettingChange) => valueIn(spec, setting) === change.to
  const settings = back.map((change, index) => {
    const setting = without[index] as SettingChange
    return derived(change, setting) ? setting : asSetting(change)
  })
  await write(applying, settings)
  await awaitInForce(applying, back)
}

async function runningNow({ world }: Applying) {
  const stack = await world.runtime.inspect()
  return stack && (await runningLaunch(world, stack))
}

function asSetting({ key, service, to }: Change): SettingChange {
  return {
    name: pinName({ key, service }),
    key,
    service,
    value: typeof to === 'number' ? written(key, to) : to,
  }
}

/** As a person writes it, so that the overlay can be read: `20ms`, `1GiB`; in full where that would round it. */
function written(key: Change['key'], value: number): string | number {
  const text = printSettingValue(key, value as never).replaceAll(/[ ,]/g, '')
  const parsed = parseSetting(key, text)
  return parsed.ok && parsed.value === value && !/^[\d.]+$/.test(text) ? text : value
}

async function write(applying: Applying, changes: readonly SettingChange[]): Promise<void> {
  const { world, places, signal, timeoutMs } = applying
  const request = { changes, irreversible: false, dryRun: false, timeoutMs }
  const outcome = await changeSettings(world, places, { request, signal })
  if (outcome.settings.some(({ state }) => state === 'next up')) await relaunch(applying)
}

/**
 * Does for a running stack what the next `radtune up` would: starts anew what runs by other values than the plan and the overlay, and
 * nothing else. Resolves when all of it is ready; throws as `up` does, and RT-ADV-002 when nothing runs any more.
 */
export async function relaunch(applying: Applying): Promise<void> {
  const { world, places, signal, timeoutMs, onEvent } = applying
  const running = await runningNow(applying)
  const spec = running && (await planNow(places, running))
  if (!running || !spec) throw new RadtuneError('RT-ADV-002', { what: 'the stack has gone meanwhile' })
  const { data } = running
  await launchStack(
    world,
    {
      spec,
      data:
        data.kind === 'files'
          ? { files: data.paths, loop: data.loop, seed: 1 }
          : { files: [], loop: false, seed: data.seed },
      slotFault: running.slotFault,
      environment: running.environment ?? 'prod',
      port: undefined,
      once: false,
      fresh: false,
      force: true,
      keep: true,
      timeoutMs,
    },
    { signal, onEvent, confirm: undefined },
  )
}

async function awaitInForce(
  { world, signal, timeoutMs }: Applying,
  changes: readonly Change[],
): Promise<void> {
  const { clock } = world
  const collector = createSnapshotCollector(world, { intervalMs: POLL_MS })
  const giveUpAt = clock.now() + timeoutMs
  try {
    for (;;) {
      const snapshot = await collector.sample()
      const missing = changes.filter((change) => {
        const value = valueInForce(snapshot, change)
        return !value.known || value.value !== change.to
      })
      if (missing.length === 0) return
      if (clock.now() >= giveUpAt)
        throw new RadtuneError('RT-ADV-002', {
          what: `${missing.map(({ key, to }) => `${key} = ${printSettingValue(key, to as never)}`).join(', ')} is written and not in force after ${formatDuration(timeoutMs)}`,
          why: missing.map((change) => whyMissing(valueInForce(snapshot, change), change)).join('; '),
        })
      await clock.sleep(POLL_MS, signal)
    }
  } finally {
    await collector.close()
  }
}

function whyMissing(value: ReturnType<typeof valueInForce>, { key }: Change): string {
  return value.known ? `${key} is ${printSettingValue(key, value.value as never)}` : `${key}: ${value.why}`
}

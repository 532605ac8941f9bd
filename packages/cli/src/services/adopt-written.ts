import { WRITTEN_BY_PAGE } from '@radtune/core/contract'
import { RadtuneError } from '@radtune/core/errors'
import {
  printSettingValue,
  readSettingRecord,
  type SettingKey,
  writeSettingValue,
} from '@radtune/core/settings'
import type { Launch } from '../ports/runtime.ts'
import type { StackWorld } from '../ports/stack-world.ts'
import { withLiveSettings } from './change-settings.ts'
import { parseChanges, type SettingChange } from './parse-change.ts'
import { planChange } from './plan-change.ts'
import type { PlanPlaces } from './plan-project.ts'
import { runningLaunch } from './running-launch.ts'

/** What came of settings that were written over HTTP; both are sentences, or there is none. */
export interface Adoption {
  adopted: string | undefined
  problem: string | undefined
}

const NOTHING: Adoption = { adopted: undefined, problem: undefined }

/**
 * Takes settings that the page has written since the last `up` or `set` over into the overlay, which owns them, so that the next launch
 * keeps them. To be called while Kafka still runs, which remembers them; without it there is nothing to take over. Throws RT-UP-002.
 */
export async function adoptWritten(
  world: StackWorld,
  places: PlanPlaces,
  operation: 'up' | 'down',
): Promise<Adoption> {
  const stack = await world.runtime.inspect()
  if (!stack) return NOTHING
  const lock = await world.project.lock(operation)
  try {
    return await adopt(world, places, await runningLaunch(world, stack))
  } catch (error) {
    if (!(error instanceof RadtuneError)) throw error
    const why = error.why === undefined ? '' : `: ${error.why}`
    return { adopted: undefined, problem: `what the page has set is not taken over: ${error.message}${why}` }
  } finally {
    await lock.release()
  }
}

async function adopt(world: StackWorld, places: PlanPlaces, running: Launch): Promise<Adoption> {
  const changes = await readWritten(world, running)
  if (changes.length === 0) return NOTHING
  const { overlay, spec } = await planChange(places, { changes, running })
  await places.files.write(overlay.path, overlay.after)
  const live = changes.map(({ key }) => key)
  await world.project.writeLaunch({ ...running, spec: withLiveSettings(running.spec, { live, from: spec }) })
  const sentence = live.map((key) => `${key} ${shown(key, running)} → ${shown(key, { spec })}`).join(', ')
  return { adopted: `set on the page, and kept: ${sentence}`, problem: undefined }
}

/** A stack whose Kafka does not answer has nothing to tell. */
async function readWritten(world: StackWorld, running: Launch): Promise<SettingChange[]> {
  const topic = world.settings(running.ports.kafka)
  try {
    const { values } = await topic.read()
    return [...values].flatMap(([name, { value }]) => {
      const record = readSettingRecord({ key: name, value })
      if (!record.ok || record.value === undefined || record.by !== WRITTEN_BY_PAGE) return []
      const { key } = record
      if (running.spec.settings[key].value === record.value) return []
      return parseChanges([`${key}=${writeSettingValue(key, record.value)}`], [])
    })
  } catch (error) {
    if (error instanceof RadtuneError && error.code === 'RT-SET-005') return []
    throw error
  } finally {
    await topic.close()
  }
}

function shown(key: SettingKey, { spec }: Pick<Launch, 'spec'>): string {
  return printSettingValue(key, spec.settings[key].value as never)
}

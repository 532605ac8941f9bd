import { RadtuneError } from '@radtune/core/errors'
import {
  isLiveSetting,
  printSettingValue,
  projectSettings,
  type SettingEffect,
  type SettingKey,
  settings,
} from '@radtune/core/settings'
import type { StackSpec } from '@radtune/core/stack'
import { formatDuration } from '@radtune/core/units'
import type { Files } from '../ports/files.ts'
import type { Launch, StackState } from '../ports/runtime.ts'
import type { StackWorld } from '../ports/stack-world.ts'
import { type Acknowledgement, awaitAcknowledged } from './await-acknowledged.ts'
import type { SettingChange } from './parse-change.ts'
import { type PlannedChange, planChange, readersOf, valueIn } from './plan-change.ts'
import type { PlanPlaces } from './plan-project.ts'
import { runningLaunch } from './running-launch.ts'

export interface ChangeRequest {
  changes: readonly SettingChange[]
  /** Allow what cannot be taken back on existing topics. */
  irreversible: boolean
  /** Say what would be, and write nothing. */
  dryRun: boolean
  /** Longest wait for the services. */
  timeoutMs: number
}

export interface ChangedSetting {
  name: string
  key: SettingKey
  /** In the unit of the settings table; undefined where a service has none. */
  from: string | number | undefined
  to: string | number | undefined
  effect: SettingEffect
  /** `in force`: every reader runs by it; `next up`: written, and applied when the stack is launched again. */
  state: 'in force' | 'next up' | 'planned'
  /** Services that are started again for it. */
  restarts: readonly string[]
  /** It was not asked for, but follows from what was. */
  follows: boolean
}

export interface SettingsChange {
  running: boolean
  settings: readonly ChangedSetting[]
  /** Offset of the record in the settings topic; undefined when nothing had to be written there. */
  revision: number | undefined
  acknowledgements: readonly Acknowledgement[]
  warnings: readonly string[]
}

/**
 * Changes settings of a project: checks them against the table and the plan, writes the overlay, and on a running stack the
 * settings topic, and waits until every service that reads them runs by them. Refused before anything is written: RT-SET-004,
 * RT-PLAN-002, RT-UP-002. Throws RT-SET-003 when a service does not acknowledge, and RT-SET-005 with the overlay put back.
 */
export async function changeSettings(
  world: StackWorld,
  places: PlanPlaces,
  { request, signal }: { request: ChangeRequest; signal: AbortSignal },
): Promise<SettingsChange> {
  if (request.dryRun) return await change(world, places, { request, signal })
  const lock = await world.project.lock('set')
  try {
    return await change(world, places, { request, signal })
  } finally {
    await lock.release()
  }
}

async function change(
  world: StackWorld,
  places: PlanPlaces,
  { request, signal }: { request: ChangeRequest; signal: AbortSignal },
): Promise<SettingsChange> {
  const stack = await world.runtime.inspect()
  const launch = stack && (await runningLaunch(world, stack))
  const planned = await planChange(places, { changes: request.changes, running: launch })
  await refuseIrreversible(world, { request, planned, stack })
  const changed = describe(planned, { request, launch })
  const answer = { running: launch !== undefined, settings: changed, warnings: planned.warnings }
  if (request.dryRun) return { ...answer, revision: undefined, acknowledgements: [] }
  const { overlay } = planned
  await places.files.write(overlay.path, overlay.after)
  if (!launch || planned.live.length === 0) return { ...answer, revision: undefined, acknowledgements: [] }
  try {
    return { ...answer, ...(await putInForce(world, { launch, planned, request, signal })) }
  } catch (error) {
    if (!(error instanceof RadtuneError) || error.code !== 'RT-SET-005') throw error
    await restore(places.files, overlay)
    throw new RadtuneError('RT-SET-005', {
      what: error.message,
      ...(error.why === undefined ? {} : { why: error.why }),
      left: 'nothing was changed',
      cause: error,
    })
  }
}

/** An overlay that was not there is empty afterwards: that is the same. */
async function restore(files: Files, { path, before }: PlannedChange['overlay']): Promise<void> {
  await files.write(path, before ?? '')
}

async function refuseIrreversible(
  world: StackWorld,
  {
    request,
    planned,
    stack,
  }: { request: ChangeRequest; planned: PlannedChange; stack: StackState | undefined },
): Promise<void> {
  const partitions = planned.pending.find(({ path }) => /^topic .+\.partitions$/.test(path))
  if (!partitions || request.irreversible) return
  if (!stack && !(await world.runtime.data())) return
  const names = request.changes.map(({ name, value }) => `${name}=${value ?? ''}`).join(' ')
  const slots = request.changes.some(({ key }) => key === 'pipeline.parallelism')
  throw new RadtuneError('RT-SET-004', {
    what: `${names} would change the partitions of the topics from ${partitions.from} to ${partitions.to}`,
    ...(slots
      ? {
          why: `of the ${partitions.from} partitions that there are, ${divisorsOf(partitions.from).join(', ')} slots have as many each`,
        }
      : {}),
    fix: [
      ...(slots ? [`radtune set pipeline.parallelism=${divisorsOf(partitions.from).at(-1)}`] : []),
      `radtune set --irreversible ${names}`,
    ],
    left: 'nothing was changed',
  })
}

function divisorsOf(count: unknown): number[] {
  const whole = Number(count)
  return Array.from({ length: whole }, (_, index) => index + 1).filter((divisor) => whole % divisor === 0)
}

function describe(
  { base, spec, live }: PlannedChange,
  { request, launch }: { request: ChangeRequest; launch: Launch | undefined },
): ChangedSetting[] {
  const before = launch?.spec ?? base
  const requested = request.changes.map(({ name, key, service }) => ({ name, key, service, follows: false }))
  const following = live
    .filter((key) => !requested.some((one) => one.key === key))
    .map((key) => ({ name: key, key, service: undefined, follows: true }))
  return [...requested, ...following].map(({ name, key, service, follows }) => {
    const isLive = isLiveSetting(key)
    const from = before && valueIn(before, { key, service })
    const to = valueIn(spec, { key, service })
    const waits = launch !== undefined && !isLive && from !== to
    return {
      name,
      key,
      from,
      to,
      effect: settings[key].effect,
      state: request.dryRun ? 'planned' : launch !== undefined && !waits ? 'in force' : 'next up',
      restarts: waits ? readersOf({ key, service }, spec) : [],
      follows,
    }
  })
}

async function putInForce(
  world: StackWorld,
  {
    launch,
    planned: { live, spec },
    request,
    signal,
  }: { launch: Launch; planned: PlannedChange; request: ChangeRequest; signal: AbortSignal },
): Promise<Pick<SettingsChange, 'revision' | 'acknowledgements'>> {
  const values = Object.fromEntries(live.map((key) => [key, spec.settings[key].value]))
  const topic = world.settings(launch.ports.kafka)
  try {
    const { values: said, end } = await topic.read()
    const found = new Map(live.flatMap((key) => (said.has(key) ? [[key, said.get(key)?.value ?? '']] : [])))
    const writes = projectSettings(values, { found, by: 'radtune set', at: world.clock.now() })
    const written = writes.length > 0 ? await topic.write(writes) : undefined
    const revision = written ?? end - 1
    const changed: Launch = { ...launch, spec: withLiveSettings(launch.spec, { live, from: spec }) }
    await world.project.writeLaunch(changed)
    const { timeoutMs } = request
    const acknowledgements = await awaitAcknowledged(world, {
      launch: changed,
      revision,
      values,
      timeoutMs,
      signal,
    })
    const missing = acknowledgements.filter(({ acknowledged }) => !acknowledged)
    if (missing.length > 0)
      throw notAcknowledged({ missing, acknowledgements, live, spec, timeoutMs, revision })
    return { revision: written, acknowledgements }
  } finally {
    await topic.close()
  }
}

/** The plan that runs, with other values of some live settings. */
export function withLiveSettings(
  running: StackSpec,
  { live, from }: { live: readonly SettingKey[]; from: StackSpec },
): StackSpec {
  const changed = Object.fromEntries(live.map((key) => [key, from.settings[key]]))
  const services = live.includes('pipeline.parallelism')
    ? running.services.map((service) => {
        const slots = from.services.find(({ name }) => name === service.name)?.slots
        return slots === undefined ? service : { ...service, slots }
      })
    : running.services
  return { ...running, services, settings: { ...running.settings, ...changed } }
}

function notAcknowledged({
  missing,
  acknowledgements,
  live,
  spec,
  timeoutMs,
  revision,
}: {
  missing: readonly Acknowledgement[]
  acknowledgements: readonly Acknowledgement[]
  live: readonly SettingKey[]
  spec: StackSpec
  timeoutMs: number
  revision: number
}): RadtuneError {
  const said = live
    .map((key) => `${key} = ${printSettingValue(key, spec.settings[key].value as never)}`)
    .join(', ')
  const running = acknowledgements.filter(({ acknowledged }) => acknowledged).map(({ service }) => service)
  const [first] = missing
  return new RadtuneError('RT-SET-003', {
    what: `${missing.map(({ service }) => service).join(', ')} did not acknowledge ${said} within ${formatDuration(timeoutMs)}`,
    why: missing.map(({ service, why }) => `${service} ${why}`).join('; '),
    fix: ['radtune get', `radtune logs ${first?.service ?? ''}`, `radtune set ${live[0]}=   (takes it back)`],
    left: `the overlay and the settings topic (revision ${revision}) say ${said}; in force in ${running.length > 0 ? running.join(', ') : 'no service yet'}`,
  })
}

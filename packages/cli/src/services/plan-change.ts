import { RadtuneError } from '@radtune/core/errors'
import {
  liveSettings,
  type SettingKey,
  type SettingReader,
  settingEnvironmentName,
  settings,
} from '@radtune/core/settings'
import { compareSpecs, type Pin, type SpecDifference, type StackSpec } from '@radtune/core/stack'
import type { Launch } from '../ports/runtime.ts'
import { editOverlay } from './edit-overlay.ts'
import type { SettingChange } from './parse-change.ts'
import { type PlanPlaces, planProject } from './plan-project.ts'

/** What a change of settings makes of the plan. */
export interface PlannedChange {
  overlay: { path: string; before: string | undefined; after: string }
  /** The plan before; undefined when there was none that holds. */
  base: StackSpec | undefined
  spec: StackSpec
  /** Live settings that the change gives another value, those that follow from it included. */
  live: readonly SettingKey[]
  /** What else differs, and so waits for the next `up`. */
  pending: readonly SpecDifference[]
  warnings: readonly string[]
}

/**
 * Plans a project as it would be with `changes` in its overlay; nothing is written. On a running stack, values that `up` was
 * given as flags hold, except for what is changed. Throws RT-PLAN-002 when the plan is not possible with them.
 */
export async function planChange(
  places: PlanPlaces,
  { changes, running }: { changes: readonly SettingChange[]; running: Launch | undefined },
): Promise<PlannedChange> {
  const path = `${places.projectDir}/.radtune/overlay.yaml`
  const before = await places.files.read(path)
  const base = await planNow(places, running)
  const after = editOverlay(before, changes)
  const changed = changes.flatMap(({ key, service }) => (service === undefined ? [key] : []))
  const spec = await planWith(places, { running, overlay: { path, text: after }, changed })
  const requested = changes.map(({ key }) => key)
  const live = liveSettings.filter(
    (key) => requested.includes(key) || base?.settings[key].value !== spec.settings[key].value,
  )
  const pending = base ? compareSpecs(base, spec).filter((difference) => !isLiveDifference(difference)) : []
  return {
    overlay: { path, before, after },
    base,
    spec,
    live: base ? live : live.filter((key) => requested.includes(key)),
    pending,
    warnings: changed.flatMap((key) => {
      const variable = settingEnvironmentName(key)
      return places.environment[variable]
        ? [`${variable} is set and wins over the overlay at the next up`]
        : []
    }),
  }
}

/** The plan of a project as it is, flags of the running stack included; undefined when none holds. */
export async function planNow(
  places: PlanPlaces,
  running: Launch | undefined,
): Promise<StackSpec | undefined> {
  try {
    return await planWith(places, { running, overlay: undefined, changed: [] })
  } catch (error) {
    if (error instanceof RadtuneError) return undefined
    throw error
  }
}

async function planWith(
  places: PlanPlaces,
  {
    running,
    overlay,
    changed,
  }: {
    running: Launch | undefined
    overlay: { path: string; text: string } | undefined
    changed: readonly SettingKey[]
  },
): Promise<StackSpec> {
  const { files } = places
  const variables = new Set(changed.map(settingEnvironmentName))
  const { spec } = await planProject(
    {
      ...places,
      files: overlay
        ? { ...files, read: async (path) => (path === overlay.path ? overlay.text : files.read(path)) }
        : files,
      environment: Object.fromEntries(
        Object.entries(places.environment).filter(([name]) => !variables.has(name)),
      ),
    },
    {
      profile: running?.spec.profile,
      assignments: [],
      pins: running ? carriedPins(running.spec, changed) : [],
    },
  )
  return spec
}

/** Values that the running stack was given for itself alone. */
function carriedPins({ settings: resolved }: StackSpec, changed: readonly SettingKey[]): Pin[] {
  return (Object.keys(resolved) as SettingKey[]).flatMap((key) => {
    const { value, origin, at } = resolved[key]
    if (changed.includes(key) || (origin !== 'flag' && origin !== 'environment')) return []
    return [{ key, value, origin, ...(at === undefined ? {} : { at }) }]
  })
}

function isLiveDifference({ path }: SpecDifference): boolean {
  return /^worker-\d+\.slots$/.test(path) || (liveSettings as readonly string[]).includes(path)
}

/** The services of a plan that read a setting, or the one that it is for. */
export function readersOf(
  { key, service }: Pick<SettingChange, 'key' | 'service'>,
  { services }: StackSpec,
): string[] {
  if (service !== undefined) return [service]
  const readers: readonly SettingReader[] = settings[key].readers
  const names = services.filter(({ role }) => readers.includes(role)).map(({ name }) => name)
  return readers.includes('topics') ? ['topics', ...names] : names
}

/** The value of a setting in a plan, for one service when it is for one. */
export function valueIn(
  spec: StackSpec,
  { key, service }: Pick<SettingChange, 'key' | 'service'>,
): string | number | undefined {
  if (service === undefined) return spec.settings[key].value
  const own = spec.services.find(({ name }) => name === service)
  switch (key) {
    case 'worker.memory':
      return own?.memoryBytes
    case 'worker.cpus':
      return own?.cpus
    default:
      return own?.heapBytes
  }
}

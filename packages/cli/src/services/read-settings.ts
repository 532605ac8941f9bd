import { type SettingsReport, WRITTEN_BY_PAGE } from '@radtune/core/contract'
import { RadtuneError } from '@radtune/core/errors'
import type { Reading } from '@radtune/core/metrics'
import {
  isLiveSetting,
  printSettingValue,
  readSettingRecord,
  type SettingDefinition,
  type SettingKey,
  settings,
} from '@radtune/core/settings'
import type { Origin, StackSpec } from '@radtune/core/stack'
import type { Launch } from '../ports/runtime.ts'
import type { SettingsTopicContent } from '../ports/settings-topic.ts'
import type { StackWorld } from '../ports/stack-world.ts'
import { statsPort } from './await-records.ts'
import { planNow, readersOf, valueIn } from './plan-change.ts'
import { type PlanPlaces, planProject } from './plan-project.ts'
import { runningLaunch } from './running-launch.ts'

/** One setting as it is in force, or as it would be at the next `up` when nothing runs. */
export interface SettingInForce {
  name: string
  key: SettingKey
  /** In the unit of the settings table; undefined where a service has none. */
  value: string | number | undefined
  unit: SettingDefinition['unit']
  effect: SettingDefinition['effect']
  origin: Origin
  at: string | undefined
  /** Offset and author of the record in the settings topic that says so. */
  revision: number | undefined
  by: string | undefined
  /** The services that read it and tell what they run by. */
  services: readonly ReaderOfSetting[]
  /** What does not fit together, each in a sentence. */
  mismatches: readonly string[]
}

/** What a service says it runs by; `why` when it says nothing. */
export interface ReaderOfSetting {
  service: string
  revision: number | null
  value: string | number | undefined
  why: string | undefined
}

export interface SettingsReading {
  running: boolean
  profile: string
  settings: readonly SettingInForce[]
}

interface Sources {
  launch: Launch | undefined
  /** The plan as the files say now. */
  planned: StackSpec | undefined
  topic: SettingsTopicContent | undefined
  reports: ReadonlyMap<string, Reading<SettingsReport>>
}

/** Reads settings by name: values, where they come from, and what each service runs by. Changes nothing. */
export async function readSettingsInForce(
  world: StackWorld,
  places: PlanPlaces,
  wanted: readonly { name: string; key: SettingKey; service: string | undefined }[],
): Promise<SettingsReading & { warnings: readonly string[] }> {
  const stack = await world.runtime.inspect()
  const launch = stack && (await runningLaunch(world, stack))
  const spec = launch?.spec ?? (await planProject(places, { profile: undefined, assignments: [] })).spec
  const warnings: string[] = []
  const [planned, topic, reports] = launch
    ? await Promise.all([
        planNow(places, launch),
        readTopic(world, launch, (why) => warnings.push(why)),
        readReports(world, launch),
      ])
    : [spec, undefined, new Map<string, Reading<SettingsReport>>()]
  const sources: Sources = { launch, planned, topic, reports }
  return {
    running: launch !== undefined,
    profile: spec.profile,
    settings: wanted.map((one) => inForce(one, { spec, sources })),
    warnings,
  }
}

async function readTopic(
  world: StackWorld,
  launch: Launch,
  warn: (why: string) => void,
): Promise<SettingsTopicContent | undefined> {
  const topic = world.settings(launch.ports.kafka)
  try {
    return await topic.read()
  } catch (error) {
    if (!(error instanceof RadtuneError)) throw error
    warn(`${error.message}${error.why ? `: ${error.why}` : ''}`)
    return undefined
  } finally {
    await topic.close()
  }
}

async function readReports(
  { stats }: StackWorld,
  launch: Launch,
): Promise<Map<string, Reading<SettingsReport>>> {
  const services = launch.spec.services.filter(({ role }) => role !== 'kafka')
  const reports = await Promise.all(
    services.map(async ({ name }) => [name, await stats.settings(statsPort(launch, name))] as const),
  )
  return new Map(reports)
}

function inForce(
  { name, key, service }: { name: string; key: SettingKey; service: string | undefined },
  { spec, sources }: { spec: StackSpec; sources: Sources },
): SettingInForce {
  const { launch, planned, topic, reports } = sources
  const launched = valueIn(spec, { key, service })
  const entry = isLiveSetting(key) ? topic?.values.get(key) : undefined
  const record = entry && readSettingRecord({ key, value: entry.value })
  const said = record?.ok ? record : undefined
  const value = said?.value ?? launched
  const show = (shown: string | number | undefined) =>
    shown === undefined ? 'nothing' : printSettingValue(key, shown as never)
  const services = isLiveSetting(key) ? readersOf({ key, service }, spec).flatMap(tellOf) : []
  function tellOf(reader: string): ReaderOfSetting[] {
    const report = reports.get(reader)
    if (!report) return []
    if (!report.known) return [{ service: reader, revision: null, value: undefined, why: report.why }]
    const { revision, applied } = report.value
    return [{ service: reader, revision, value: applied[key], why: undefined }]
  }
  const mismatches = [
    ...(said && said.value !== launched
      ? [
          said.by === WRITTEN_BY_PAGE
            ? `the page set it; the plan says ${show(launched)} until radtune up or down takes it over into the overlay`
            : `${said.by} set it; the plan says ${show(launched)}, which radtune up brings back`,
        ]
      : []),
    ...services.flatMap((one) =>
      one.why !== undefined
        ? [`${one.service} does not say what it runs by: ${one.why}`]
        : one.value === value
          ? []
          : [`${one.service} runs by ${show(one.value)}`],
    ),
    ...(launch && planned && valueIn(planned, { key, service }) !== launched
      ? [`the files say ${show(valueIn(planned, { key, service }))}, which radtune up applies`]
      : []),
  ]
  const { origin, at } = spec.settings[key]
  return {
    name,
    key,
    value,
    unit: settings[key].unit,
    effect: settings[key].effect,
    origin,
    at,
    revision: said && entry?.offset,
    by: said?.by,
    services,
    mismatches,
  }
}

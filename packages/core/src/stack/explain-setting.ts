import {
  printSettingRange,
  printSettingValue,
  type SettingDefinition,
  type SettingEffect,
  type SettingKey,
  settingEnvironmentName,
  settings,
} from '../settings/index.ts'
import { settingEffect } from './setting-effect.ts'
import { settingFormula } from './setting-formula.ts'
import { type Landing, settingLandings } from './setting-landings.ts'
import type { Origin, Reason, ServiceSpec, StackSpec } from './stack-spec.ts'

/** Everything that can be said of one setting in one plan. */
export interface SettingExplanation {
  key: SettingKey
  /** Set when it was asked of one service. */
  service?: string
  title: string
  /** As people read it, with its unit. */
  value: string
  /** As the plan has it. */
  rawValue: number | string
  unit: SettingDefinition['unit']
  origin: Origin
  /** file:line of a pin that was written in a file. */
  at?: string
  rule: string
  /** The sentence of this plan, figures filled in. */
  reason: string
  /** The arithmetic behind it, figures filled in; absent where the table has a default. */
  formula?: string
  /** Why the default or the rule is what it is, in general. */
  why: string
  source: string
  range: string
  effect: SettingEffect
  /** What a change does, and what to expect meanwhile. */
  expect: string
  lands: string
  landings: readonly Landing[]
  readers: readonly string[]
  envName: string
}

/**
 * Explains one setting: its value in a plan, where that came from and why, what it may be, what a change costs and where it lands.
 * With `service` it is about that service alone; undefined when the plan has no such service.
 */
export function explainSetting(
  key: SettingKey,
  spec: StackSpec,
  service?: string,
): SettingExplanation | undefined {
  const definition: SettingDefinition = settings[key]
  const resolved = service === undefined ? spec.settings[key] : ofService(key, spec, service)
  if (resolved === undefined) return undefined
  const { value, origin, at, reason } = resolved
  const formula = settingFormula(key, spec, service)
  return {
    key,
    ...(service === undefined ? {} : { service }),
    title: definition.title,
    value: printSettingValue(key, value as never),
    rawValue: value,
    unit: definition.unit,
    origin,
    ...(at === undefined ? {} : { at }),
    rule: reason.rule,
    reason: reason.sentence,
    ...(formula === undefined ? {} : { formula }),
    why: definition.why,
    source: definition.source,
    range: printSettingRange(key),
    effect: definition.effect,
    expect: settingEffect(key, { spec, service }),
    lands: definition.lands,
    landings: settingLandings(key, { spec, service }),
    readers: definition.readers,
    envName: settingEnvironmentName(key),
  }
}

const fields = { memory: 'memoryBytes', cpus: 'cpus', heap: 'heapBytes' } as const

/** What one service got of a setting of its role. */
function ofService(
  key: SettingKey,
  { services }: StackSpec,
  name: string,
): { value: number; origin: Origin; at?: string | undefined; reason: Reason } | undefined {
  const service: ServiceSpec | undefined = services.find((candidate) => candidate.name === name)
  const field = fields[key.split('.').at(-1) as keyof typeof fields]
  const value = service?.[field]
  const reason = service?.reasons.find(({ of }) => of === field)
  if (value === undefined || reason === undefined) return undefined
  return { value, origin: reason.origin ?? 'derived', at: reason.at, reason }
}

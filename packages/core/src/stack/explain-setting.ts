import {
  printSettingRange,
  printSettingValue,
  type SettingDefinition,
  type SettingEffect,
  type SettingKey,
  settingEnvironmentName,
  settings,
} from '../settings/index.ts'
import type { Origin, StackSpec } from './stack-spec.ts'

/** Everything that can be said of one setting in one plan. */
export interface SettingExplanation {
  key: SettingKey
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
  /** Why the default or the rule is what it is, in general. */
  why: string
  source: string
  range: string
  effect: SettingEffect
  lands: string
  readers: readonly string[]
  envName: string
}

/** Explains one setting: its value in a plan, where that came from and why, what it may be, and what a change costs. */
export function explainSetting(
  key: SettingKey,
  { settings: resolved }: Pick<StackSpec, 'settings'>,
): SettingExplanation {
  const definition: SettingDefinition = settings[key]
  const { value, origin, at, reason } = resolved[key]
  return {
    key,
    title: definition.title,
    value: printSettingValue(key, value),
    rawValue: value,
    unit: definition.unit,
    origin,
    ...(at === undefined ? {} : { at }),
    rule: reason.rule,
    reason: reason.sentence,
    why: definition.why,
    source: definition.source,
    range: printSettingRange(key),
    effect: definition.effect,
    lands: definition.lands,
    readers: definition.readers,
    envName: settingEnvironmentName(key),
  }
}

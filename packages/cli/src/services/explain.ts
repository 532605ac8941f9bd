import { type ErrorCode, errorCatalogue } from '@radtune/core/errors'
import {
  nearest,
  parseSettingKey,
  printSettingRange,
  printSettingValue,
  type SettingDefinition,
  type SettingEffect,
  type SettingKey,
  settingEnvironmentName,
  settings,
} from '@radtune/core/settings'
import { explainSetting, type Landing, type StackSpec } from '@radtune/core/stack'

/** A setting with everything the table and the plan know of it. */
export interface SettingExplanation {
  kind: 'setting'
  key: string
  title: string
  unit: string
  range: string
  /** What it is in the plan that was asked for, printed with its unit, and where that came from; null outside of a plan. */
  planned: {
    value: string
    profile: string
    origin: string
    at: string | null
    rule: string
    reason: string
    /** The arithmetic with the figures of the plan; null where the table has a default. */
    formula: string | null
    /** What a change does, and what to expect meanwhile. */
    expect: string
    landings: readonly Landing[]
  } | null
  default: string | null
  why: string
  source: string
  effect: SettingEffect
  readers: readonly string[]
  lands: string
  environment: string
}

export interface ErrorExplanation {
  kind: 'error'
  code: string
  title: string
  exitCode: number
  explanation: string
  fix: readonly string[]
}

export type Explanation = SettingExplanation | ErrorExplanation

/** What can be explained by name. */
export interface ExplainableNames {
  settings: readonly string[]
  errors: readonly string[]
}

export type Explained =
  | { ok: true; explanation: Explanation }
  | { ok: false; problem: string; suggestion: string | undefined }

/** Explains a setting key (also of one service, `worker-2.memory`) or an error code; otherwise the nearest known name. */
export function explain(name: string, spec: StackSpec | undefined): Explained {
  const code = name.trim().toUpperCase()
  if (isErrorCode(code)) return { ok: true, explanation: explainError(code) }
  const setting = parseSettingKey(name.trim())
  if (!setting.ok) {
    const names = explainableNames()
    return {
      ok: false,
      problem: `"${name}" is neither a setting nor an error code`,
      suggestion: nearest(name.trim(), [...names.settings, ...names.errors]),
    }
  }
  const { key, service } = setting
  if (spec !== undefined && service !== undefined && !spec.services.some((one) => one.name === service))
    return {
      ok: false,
      problem: `the plan for ${spec.profile} has no ${service}: its services are ${spec.services.map((one) => one.name).join(', ')}`,
      suggestion: key,
    }
  return { ok: true, explanation: explainSettingByKey(name.trim(), { key, service, spec }) }
}

export function explainableNames(): ExplainableNames {
  return { settings: Object.keys(settings).sort(), errors: Object.keys(errorCatalogue).sort() }
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalogue, code)
}

function explainError(code: ErrorCode): ErrorExplanation {
  const { title, exitCode, explanation, fix } = errorCatalogue[code]
  return { kind: 'error', code, title, exitCode, explanation, fix }
}

function explainSettingByKey(
  name: string,
  { key, service, spec }: { key: SettingKey; service: string | undefined; spec: StackSpec | undefined },
): SettingExplanation {
  const definition: SettingDefinition = settings[key]
  return {
    kind: 'setting',
    key: name,
    title: definition.title,
    unit: definition.unit,
    range: printSettingRange(key),
    planned: spec ? plannedValue(key, { service, spec }) : null,
    default: definition.default === undefined ? null : printSettingValue(key, definition.default as never),
    why: definition.why,
    source: definition.source,
    effect: definition.effect,
    readers: definition.readers,
    lands: definition.lands,
    environment: settingEnvironmentName(key),
  }
}

function plannedValue(
  key: SettingKey,
  { service, spec }: { service: string | undefined; spec: StackSpec },
): SettingExplanation['planned'] {
  const explained = explainSetting(key, spec, service)
  if (explained === undefined) return null
  const { value, origin, at, rule, reason, formula, expect, landings } = explained
  return {
    value,
    profile: spec.profile,
    origin,
    at: at ?? null,
    rule,
    reason,
    formula: formula ?? null,
    expect,
    landings,
  }
}

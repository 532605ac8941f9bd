import { RadtuneError } from '@radtune/core/errors'
import { parseSetting, parseSettingKey, type SettingKey } from '@radtune/core/settings'

/** One setting to change, as it was written. */
export interface SettingChange {
  /** As written: `worker-2.memory` for one service. */
  name: string
  key: SettingKey
  service: string | undefined
  /** As it goes into the overlay; undefined takes the setting out of it. */
  value: string | number | undefined
}

/**
 * Reads what `radtune set` was given: KEY=VALUE, and KEY= or a key of `unset` to take it back. Throws RT-SET-001 for a value
 * that the setting cannot take, RT-SET-002 for a key that there is not, RT-CLI-021 for a key given twice.
 */
export function parseChanges(assignments: readonly string[], unset: readonly string[]): SettingChange[] {
  const changes = [...assignments.map(parseAssignment), ...unset.map((name) => parseKey(name.trim()))]
  for (const [index, { name }] of changes.entries())
    if (changes.findIndex((change) => change.name === name) !== index)
      throw new RadtuneError('RT-CLI-021', { what: `${name} is given twice`, fix: ['give it once'] })
  return changes
}

/** Reads the keys that `radtune get` was given. Throws RT-SET-002. */
export function parseKeys(names: readonly string[]): Omit<SettingChange, 'value'>[] {
  return names.map((name) => parseKey(name.trim()))
}

function parseAssignment(text: string): SettingChange {
  const equals = text.indexOf('=')
  if (equals < 1)
    throw new RadtuneError('RT-SET-002', {
      what: `${text} is not KEY=VALUE`,
      why: 'KEY= takes a setting back to the value of the plan',
      fix: ['radtune set pipeline.parallelism=3', 'radtune get'],
    })
  const change = parseKey(text.slice(0, equals).trim())
  const written = text.slice(equals + 1).trim()
  if (written === '') return change
  const parsed = parseSetting(change.key, written)
  if (!parsed.ok)
    throw new RadtuneError('RT-SET-001', {
      what: `${change.name}: ${parsed.problem}`,
      fix: [`radtune explain ${change.key}`],
      left: 'nothing was changed',
    })
  return { ...change, value: /^-?\d+(\.\d+)?$/.test(written) ? Number(written) : written }
}

function parseKey(name: string): SettingChange {
  const setting = parseSettingKey(name)
  if (!setting.ok)
    throw new RadtuneError('RT-SET-002', {
      what: setting.problem,
      ...(setting.suggestion ? { why: `did you mean ${setting.suggestion}?` } : {}),
      fix: ['radtune get', 'radtune explain'],
    })
  return { name, key: setting.key, service: setting.service, value: undefined }
}

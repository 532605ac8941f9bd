import { RadtuneError } from '@radtune/core/errors'
import { parseSettingKey, type SettingKey, settingEnvironmentName, settings } from '@radtune/core/settings'
import { type Pin, planStack, type StackSpec } from '@radtune/core/stack'
import { type FoundProfile, loadProfile, type ProfilePlaces } from './load-profile.ts'
import { readProjectPins } from './read-project-pins.ts'

/** What plans a project: the profile that was asked for, and what overrides it. */
export interface PlanRequest {
  /** Undefined: the one that radtune.yaml or the user's configuration names, else 4c8g. */
  profile: string | undefined
  /** Whether `profile` came from RADTUNE_PROFILE and not from a flag. */
  profileFromEnvironment?: boolean
  /** Values of `--set`, as KEY=VALUE. */
  assignments: readonly string[]
  /** Pins that other flags stand for, such as `--rate`. */
  pins?: readonly Pin[]
  /** For files that are committed: without what belongs to this user, this machine or this shell. */
  portable?: boolean
}

export interface ProjectPlan {
  found: FoundProfile
  spec: StackSpec
  /** Who chose the profile. */
  profileOrigin: 'flag' | 'environment' | 'radtune.yaml' | 'user config' | 'derived'
  /** Pins that a portable plan does without. */
  leftOut: readonly Pin[]
}

/** Origins of values that another machine would not have. */
const PERSONAL: readonly Pin['origin'][] = ['user config', 'overlay', 'environment']

/** What planning reads. */
export interface PlanPlaces extends ProfilePlaces {
  environment: Readonly<Record<string, string | undefined>>
  /** The user's own configuration file; it need not exist. */
  userConfigFile: string
}

export const DEFAULT_PROFILE = '4c8g'

/**
 * Plans the stack of a project with everything that overrides: profile < user config < radtune.yaml < overlay <
 * environment < flags. Throws RT-PROF-…, RT-SET-… and RT-PLAN-… with what is wrong and where it was written.
 */
export async function planProject(places: PlanPlaces, request: PlanRequest): Promise<ProjectPlan> {
  const written = await readProjectPins(places)
  const [profileName, profileOrigin] = chooseProfile(request, written.profile)
  const found = await loadProfile(profileName, places)
  const given = [
    ...written.pins,
    ...environmentPins(places.environment),
    ...request.assignments.map(readAssignment),
    ...(request.pins ?? []),
  ]
  const leftOut = request.portable ? given.filter(({ origin }) => PERSONAL.includes(origin)) : []
  const planned = planStack(found.profile, { pins: given.filter((pin) => !leftOut.includes(pin)) })
  if (!planned.ok) throw planned.error
  return { found, spec: planned.spec, profileOrigin, leftOut }
}

function chooseProfile(
  { profile, profileFromEnvironment, portable }: PlanRequest,
  written: { name: string; origin: 'radtune.yaml' | 'user config' } | undefined,
): [string, ProjectPlan['profileOrigin']] {
  if (profile !== undefined) return [profile, profileFromEnvironment ? 'environment' : 'flag']
  if (!written || (portable && written.origin === 'user config')) return [DEFAULT_PROFILE, 'derived']
  return [written.name, written.origin]
}

function environmentPins(environment: PlanPlaces['environment']): Pin[] {
  return (Object.keys(settings) as SettingKey[]).flatMap((key) => {
    const variable = settingEnvironmentName(key)
    const value = environment[variable]
    return value === undefined || value === ''
      ? []
      : [{ key, value, origin: 'environment' as const, at: variable }]
  })
}

function readAssignment(text: string): Pin {
  const equals = text.indexOf('=')
  if (equals < 1 || equals === text.length - 1) {
    throw new RadtuneError('RT-SET-002', {
      what: `--set ${text} is not KEY=VALUE`,
      fix: ['radtune explain', 'radtune plan --set kafka.heap=512MiB'],
    })
  }
  const name = text.slice(0, equals).trim()
  const setting = parseSettingKey(name)
  if (!setting.ok) {
    throw new RadtuneError('RT-SET-002', {
      what: `--set: ${setting.problem}`,
      ...(setting.suggestion ? { why: `did you mean ${setting.suggestion}?` } : {}),
      fix: ['radtune explain'],
    })
  }
  const { key, service } = setting
  return {
    key,
    value: text.slice(equals + 1).trim(),
    origin: 'flag',
    ...(service === undefined ? {} : { service }),
  }
}

import { printSettingValue, type SettingKey } from '@radtune/core/settings'
import type { SettingsChange } from '../services/change-settings.ts'
import type { SettingsReading } from '../services/read-settings.ts'

type Raw = string | number | null

/** `data` of radtune.set/1. Values are in the unit of the settings table. */
export interface SetData {
  running: boolean
  settings: {
    name: string
    from: Raw
    to: Raw
    text: string
    effect: string
    state: 'in force' | 'next up' | 'planned'
    restarts: readonly string[]
    follows: boolean
  }[]
  /** Offset in the settings topic; null when nothing had to be written there. */
  revision: number | null
  acknowledgements: { service: string; revision: number | null }[]
}

/** `data` of radtune.get/1. */
export interface GetData {
  running: boolean
  profile: string
  settings: {
    name: string
    value: Raw
    text: string
    unit: string
    effect: string
    origin: string
    at: string | null
    revision: number | null
    by: string | null
    services: { service: string; revision: number | null; value: Raw; why: string | null }[]
    mismatches: readonly string[]
  }[]
}

export function setData({ running, settings, revision, acknowledgements }: SettingsChange): SetData {
  return {
    running,
    settings: settings.map(({ name, key, from, to, effect, state, restarts, follows }) => ({
      name,
      from: from ?? null,
      to: to ?? null,
      text: settingText(key, to),
      effect,
      state,
      restarts,
      follows,
    })),
    revision: revision ?? null,
    acknowledgements: acknowledgements.map(({ service, revision: theirs }) => ({
      service,
      revision: theirs,
    })),
  }
}

export function getData({ running, profile, settings }: SettingsReading): GetData {
  return {
    running,
    profile,
    settings: settings.map((setting) => ({
      name: setting.name,
      value: setting.value ?? null,
      text: settingText(setting.key, setting.value),
      unit: setting.unit,
      effect: setting.effect,
      origin: setting.origin,
      at: setting.at ?? null,
      revision: setting.revision ?? null,
      by: setting.by ?? null,
      services: setting.services.map(({ service, revision, value, why }) => ({
        service,
        revision,
        value: value ?? null,
        why: why ?? null,
      })),
      mismatches: setting.mismatches,
    })),
  }
}

/** A value as people read it; a dash where there is none. */
export function settingText(key: SettingKey, value: string | number | undefined): string {
  return value === undefined ? '–' : printSettingValue(key, value as never)
}

import type { SettingInForce, SettingsReading } from '../services/read-settings.ts'
import type { StreamStyle } from './output.ts'
import { settingText } from './settings-data.ts'
import { tableText } from './table-text.ts'

/** Text of `radtune get`: one line for each setting, and `detailed` what each service runs by. */
export function getText(
  { running, profile, settings }: SettingsReading,
  { style, detailed }: { style: StreamStyle; detailed: boolean },
): string {
  const { palette } = style
  const head = ['setting', 'value', 'origin', 'change', running ? 'revision' : ''].map(palette.dim)
  const rows = settings.map((setting) => [
    setting.name,
    settingText(setting.key, setting.value),
    originText(setting),
    setting.effect,
    setting.revision === undefined ? '' : String(setting.revision),
  ])
  const table = tableText([head, ...rows], { columns: Math.max(style.columns, 100) })
  const details = detailed ? settings.flatMap((setting) => detailLines(setting, style)) : []
  const mismatches = settings.flatMap(({ name, mismatches: found }) =>
    found.map((sentence) => `${palette.yellow('differs')}  ${name}: ${sentence}`),
  )
  return [
    table,
    ...(details.length > 0 ? ['', ...details] : []),
    ...(mismatches.length > 0 ? ['', ...mismatches] : []),
    ...(running ? [] : ['', palette.dim(`nothing runs: these are the values of the plan for ${profile}`)]),
  ].join('\n')
}

function originText({ origin, at, by }: SettingInForce): string {
  const file = at === undefined ? origin : at.startsWith(origin) || at.includes(':') ? at : `${origin}, ${at}`
  return by === undefined || by.startsWith('radtune') ? file : by
}

function detailLines({ name, key, services, effect }: SettingInForce, { palette }: StreamStyle): string[] {
  if (effect !== 'live') return []
  return services.map(
    ({ service, revision, value, why }) =>
      `${palette.dim(name)}  ${service} ${why === undefined ? `runs by ${settingText(key, value)}, revision ${revision ?? 'none'}` : `does not answer: ${why}`}`,
  )
}

import type { ProfileDifference } from '@radtune/core/profile'
import { isSettingKey, printSettingValue, type SettingValues } from '@radtune/core/settings'
import type { SpecDifference } from '@radtune/core/stack'
import { formatBytes, formatCount, formatCpus, formatDuration } from '@radtune/core/units'
import type { ListedProfile } from '../services/list-profiles.ts'
import type { StreamStyle } from './output.ts'
import { tableText } from './table-text.ts'

/** The list of profiles, the default marked. */
export function profilesText(
  profiles: readonly ListedProfile[],
  { style, defaultName }: { style: StreamStyle; defaultName: string },
): string {
  const { palette } = style
  const head = ['name', 'cpus', 'memory', 'readings/s', 'pins', 'from'].map(palette.dim)
  const rows = profiles.map((profile) => {
    const name = profile.name === defaultName ? `${profile.name} *` : profile.name
    if (!profile.ok) return [name, '', '', '', '', `${profile.path}: ${palette.red(profile.problem)}`]
    return [
      name,
      formatCpus(profile.cpus),
      formatBytes(profile.memoryBytes),
      `${formatCount(profile.minPerSecond)}–${formatCount(profile.maxPerSecond)}`,
      String(profile.pins),
      profile.source === 'shipped' ? 'shipped with radtune' : profile.path,
    ]
  })
  const table = tableText([head, ...rows], {
    align: ['left', 'right', 'right', 'right', 'right', 'left'],
    columns: Math.max(style.columns, 100),
  })
  const note = `* used when no profile is named. Any <cpus>c<GB>g works too: radtune plan --profile 6c12g`
  return `${table}\n\n${palette.dim(note)}`
}

/** How two profiles and their plans differ, one line per field. */
export function profileDifferencesText(
  { profile, differences }: { profile: readonly ProfileDifference[]; differences: readonly SpecDifference[] },
  { style, from, to }: { style: StreamStyle; from: string; to: string },
): string {
  const { palette } = style
  if (profile.length === 0 && differences.every(({ path }) => path === 'profile'))
    return `${from} and ${to} say the same and are planned alike`
  const rowOf = ({ path, from: before, to: after }: SpecDifference) => [
    `  ${path}`,
    printField(path, before),
    printField(path, after),
  ]
  const blank = ['', '', '']
  const rows = [
    ['', from, to].map(palette.bold),
    [palette.bold('profile'), '', ''],
    ...(profile.length === 0 ? [['  the same', '', '']] : profile.map(rowOf)),
    blank,
    [palette.bold('planned stack'), '', ''],
    ...(differences.length === 0 ? [['  the same', '', '']] : differences.map(rowOf)),
  ]
  return tableText(rows, { columns: Math.max(style.columns, 80) })
}

function printField(path: string, value: unknown): string {
  if (value === undefined) return '–'
  if (typeof value === 'number' && /Bytes$/.test(path)) return formatBytes(value)
  const key = path.replace(/^settings\.(worker-\d+\.)?/, (_, service) => (service ? 'worker.' : ''))
  if (isSettingKey(key)) return printSettingValue(key, value as SettingValues[typeof key])
  if (typeof value === 'number' && /PerSecond$/.test(path)) return `${formatCount(value)}/s`
  if (typeof value === 'number' && /Ms$/.test(path)) return formatDuration(value)
  return String(value)
}

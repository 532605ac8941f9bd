import { isSettingKey, printSettingValue, type SettingValues } from '@radtune/core/settings'
import type { SpecDifference } from '@radtune/core/stack'
import { formatBytes, formatCount, formatCpus } from '@radtune/core/units'
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

/** How two plans differ, one line per field. */
export function planDifferencesText(
  differences: readonly SpecDifference[],
  { style, from, to }: { style: StreamStyle; from: string; to: string },
): string {
  const { palette } = style
  if (differences.length === 0) return `${from} and ${to} are planned alike`
  const head = ['', from, to].map(palette.bold)
  const rows = differences.map(({ path, from: before, to: after }) => [
    path,
    printField(path, before),
    printField(path, after),
  ])
  return tableText([head, ...rows], { columns: Math.max(style.columns, 100) })
}

function printField(path: string, value: unknown): string {
  if (value === undefined) return '–'
  if (typeof value === 'number' && /Bytes$/.test(path)) return formatBytes(value)
  if (isSettingKey(path)) return printSettingValue(path, value as SettingValues[typeof path])
  return String(value)
}

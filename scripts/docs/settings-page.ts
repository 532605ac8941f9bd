import {
  printSettingRange,
  printSettingValue,
  type SettingDefinition,
  type SettingKey,
  settingEnvironmentName,
  settings,
} from '@radtune/core/settings'
import { code, markdownTable, pageHead } from './markdown.ts'

/** docs/reference/settings.md: the settings table. */
export function settingsPage(): string {
  const keys = Object.keys(settings) as SettingKey[]
  const groups = Map.groupBy(keys, (key) => key.split('.')[0] ?? key)
  const sections = [...groups].map(
    ([group, members]) => `## ${group}\n\n${members.map(settingSection).join('\n\n')}`,
  )
  return [
    pageHead('Settings'),
    'Every setting that can be pinned: in a profile or `radtune.yaml` under `settings:`, in the environment, or with `--set KEY=VALUE`.',
    'Later ones win: derived, profile, user configuration, `radtune.yaml`, overlay, environment, flag.',
    '`radtune explain KEY` shows the same with the value of a plan.\n',
    overview(keys),
    '',
    sections.join('\n\n'),
    '',
  ].join('\n')
}

function overview(keys: readonly SettingKey[]): string {
  return markdownTable(
    ['key', 'what', 'default', 'change'],
    keys.map((key) => [code(key), settings[key].title, printDefault(key), settings[key].effect]),
  )
}

function settingSection(key: SettingKey): string {
  const definition: SettingDefinition = settings[key]
  return [
    `### ${key}`,
    '',
    `${capitalised(definition.title)}.`,
    '',
    `- default: ${printDefault(key)}`,
    `- range: ${printSettingRange(key)}`,
    `- why: ${definition.why}`,
    `- source: ${definition.source}`,
    `- change: ${definition.effect}; read by ${definition.readers.join(', ')}`,
    `- lands in: ${definition.lands}`,
    `- environment: ${code(settingEnvironmentName(key))}`,
  ].join('\n')
}

function printDefault(key: SettingKey): string {
  const definition: SettingDefinition = settings[key]
  return definition.default === undefined
    ? 'derived from the machine'
    : printSettingValue(key, definition.default as never)
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

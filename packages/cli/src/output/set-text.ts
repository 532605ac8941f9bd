import type { ChangedSetting, SettingsChange } from '../services/change-settings.ts'
import type { StreamStyle } from './output.ts'
import { settingText } from './settings-data.ts'
import { tableText } from './table-text.ts'

/** Text of `radtune set`: each value from and to, whether it is in force, and who runs by it. */
export function setText(
  { running, settings, revision, acknowledgements }: SettingsChange,
  style: StreamStyle,
): string {
  const { palette } = style
  const rows = settings.map((setting) => [
    palette.bold(setting.name),
    `${settingText(setting.key, setting.from)} → ${settingText(setting.key, setting.to)}`,
    stateText(setting, running),
  ])
  const services = acknowledgements.map(({ service, revision: theirs }) => `${service} ${theirs}`).join(', ')
  return [
    tableText(rows, { columns: style.columns }),
    ...(acknowledgements.length > 0
      ? [
          '',
          revision === undefined
            ? 'the settings topic says so already'
            : `revision ${revision} of the settings topic`,
          `run by it: ${services}`,
        ]
      : []),
    ...closingLines(settings, running),
  ].join('\n')
}

function stateText({ state, effect, restarts, follows, from, to }: ChangedSetting, running: boolean): string {
  const because = follows ? ', follows from the plan' : ''
  switch (state) {
    case 'in force':
      return `${from === to ? 'as before' : 'in force'}${because}`
    case 'planned':
      return `would be ${effect === 'live' && running ? 'changed live' : `applied by radtune up (${effect})`}${because}`
    case 'next up':
      return running
        ? `written; needs ${effect === 'restart' ? 'a restart' : 'a new start'} of ${restarts.join(', ')}${because}`
        : `written${because}`
  }
}

function closingLines(settings: readonly ChangedSetting[], running: boolean): string[] {
  if (settings.some(({ state }) => state === 'planned')) return ['', 'dry run: nothing was changed']
  if (!running) return ['', 'nothing runs; it takes effect at the next radtune up']
  if (settings.some(({ state }) => state === 'next up'))
    return [
      '',
      'not all of it is in force yet: radtune up applies the rest and restarts only what it concerns',
    ]
  return []
}

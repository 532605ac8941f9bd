import type {
  ErrorExplanation,
  ExplainableNames,
  Explanation,
  SettingExplanation,
} from '../services/explain.ts'
import type { StreamStyle } from './output.ts'
import { tableText } from './table-text.ts'

/** Text of `radtune explain NAME`. */
export function explanationText(explanation: Explanation, style: StreamStyle): string {
  switch (explanation.kind) {
    case 'setting':
      return settingText(explanation, style)
    case 'error':
      return errorExplanationText(explanation, style)
  }
}

/** Text of `radtune explain` without a name: what can be asked for. */
export function explainableNamesText(names: ExplainableNames, style: StreamStyle): string {
  const { palette } = style
  return [
    palette.bold('settings'),
    ...names.settings.map((name) => `  ${name}`),
    '',
    palette.bold('error codes'),
    ...names.errors.map((name) => `  ${name}`),
  ].join('\n')
}

function settingText(setting: SettingExplanation, style: StreamStyle): string {
  const { planned } = setting
  const rows: [string, string][] = []
  if (planned) {
    const pinned =
      planned.origin === 'derived'
        ? ''
        : `, pinned by ${planned.origin}${planned.at ? ` (${planned.at})` : ''}`
    rows.push(['value', `${planned.value} in the plan for ${planned.profile}${pinned}`])
    if (planned.formula !== null) rows.push(['formula', planned.formula])
    rows.push(['because', planned.reason], ['rule', planned.rule])
  }
  rows.push(
    ['default', setting.default ?? 'none: the planner derives it from the machine'],
    ['range', setting.range],
    ['why', setting.why],
    ['source', setting.source],
    ['change', planned?.expect ?? effectSentence(setting)],
    ['read by', setting.readers.join(', ')],
    ...landingRows(setting),
    ['set it', `radtune ${setting.effect === 'live' ? 'set' : 'up --set'} ${setting.key}=VALUE`],
    ['', `or settings: in radtune.yaml or a profile${variableHint(setting)}`],
  )
  return `${style.palette.bold(setting.key)}: ${setting.title}\n${facts(rows, style)}`
}

/** The environment pins a setting of a role, never of one service. */
function variableHint({ key, environment }: SettingExplanation): string {
  return /^worker-\d/.test(key) ? '' : `, or ${environment} in the environment`
}

function landingRows({ planned, lands }: SettingExplanation): [string, string][] {
  if (!planned) return [['lands in', lands]]
  return planned.landings.map((landing, index): [string, string] => [
    index === 0 ? 'lands in' : '',
    `${landing.in}: ${landing.text}`,
  ])
}

function effectSentence({ effect, readers }: SettingExplanation): string {
  switch (effect) {
    case 'live':
      return 'live, while the pipeline runs'
    case 'restart':
      return readers.includes('topics') ? 'at the next radtune up' : `restarts ${readers.join(' and ')}`
    case 'recreate':
      return `recreates ${readers.join(' and ')}`
    case 'irreversible':
      return 'cannot be taken back'
  }
}

function errorExplanationText(error: ErrorExplanation, style: StreamStyle): string {
  const fixes = error.fix.map((fix, index): [string, string] => [index === 0 ? 'fix' : '', fix])
  const rows: [string, string][] = [
    ['meaning', error.explanation],
    ['exit', String(error.exitCode)],
    ...fixes,
  ]
  return `${style.palette.bold(error.code)}: ${error.title}\n${facts(rows, style)}`
}

function facts(rows: readonly [string, string][], style: StreamStyle): string {
  const labelled = rows.map(([label, text]) => [`  ${style.palette.dim(label)}`, text])
  return tableText(labelled, { columns: Math.min(style.columns, 120) })
}

import { printSettingValue, type SettingKey, settings } from '@radtune/core/settings'
import { planLedger, type ResolvedSetting, type StackSpec } from '@radtune/core/stack'
import { diskRows, type LedgerTable, memoryRows, serviceRows } from './ledger-rows.ts'
import {
  clientKeys,
  diskSentence,
  headline,
  originText,
  retentionSentence,
  serviceReason,
  sumsSentence,
} from './plan-text.ts'

/** The ledger of a plan in Markdown, for a pull request: the services and sums open, the rest folded. */
export function planMarkdown(spec: StackSpec, { showOrigin }: { showOrigin: boolean }): string {
  const ledger = planLedger(spec)
  const services = serviceRows(ledger)
  const pins = (Object.keys(settings) as SettingKey[]).filter(
    (key) => spec.settings[key].origin !== 'derived',
  )
  const keys = showOrigin ? (Object.keys(settings) as SettingKey[]) : clientKeys(spec)
  return [
    `### ${headline(spec)}`,
    `**fits**: ${sumsSentence(spec)}.`,
    markdownTable({
      head: [...services.head, 'why'],
      rows: services.rows.map((row, index) => [...row, whyOf(spec, index)]),
      total: [...services.total, ''],
    }),
    ...(pins.length > 0 ? ['**Pinned**', settingTable(spec, pins)] : []),
    ...(ledger.shrunk.length > 0
      ? [
          '**Smaller than it would be with more room**',
          list(
            ledger.shrunk.map(
              ({ key, wanted, got, why }) => `\`${key}\` ${got} instead of ${wanted}: ${why}`,
            ),
          ),
        ]
      : []),
    folded('Memory: what each limit holds', markdownTable(memoryRows(ledger))),
    folded(
      'Topics and disk',
      `${markdownTable(diskRows(ledger))}\n\n${retentionSentence(spec)} ${diskSentence(ledger)}`,
    ),
    folded(showOrigin ? 'Settings' : 'Client settings', settingTable(spec, keys)),
    ...(spec.deviations.length > 0
      ? [
          folded(
            'Done otherwise than in the reference configuration',
            list(
              spec.deviations.map(
                ({ documented, instead, reason }) => `${documented} → **${instead}**: ${reason}`,
              ),
            ),
          ),
        ]
      : []),
  ].join('\n\n')
}

function whyOf({ services }: StackSpec, index: number): string {
  const service = services[index]
  return service === undefined ? '' : serviceReason(service)
}

function settingTable(spec: StackSpec, keys: readonly SettingKey[]): string {
  const rows = keys.map((key) => {
    const setting: ResolvedSetting = spec.settings[key]
    return [
      `\`${key}\``,
      printSettingValue(key, spec.settings[key].value),
      originText(setting),
      setting.reason.sentence,
    ]
  })
  return markdownTable({ head: ['setting', 'value', 'from', 'why'], rows, total: [] })
}

function markdownTable({ head, rows, total }: LedgerTable): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`
  const numbers = head.map((name, column) =>
    column === 0 || ['why', 'from', 'value'].includes(name) ? '---' : '---:',
  )
  const bold = total.map((cell) => (cell === '' ? '' : `**${cell}**`))
  return [
    line(head),
    `|${numbers.join('|')}|`,
    ...rows.map(line),
    ...(total.length > 0 ? [line(bold)] : []),
  ].join('\n')
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${escaped(item)}`).join('\n')
}

function folded(title: string, body: string): string {
  return `<details><summary>${title}</summary>\n\n${body}\n\n</details>`
}

/** Values come from files of others: they must not draw, link or mention anything. */
function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('|', '\\|')
    .replace(/@(?=\w)/g, '@\u200b')
    .replace(/\s*\n\s*/g, ' ')
}

import { rules } from '@radtune/core/advice'
import { code, markdownTable, pageHead } from './markdown.ts'

const WINDOWS = {
  static: 'the plan alone',
  windows: 'the last three windows (`advice.windows`)',
  longWindows: 'the last ten windows (`advice.longWindows`)',
} as const

/** docs/reference/rules.md: the rules of advice. */
export function rulesPage(): string {
  return [
    pageHead('Tuning rules'),
    'What `radtune advise` judges by; `radtune advise --rules` says how each stands now. Numbers are those of the guidelines of the reference',
    'configuration. How a rule becomes a change: [tuning.md](../tuning.md). Thresholds are settings (`advice.*`, [settings.md](settings.md)).\n',
    markdownTable(
      ['rule', 'what', 'guidelines', 'looks at', 'needs'],
      rules.map(({ id, title, guidelines, needs }) => [
        code(id),
        title,
        guidelines.join(', ') || '–',
        WINDOWS[needs.window],
        needs.readings.map((reading) => code(reading)).join(', ') || '–',
      ]),
    ),
    '',
  ].join('\n')
}

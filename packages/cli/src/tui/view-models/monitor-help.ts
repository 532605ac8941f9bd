import type { ScreenSize } from './status-view.ts'
import { beside, fitLine, heading, type StyledLine, span } from './styled-line.ts'

/** A key as the footer and the help name it. */
export interface KeyName {
  name: string
  does: string
}

const WORDS: readonly StyledLine[] = [
  [span(' ok       ', 'good'), span('within its limit for ten samples')],
  [span(' WARN     ', 'warn'), span('over it for three samples')],
  [span(' CRIT     ', 'bad'), span('far over it')],
  [span(' n/a      ', 'dim'), span('not known, with why; never 0')],
  [span(' dim      ', 'dim'), span('older than five seconds')],
  [span(' drains   '), span('lag ÷ (out − in) of the slowest')],
  [span(' THROTTLE '), span('share of time held back by limit')],
  [span(' docs/monitor.md tells of each number', 'dim')],
]

/** Every key, and what the words mean; side by side where that is wider than high. */
export function monitorHelp(keys: readonly KeyName[], { columns, rows }: ScreenSize): StyledLine[] {
  const keyColumns = Math.floor(columns / 2) - 4
  const keyLines = [
    heading('keys', keyColumns),
    ...keys.map(({ name, does }): StyledLine => [span(` ${name.padEnd(9)}`, 'strong'), span(does)]),
  ]
  const words = [heading('words', columns - keyColumns - 1), ...WORDS]
  const lines =
    keyLines.length + words.length <= rows - 1 ? [...keyLines, ...words] : beside(keyLines, words, keyColumns)
  return lines.slice(0, rows - 1).map((line) => fitLine(line, columns))
}

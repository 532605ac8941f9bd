import { adviceText } from '../../output/advice-text.ts'
import { createPalette } from '../../output/palette.ts'
import type { Judged } from '../../services/advise-stack.ts'
import { fitLine, heading, type StyledLine, span } from './styled-line.ts'

const PLAIN = createPalette(false)

/** What `radtune advise` would print, scrolled. Nothing can be applied from here. */
export function adviceLines(
  judged: Judged | undefined,
  { columns, rows, scrolled }: { columns: number; rows: number; scrolled: number },
): StyledLine[] {
  if (!judged) return [heading('advice', columns), [span(' the rules have not been asked yet', 'dim')]]
  const text = adviceText(judged, { columns: columns - 2, palette: PLAIN }).split('\n')
  const from = Math.min(scrolled, Math.max(0, text.length - rows + 1))
  const shown = text.slice(from, from + rows - 1)
  const seen = `${from + 1}-${from + shown.length} of ${text.length}`
  return [
    heading('advice', columns, { seen, tone: 'strong' }),
    ...shown.map((line): StyledLine => [span(` ${line}`)]),
  ].map((line) => fitLine(line, columns))
}

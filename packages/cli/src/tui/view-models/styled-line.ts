/** How a piece of text is meant; the theme decides what that looks like. Never the only carrier of a meaning. */
export type Tone = 'plain' | 'strong' | 'dim' | 'good' | 'warn' | 'bad' | 'accent'

export interface Span {
  text: string
  tone: Tone
}

/** One line of a screen, already as wide as it may be. */
export type StyledLine = readonly Span[]

export function span(text: string, tone: Tone = 'plain'): Span {
  return { text, tone }
}

/** Cuts a line at `columns` characters, with an ellipsis where something was lost. */
export function fitLine(line: StyledLine, columns: number): StyledLine {
  let room = columns
  const fitted: Span[] = []
  for (const { text, tone } of line) {
    const characters = [...text]
    if (characters.length <= room) {
      fitted.push({ text, tone })
      room -= characters.length
      continue
    }
    if (room > 0) fitted.push({ text: `${characters.slice(0, room - 1).join('')}…`, tone })
    break
  }
  return fitted
}

/** A line with one part at its left end and one at its right, `columns` wide. */
export function spread(left: StyledLine, right: StyledLine, columns: number): StyledLine {
  const gap = columns - lengthOf(left) - lengthOf(right)
  return gap < 1 ? fitLine(left, columns) : [...left, span(' '.repeat(gap)), ...right]
}

/** A rule across the screen that names what is under it. */
export function heading(title: string, columns: number): StyledLine {
  return [span(`─ ${title} ${'─'.repeat(Math.max(0, columns - title.length - 3))}`, 'dim')]
}

function lengthOf(line: StyledLine): number {
  return line.reduce((sum, { text }) => sum + [...text].length, 0)
}

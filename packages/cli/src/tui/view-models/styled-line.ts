import { displayWidth } from '../../output/display-width.ts'

/** How a piece of text is meant; the theme decides what that looks like. Never the only carrier of a meaning. */
export type Tone = 'plain' | 'strong' | 'dim' | 'good' | 'warn' | 'bad' | 'accent' | 'chosen'

export interface Span {
  text: string
  tone: Tone
}

/** One line of a screen, already as wide as it may be. */
export type StyledLine = readonly Span[]

export function span(text: string, tone: Tone = 'plain'): Span {
  return { text, tone }
}

/** Cuts a line at `columns` cells, with an ellipsis where something was lost. */
export function fitLine(line: StyledLine, columns: number): StyledLine {
  let room = columns
  const fitted: Span[] = []
  for (const { text, tone } of line) {
    const width = displayWidth(text)
    if (width <= room) {
      fitted.push({ text, tone })
      room -= width
      continue
    }
    if (room > 0) fitted.push({ text: `${cutText(text, room - 1)}…`, tone })
    break
  }
  return fitted
}

/** A line of exactly `columns` cells: cut, or filled with spaces. */
export function padLine(line: StyledLine, columns: number): StyledLine {
  const fitted = fitLine(line, columns)
  const left = columns - widthOf(fitted)
  return left > 0 ? [...fitted, span(' '.repeat(left))] : fitted
}

/** A line with one part at its left end and one at its right, `columns` wide. */
export function spread(left: StyledLine, right: StyledLine, columns: number): StyledLine {
  const gap = columns - widthOf(left) - widthOf(right)
  return gap < 1 ? fitLine(left, columns) : [...left, span(' '.repeat(gap)), ...right]
}

/** Two blocks of lines side by side, the right one from `leftColumns` + 1 on. */
export function beside(
  left: readonly StyledLine[],
  right: readonly StyledLine[],
  leftColumns: number,
): StyledLine[] {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, index) => {
    const other = right[index]
    return other ? [...padLine(left[index] ?? [], leftColumns), span(' '), ...other] : (left[index] ?? [])
  })
}

/** A rule across the screen that names what is under it, and at its right end how much of it is seen. */
export function heading(
  title: string,
  columns: number,
  { seen = '', tone = 'dim' }: { seen?: string; tone?: Tone } = {},
): StyledLine {
  const end = seen === '' ? '' : ` ${seen} ─`
  const rule = '─'.repeat(Math.max(0, columns - displayWidth(title) - 3 - displayWidth(end)))
  return fitLine([span('─ ', 'dim'), span(title, tone), span(` ${rule}${end}`, 'dim')], columns)
}

export function textOf(line: StyledLine): string {
  return line.map(({ text }) => text).join('')
}

export function widthOf(line: StyledLine): number {
  return line.reduce((sum, { text }) => sum + displayWidth(text), 0)
}

/** As much of a text as fits into so many cells. */
function cutText(text: string, cells: number): string {
  let cut = ''
  let room = cells
  for (const character of text) {
    room -= displayWidth(character)
    if (room < 0) break
    cut += character
  }
  return cut
}

import { displayWidth } from './display-width.ts'

/** Breaks text at spaces into lines of at most `columns` cells; a longer word stays whole. Newlines stay. */
export function wrapText(text: string, columns: number): string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, Math.max(columns, 1)))
}

function wrapLine(line: string, columns: number): string[] {
  if (displayWidth(line) <= columns) return [line]
  const lines: string[] = []
  let current = ''
  for (const word of line.split(' ')) {
    const longer = current === '' ? word : `${current} ${word}`
    if (current !== '' && displayWidth(longer) > columns) {
      lines.push(current)
      current = word
    } else {
      current = longer
    }
  }
  lines.push(current)
  return lines
}

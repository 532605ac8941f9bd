import { displayWidth } from './display-width.ts'
import { wrapText } from './wrap-text.ts'

export interface TableLayout {
  /** How each column is aligned; left where nothing is said. */
  align?: readonly ('left' | 'right')[]
  /** Width of the stream: the last column is wrapped to it when at least 20 cells are left for it. */
  columns: number
}

const gap = 2

/** Aligns rows of cells by display width; a cell may carry colour. Lines have no trailing spaces. */
export function tableText(rows: readonly (readonly string[])[], layout: TableLayout): string {
  const count = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(0, ...rows.map((row) => displayWidth(row[column] ?? ''))),
  )
  const indent = widths.slice(0, -1).reduce((sum, width) => sum + width + gap, 0)
  const room = layout.columns - indent
  return rows
    .flatMap((row) => {
      const last = row[count - 1]
      const wrapped = last === undefined || room < 20 ? [last ?? ''] : wrapText(last, room)
      return wrapped.map((line, index) =>
        widths
          .map((width, column) => {
            const cell = column === count - 1 ? line : index === 0 ? (row[column] ?? '') : ''
            return pad(cell, width, layout.align?.[column] ?? 'left')
          })
          .join(' '.repeat(gap))
          .trimEnd(),
      )
    })
    .join('\n')
}

function pad(cell: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - displayWidth(cell)))
  return align === 'right' ? space + cell : cell + space
}

import type { SeriesCell } from '@radtune/core/metrics'

/** What graphs are drawn with: two samples to a cell, blocks of eighths, or what every terminal has. */
export const GRAPH_STYLES = ['braille', 'block', 'plain'] as const
export type GraphStyle = (typeof GRAPH_STYLES)[number]

const LEVELS = {
  block: [...'▁▂▃▄▅▆▇█'],
  plain: [...'._-=+*%#'],
}
/** Dots of a column from its foot, left and right half of a cell. */
const BRAILLE_LEFT = [0, 0x40, 0x44, 0x46, 0x47]
const BRAILLE_RIGHT = [0, 0x80, 0xa0, 0xb0, 0xb8]

/** Cells that a series is to be resampled to for a sparkline of so many columns. */
export function sparkCells(columns: number, style: GraphStyle): number {
  return style === 'braille' ? columns * 2 : columns
}

/** The largest value of each cell, from 0 to the largest of all; a space where nothing is known. */
export function sparkline(cells: readonly SeriesCell[], style: GraphStyle): string {
  const most = Math.max(...cells.map((cell) => cell?.max ?? 0), Number.EPSILON)
  const level = (cell: SeriesCell | undefined, steps: number) =>
    cell ? Math.max(1, Math.min(steps, Math.ceil((cell.max / most) * steps))) : 0
  if (style !== 'braille')
    return cells.map((cell) => (cell ? LEVELS[style][level(cell, 8) - 1] : ' ')).join('')
  return Array.from({ length: Math.ceil(cells.length / 2) }, (_, index) => {
    const left = BRAILLE_LEFT[level(cells[2 * index], 4)] ?? 0
    const right = BRAILLE_RIGHT[level(cells[2 * index + 1], 4)] ?? 0
    return left + right === 0 ? ' ' : String.fromCharCode(0x2800 + left + right)
  }).join('')
}

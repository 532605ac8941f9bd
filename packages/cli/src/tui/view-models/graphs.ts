import type { SeriesCell } from '@radtune/core/metrics'
import { type PlotConfig, plot } from 'asciichart'

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
/** In asciichart's order: start, axis, ends, across, and the corners. */
const PLAIN_SYMBOLS: NonNullable<PlotConfig['symbols']> = ['+', '|', '-', '-', '-', '\\', '/', '\\', '/', '|']

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

interface ChartOptions {
  /** Of the whole, labels included. */
  columns: number
  rows: number
  style: GraphStyle
  /** A value as its label. */
  label(value: number): string
  /** The axis reaches at least up to this. */
  atLeast?: number | null
}

/** Widest label that is drawn whole. */
const LABEL_COLUMNS = 9

/** A series as a line over time with labelled heights, drawn by asciichart; undefined where nothing is known or there is no room. */
export function lineChart(
  series: (width: number) => readonly SeriesCell[],
  { columns, rows, style, label, atLeast }: ChartOptions,
): string[] | undefined {
  const width = columns - LABEL_COLUMNS - 2
  if (width < 4 || rows < 2) return undefined
  const values = carried(series(width))
  if (values.length === 0) return undefined
  const known = values.filter((value) => value !== undefined)
  const low = Math.min(0, ...known)
  const top = Math.max(atLeast ?? 0, ...known)
  const span = top > low ? top - low : 1
  // asciichart takes neither gaps nor a height for a range of its own: it gets rows, and labels say what they stand for.
  const heights = values.map((value) => (((value ?? low) - low) / span) * (rows - 1))
  const lines = plot(heights, {
    min: 0,
    max: rows - 1,
    height: rows - 1,
    offset: 2,
    format: (height: number) => label(low + (height / (rows - 1)) * span).padStart(LABEL_COLUMNS),
    ...(style === 'plain' ? { symbols: PLAIN_SYMBOLS } : {}),
  })
  const first = values.findIndex((value) => value !== undefined)
  return lines
    .split('\n')
    .map((line) => blankBefore(line, first))
    .slice(0, rows)
}

/** The mean of each cell's bounds; a gap goes on with what was known before it. Empty when nothing is known. */
function carried(cells: readonly SeriesCell[]): (number | undefined)[] {
  let last: number | undefined
  const values = cells.map((cell) => {
    if (cell) last = (cell.min + cell.max) / 2
    return last
  })
  return last === undefined ? [] : values
}

/** Takes away what was drawn for the time before anything was known. */
function blankBefore(line: string, cells: number): string {
  if (cells <= 0) return line
  const axis = LABEL_COLUMNS + 1
  return line.slice(0, axis) + ' '.repeat(cells) + line.slice(axis + cells)
}

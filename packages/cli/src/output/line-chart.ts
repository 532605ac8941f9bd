import type { SeriesCell } from '@radtune/core/metrics'
import { type PlotConfig, plot } from 'asciichart'

/** In asciichart's order: start, axis, ends, across, and the corners. */
const PLAIN_SYMBOLS: NonNullable<PlotConfig['symbols']> = ['+', '|', '-', '-', '-', '\\', '/', '\\', '/', '|']

interface ChartOptions {
  /** Of the whole, labels included. */
  columns: number
  rows: number
  /** With ASCII only. */
  plain?: boolean
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
  { columns, rows, plain = false, label, atLeast }: ChartOptions,
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
    ...(plain ? { symbols: PLAIN_SYMBOLS } : {}),
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

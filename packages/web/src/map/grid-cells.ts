import type { LiveCell, LivePoint } from '@radtune/core/contract'
import { cellKey } from '../live-update.ts'
import { mercatorX, mercatorY } from './mercator.ts'

/** What a square of the zoomed-out map knows of the sensors in it; doses in µSv/h. */
export interface GridCell {
  /** Squares of this kind along the world's side. */
  size: number
  column: number
  row: number
  count: number
  meanUsvh: number
  maxUsvh: number
  critical: boolean
}

/** Below this zoom the map draws a grid, from it on every sensor. */
export const POINTS_FROM_ZOOM = 9

/** Squares along the world's side, so that one is 45 to 90 CSS pixels wide at a zoom. */
export function gridSize(zoom: number): number {
  return 2 ** (Math.max(0, Math.floor(zoom + 0.5)) + 3)
}

/** The squares of a grid of `size` × `size` over the world that hold sensors, in no order. */
export function gridCells(points: Iterable<LivePoint>, size: number): GridCell[] {
  const cells = new Map<number, GridCell & { sum: number }>()
  for (const point of points) {
    const { column, row } = squareOf(point, size)
    const { usvh, critical } = point
    add(cells, { size, column, row, count: 1, meanUsvh: usvh, maxUsvh: usvh, critical })
  }
  return meansOf(cells)
}

/** Along the world's side, the squares that the backend tells of: tiles at zoom 8 (LIVE_CELL_ZOOM of the contract). */
export const TOLD_SIZE = 2 ** 8
/** Squares up to this much finer are drawn as the backend's coarser ones, where only the backend knows all sensors. */
const FINEST_TOLD = 2 * TOLD_SIZE

/**
 * The squares of a grid of `size` × `size`, in no order. Where the backend told of more sensors in a square than the page holds
 * readings of, its word counts: merged, mean weighted by number, when the grid is coarser than what it tells; whole when it is a
 * little finer. In a grid much finer than that there are only the readings.
 */
export function worldSquares({
  points,
  told,
  size,
}: {
  points: Iterable<LivePoint>
  told: ReadonlyMap<number, LiveCell>
  size: number
}): GridCell[] {
  if (told.size === 0 || size > FINEST_TOLD) return gridCells(points, size)
  const held = new Map(gridCells(points, TOLD_SIZE).map((cell) => [keyOf(cell), cell]))
  const better = new Map<number, GridCell>()
  for (const [key, cell] of told) {
    const known = held.get(key)
    if (cell[2] > (known?.count ?? 0)) better.set(key, toldSquare(cell, known))
  }
  if (size > TOLD_SIZE) {
    const rest = [...points].filter((point) => !better.has(keyOf(squareOf(point, TOLD_SIZE))))
    return [...better.values(), ...gridCells(rest, size)]
  }
  return mergeSquares(new Map([...held, ...better]).values(), size)
}

/** A reading that came since is in the highest at once; number and mean wait until the backend tells them anew. */
function toldSquare([column, row, count, meanUsvh, maxUsvh]: LiveCell, held: GridCell | undefined): GridCell {
  const highest = Math.max(maxUsvh, held?.maxUsvh ?? 0)
  return {
    size: TOLD_SIZE,
    column,
    row,
    count,
    meanUsvh,
    maxUsvh: highest,
    critical: held?.critical ?? false,
  }
}

function mergeSquares(squares: Iterable<GridCell>, size: number): GridCell[] {
  const merged = new Map<number, GridCell & { sum: number }>()
  for (const square of squares) {
    const parts = square.size / size
    const column = Math.floor(square.column / parts)
    const row = Math.floor(square.row / parts)
    add(merged, { ...square, size, column, row })
  }
  return meansOf(merged)
}

function squareOf({ latitude, longitude }: LivePoint, size: number): { column: number; row: number } {
  return {
    column: Math.min(size - 1, Math.floor(mercatorX(longitude) * size)),
    row: Math.min(size - 1, Math.floor(mercatorY(latitude) * size)),
  }
}

function keyOf({ column, row }: { column: number; row: number }): number {
  return cellKey([column, row, 0, 0, 0])
}

function add(cells: Map<number, GridCell & { sum: number }>, part: GridCell): void {
  const key = keyOf(part)
  const sum = part.meanUsvh * part.count
  const cell = cells.get(key)
  if (!cell) {
    cells.set(key, { ...part, sum })
    return
  }
  cell.count += part.count
  cell.sum += sum
  cell.maxUsvh = Math.max(cell.maxUsvh, part.maxUsvh)
  cell.critical ||= part.critical
}

function meansOf(cells: ReadonlyMap<number, GridCell & { sum: number }>): GridCell[] {
  return [...cells.values()].map(({ sum, ...cell }) => ({ ...cell, meanUsvh: sum / cell.count }))
}

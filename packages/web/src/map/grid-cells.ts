import type { LivePoint } from '@radtune/core/contract'
import { mercatorX, mercatorY } from './mercator.ts'

/** What a square of the zoomed-out map knows of the sensors in it; doses in µSv/h. */
export interface GridCell {
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
  for (const { latitude, longitude, usvh, critical } of points) {
    const column = Math.min(size - 1, Math.floor(mercatorX(longitude) * size))
    const row = Math.min(size - 1, Math.floor(mercatorY(latitude) * size))
    const key = row * size + column
    let cell = cells.get(key)
    if (!cell) {
      cell = { column, row, count: 0, meanUsvh: 0, maxUsvh: 0, critical: false, sum: 0 }
      cells.set(key, cell)
    }
    cell.count += 1
    cell.sum += usvh
    cell.maxUsvh = Math.max(cell.maxUsvh, usvh)
    cell.critical ||= critical
  }
  return [...cells.values()].map(({ sum, ...cell }) => ({ ...cell, meanUsvh: sum / cell.count }))
}

import { type DoseClass, doseClassOf } from '../dose-class.ts'
import { formatCount } from '../format.ts'
import type { GridCell } from './grid-cells.ts'
import { type Camera, toScreen, worldPixels } from './mercator.ts'
import type { MapTheme } from './theme.ts'

export interface CellDrawing {
  cells: readonly GridCell[]
  camera: Camera
  pixelRatio: number
  theme: MapTheme
  shows: 'mean' | 'max'
}

const GAP = 2
const FONT = '600 12px system-ui, "Noto Sans", sans-serif'
/** Classes that are light enough to be written on in black. */
const LIGHT_FROM = 2

/** Draws the squares with the number of their sensors, and a triangle in those with a critical reading. */
export function drawCells(canvas: HTMLCanvasElement, drawing: CellDrawing): void {
  const { cells, camera, pixelRatio, theme, shows } = drawing
  const context = canvas.getContext('2d')
  if (!context) return
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0)
  context.clearRect(0, 0, camera.width, camera.height)
  context.font = FONT
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  context.lineWidth = 1
  for (const cell of cells) {
    const side = worldPixels(camera.zoom) / cell.size
    const { x, y } = toScreen(camera, { x: cell.column / cell.size, y: cell.row / cell.size })
    if (x + side < 0 || y + side < 0 || x > camera.width || y > camera.height) continue
    const dose = doseClassOf(shows === 'mean' ? cell.meanUsvh : cell.maxUsvh)
    context.globalAlpha = 0.9
    context.fillStyle = dose.colour
    context.strokeStyle = theme.cellBorder
    context.beginPath()
    context.roundRect(x + GAP, y + GAP, side - 2 * GAP, side - 2 * GAP, 6)
    context.fill()
    context.stroke()
    context.globalAlpha = 1
    context.fillStyle = textColour(dose)
    context.fillText(formatCount(cell.count), x + side / 2, y + side / 2 + 1)
    if (cell.critical) context.fillText('▲', x + side - 12, y + side - 11)
  }
}

function textColour({ name }: DoseClass): string {
  return Number(name.slice(-1)) >= LIGHT_FROM ? '#0d1117' : '#ffffff'
}

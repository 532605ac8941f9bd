import type { LivePoint } from '@radtune/core/contract'
import { type Camera, mercatorX, mercatorY, toScreen } from './mercator.ts'

/** A critical reading as the map names it. */
export interface AlertLabel {
  sensor: string
  text: string
  point: LivePoint
}

export interface LabelPlacing {
  camera: Camera
  /** Squares along the world's side while the map shows a grid; null while it shows every sensor. */
  grid: number | null
}

interface Box {
  left: number
  top: number
  right: number
  bottom: number
}

const LABEL = { characterPx: 7.5, paddingPx: 34, heightPx: 24 }
/** More would hide what they are about. */
const MOST = 12

/** Above a sensor's triangle, CSS pixels. */
const ABOVE_PX = 16

/** The middle of a label's lower edge, CSS pixels of the window; above the sensor, or on the upper edge of its square. */
function anchorOf(
  { latitude, longitude }: LivePoint,
  { camera, grid }: LabelPlacing,
): { x: number; y: number } {
  const place = { x: mercatorX(longitude), y: mercatorY(latitude) }
  if (grid === null) {
    const { x, y } = toScreen(camera, place)
    return { x, y: y - ABOVE_PX }
  }
  const { x, y } = toScreen(camera, {
    x: (Math.floor(place.x * grid) + 0.5) / grid,
    y: Math.floor(place.y * grid) / grid,
  })
  return { x, y: y + LABEL.heightPx / 2 }
}

/** Which labels have room, in the order given, and where: the middle of the lower edge. */
export function placeLabels(
  labels: readonly AlertLabel[],
  placing: LabelPlacing,
): { label: AlertLabel; x: number; y: number }[] {
  const taken: Box[] = []
  const placed: { label: AlertLabel; x: number; y: number }[] = []
  for (const label of labels) {
    if (placed.length === MOST) break
    const anchor = anchorOf(label.point, placing)
    const { width, height } = placing.camera
    const outside = anchor.x < 0 || anchor.y < 0 || anchor.x > width || anchor.y > height
    const halfWidth = (label.text.length * LABEL.characterPx + LABEL.paddingPx) / 2
    const x = Math.max(halfWidth, Math.min(width - halfWidth, anchor.x))
    const y = Math.max(LABEL.heightPx, anchor.y)
    const box = { left: x - halfWidth, top: y - LABEL.heightPx, right: x + halfWidth, bottom: y }
    if (outside || taken.some((other) => overlap(other, box))) continue
    taken.push(box)
    placed.push({ label, x, y })
  }
  return placed
}

/** Buttons over the map, one for each critical reading that has room. A button stays the same while its sensor is shown. */
export function createLabelLayer(parent: HTMLElement, onSelect: (point: LivePoint) => void) {
  const buttons = new Map<string, HTMLButtonElement>()
  return {
    draw(labels: readonly AlertLabel[], placing: LabelPlacing): void {
      const placed = placeLabels(labels, placing)
      const shown = new Set(placed.map(({ label }) => label.sensor))
      for (const [sensor, button] of buttons) {
        if (shown.has(sensor)) continue
        button.remove()
        buttons.delete(sensor)
      }
      for (const { label, x, y } of placed) {
        const button = buttons.get(label.sensor) ?? addButton(label.sensor)
        if (button.textContent !== `▲ ${label.text}`) {
          button.textContent = `▲ ${label.text}`
          button.setAttribute('aria-label', `Critical: ${label.text}. Show`)
        }
        button.onclick = () => onSelect(label.point)
        button.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px) translate(-50%, -100%)`
      }
    },
    remove(): void {
      for (const button of buttons.values()) button.remove()
      buttons.clear()
    },
  }

  function addButton(sensor: string): HTMLButtonElement {
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'alert-label'
    parent.append(button)
    buttons.set(sensor, button)
    return button
  }
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}

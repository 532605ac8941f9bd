import type { LivePoint } from '@radtune/core/contract'
import type { Map as MapLibreMap } from 'maplibre-gl'
import { type Camera, mercatorX, mercatorY, toScreen } from './mercator.ts'

/** What lies over the map and moves with it: the squares, the labels, and the mark of the chosen sensor. */
export function addOverlay(map: MapLibreMap) {
  const canvas = document.createElement('canvas')
  canvas.className = 'map-cells'
  canvas.setAttribute('aria-hidden', 'true')
  const mark = document.createElement('div')
  mark.className = 'map-mark'
  mark.hidden = true
  const labels = document.createElement('div')
  labels.className = 'map-labels'
  map.getCanvasContainer().append(canvas)
  map.getContainer().append(mark, labels)
  return {
    canvas,
    labels,
    resize({ width, height }: Camera, pixelRatio: number): void {
      const [across, down] = [Math.round(width * pixelRatio), Math.round(height * pixelRatio)]
      if (canvas.width === across && canvas.height === down) return
      canvas.width = across
      canvas.height = down
      canvas.style.width = `${width}px`
      canvas.style.height = `${height}px`
    },
    mark(point: LivePoint | null, camera: Camera): void {
      mark.hidden = point === null
      if (!point) return
      const { x, y } = toScreen(camera, { x: mercatorX(point.longitude), y: mercatorY(point.latitude) })
      mark.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px) translate(-50%, -50%)`
    },
  }
}

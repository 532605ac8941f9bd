import type { LiveCell, LivePoint } from '@radtune/core/contract'
import {
  AttributionControl,
  Map as MapLibreMap,
  ScaleControl,
  type StyleSpecification,
  setWorkerUrl,
} from 'maplibre-gl'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url'
import type { HeardPoint } from '../live-update.ts'
import { MAX_ZOOM, type MapPlace } from '../view-state.ts'
import { type AlertLabel, createLabelLayer } from './alert-labels.ts'
import { baseStyle, loadWorld, paintOf } from './base-style.ts'
import { drawCells } from './draw-cells.ts'
import { type GridCell, gridSize, POINTS_FROM_ZOOM, TOLD_SIZE, worldSquares } from './grid-cells.ts'
import { addOverlay } from './map-overlay.ts'
import { changeMapbox, withMapbox } from './mapbox-tiles.ts'
import { type Camera, latitudeOf, longitudeOf, mercatorX, mercatorY, worldPixels } from './mercator.ts'
import { fillPointBuffer, type PointBuffer, pointNear } from './point-buffer.ts'
import { createPointLayer } from './point-layer.ts'
import { MAP_THEMES } from './theme.ts'
import 'maplibre-gl/dist/maplibre-gl.css'
import './map.css'

/** Everything that the map draws. */
export interface MapScene {
  points: ReadonlyMap<string, HeardPoint>
  /** Squares that the backend told of, which may know more sensors than `points` holds. */
  cells: ReadonlyMap<number, LiveCell>
  labels: readonly AlertLabel[]
  /** Backend's clock, milliseconds: ages are counted from it. */
  nowMs: number
  cell: 'mean' | 'max'
  /** The sensor whose details are open. */
  selected: LivePoint | null
}

export interface LiveMap {
  /** Drawn with the next frame that the browser wants; a hidden page wants none. */
  draw(scene: MapScene): void
  zoomBy(steps: number): void
  /** Shows all sensors. */
  fit(): void
  show(place: MapPlace): void
  setColours(scheme: ColourScheme): void
  close(): void
}

export type ColourScheme = 'light' | 'dark'

export interface LiveMapOptions {
  container: HTMLElement
  /** Null to show all sensors as soon as there are some. */
  place: MapPlace | null
  scheme: ColourScheme
  /** Lays the tiles of Mapbox over the map's own land. */
  mapboxToken: string | null
  onSelect(point: LivePoint | null): void
  /** The map has come to rest somewhere else because somebody moved it. */
  onMove(place: MapPlace): void
  /** It cannot draw any more, e.g. the graphics card is gone. */
  onLost(): void
}

const EMPTY_SCENE: MapScene = {
  points: new Map(),
  cells: new Map(),
  labels: [],
  nowMs: 0,
  cell: 'max',
  selected: null,
}
const CLICK_REACH_PX = 14
/** A graphics context that was lost and not given back by then does not come back. */
const LOST_AFTER_MS = 3000
const FIT = { paddingPx: 60, paddingShare: 0.15, maxZoom: 11 }

/** Makes a map in a container. Rejects when the browser has no WebGL. */
export async function createLiveMap(options: LiveMapOptions): Promise<LiveMap> {
  setWorkerUrl(workerUrl)
  const world = await loadWorld()
  let theme = MAP_THEMES[options.scheme]
  const map = openMap(options, withMapbox(baseStyle(world, theme), options))
  let scene = EMPTY_SCENE
  let buffer: PointBuffer = fillPointBuffer([], 0)
  let gridNow:
    | { of: MapScene['points']; told: MapScene['cells']; size: number; cells: GridCell[] }
    | undefined
  let placed = options.place !== null
  const overlay = addOverlay(map)
  const labels = createLabelLayer(overlay.labels, options.onSelect)
  const camera = () => cameraOf(map)
  const showsPoints = () => map.getZoom() >= POINTS_FROM_ZOOM
  const layer = createPointLayer(() => ({
    camera: camera(),
    pixelRatio: map.getPixelRatio(),
    nowMs: scene.nowMs,
    outline: theme.outline,
    visible: showsPoints(),
  }))

  const currentGrid = () => {
    const size = gridSize(map.getZoom())
    const { points, cells: told } = scene
    if (gridNow?.of !== points || gridNow.told !== told || gridNow.size !== size)
      gridNow = { of: points, told, size, cells: worldSquares({ points: points.values(), told, size }) }
    return gridNow
  }

  const drawOverlay = () => {
    const now = camera()
    const grid = showsPoints() ? null : currentGrid()
    // A canvas that is there costs a copy with every frame, also when it is empty.
    overlay.canvas.hidden = grid === null
    if (grid) {
      overlay.resize(now, map.getPixelRatio())
      const pixelRatio = map.getPixelRatio()
      drawCells(overlay.canvas, { cells: grid.cells, camera: now, pixelRatio, theme, shows: scene.cell })
    }
    labels.draw(scene.labels, { camera: now, grid: grid?.size ?? null })
    overlay.mark(scene.selected, now)
    if (map.getLayer(layer.id) && map.areTilesLoaded()) options.container.dataset.drawn = 'true'
  }

  const fit = ({ animate }: { animate: boolean }) => {
    const bounds = boundsOf(placesOf(scene))
    if (!bounds) return
    placed = true
    const { width, height } = camera()
    const padding = Math.min(FIT.paddingPx, Math.floor(Math.min(width, height) * FIT.paddingShare))
    map.fitBounds(bounds, { padding, maxZoom: FIT.maxZoom, animate })
  }

  // Again after a loss of the graphics context, of which the rest of the style comes back by itself.
  map.on('style.load', () => {
    if (!map.getLayer(layer.id)) map.addLayer(layer)
  })
  map.on('render', drawOverlay)
  map.on('moveend', ({ originalEvent }) => {
    if (placed || originalEvent) options.onMove(placeOf(map))
  })
  map.on('click', ({ lngLat }) => {
    const at = { x: mercatorX(lngLat.lng), y: mercatorY(lngLat.lat) }
    if (showsPoints()) {
      const reach = CLICK_REACH_PX / worldPixels(map.getZoom())
      return options.onSelect(pointNear(buffer, { ...at, reach }) ?? null)
    }
    const cell = currentGrid().cells.find(
      ({ size, column, row }) => column === Math.floor(at.x * size) && row === Math.floor(at.y * size),
    )
    if (cell) map.easeTo({ center: centreOf(cell), zoom: Math.min(MAX_ZOOM, map.getZoom() + 2) })
    else options.onSelect(null)
  })
  let waiting: ReturnType<typeof setTimeout> | undefined
  map.on('webglcontextlost', () => {
    delete options.container.dataset.drawn
    clearTimeout(waiting)
    waiting = setTimeout(options.onLost, LOST_AFTER_MS)
  })
  map.on('webglcontextrestored', () => clearTimeout(waiting))
  map.on('error', ({ error }) => console.warn(`map: ${error.message}`))

  return {
    draw(next) {
      if (next.points !== scene.points) {
        buffer = fillPointBuffer(next.points.values(), next.nowMs)
        layer.setPoints(buffer)
      }
      scene = next
      if (!placed && scene.points.size + scene.cells.size > 0) fit({ animate: false })
      map.triggerRepaint()
    },
    zoomBy: (steps) => void map.easeTo({ zoom: map.getZoom() + steps }),
    fit: () => fit({ animate: true }),
    show({ latitude, longitude, zoom }) {
      placed = true
      map.easeTo({ center: [longitude, latitude], zoom })
    },
    setColours(scheme) {
      theme = MAP_THEMES[scheme]
      if (!map.style) return
      changeMapbox(map, { ...options, scheme })
      for (const [id, property, colour] of paintOf(theme))
        if (map.getLayer(id)) map.setPaintProperty(id, property, colour)
    },
    close() {
      clearTimeout(waiting)
      map.remove()
    },
  }
}

function openMap({ container, place, mapboxToken }: LiveMapOptions, style: StyleSpecification): MapLibreMap {
  const map = new MapLibreMap({
    container,
    style,
    center: [place?.longitude ?? 15, place?.latitude ?? 25],
    zoom: place?.zoom ?? 1,
    maxZoom: MAX_ZOOM,
    renderWorldCopies: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    fadeDuration: 0,
    attributionControl: false,
  })
  map.touchZoomRotate.disableRotation()
  map.keyboard.disableRotation()
  map.getCanvas().setAttribute('aria-label', 'Map. Arrow keys move it, plus and minus zoom.')
  map.addControl(new ScaleControl({ maxWidth: 110 }), 'bottom-left')
  if (mapboxToken !== null) map.addControl(new AttributionControl({ compact: true }), 'bottom-left')
  return map
}

function placeOf(map: MapLibreMap): MapPlace {
  const { lat, lng } = map.getCenter()
  return { latitude: lat, longitude: lng, zoom: map.getZoom() }
}

function cameraOf(map: MapLibreMap): Camera {
  const { lng, lat } = map.getCenter()
  const { clientWidth, clientHeight } = map.getCanvas()
  return {
    centreX: mercatorX(lng),
    centreY: mercatorY(lat),
    zoom: map.getZoom(),
    width: clientWidth,
    height: clientHeight,
  }
}

function centreOf({ size, column, row }: Pick<GridCell, 'size' | 'column' | 'row'>): [number, number] {
  return [longitudeOf((column + 0.5) / size), latitudeOf((row + 0.5) / size)]
}

type Place = Pick<LivePoint, 'latitude' | 'longitude'>

/** Where there are sensors, as far as it is known. */
function* placesOf({ points, cells }: MapScene): Generator<Place> {
  yield* points.values()
  for (const [column, row] of cells.values()) {
    const [longitude, latitude] = centreOf({ size: TOLD_SIZE, column, row })
    yield { latitude, longitude }
  }
}

function boundsOf(points: Iterable<Place>): [number, number, number, number] | undefined {
  let [west, south, east, north] = [180, 90, -180, -90]
  for (const { latitude, longitude } of points) {
    west = Math.min(west, longitude)
    east = Math.max(east, longitude)
    south = Math.min(south, latitude)
    north = Math.max(north, latitude)
  }
  return west > east ? undefined : [west, south, east, north]
}

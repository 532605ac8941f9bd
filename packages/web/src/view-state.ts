import type { Unit } from './format.ts'
import { EVERY_LEVEL, type LevelFilter, SHOWN_LEVELS } from './level-filter.ts'

/** Centre in degrees and zoom from 0 to 14. */
export interface MapPlace {
  latitude: number
  longitude: number
  zoom: number
}

/** What of the page can be shared as an address. */
export interface ViewState {
  /** Null until somebody or something has moved the map: then it shows all sensors. */
  place: MapPlace | null
  levels: LevelFilter
  unit: Unit
  view: 'map' | 'table'
  /** What a square of the zoomed-out map shows. */
  cell: 'mean' | 'max'
}

export const MAX_ZOOM = 14
const DEFAULT_VIEW: ViewState = {
  place: null,
  levels: EVERY_LEVEL,
  unit: 'usvh',
  view: 'map',
  cell: 'max',
}

/** Reads the query of an address. Whatever is not understood is as if it were not there. */
export function parseViewState(query: string): ViewState {
  const asked = new URLSearchParams(query)
  const levels = asked.get('levels')?.split(',')
  return {
    place: parsePlace(asked.get('at')),
    levels: levels ? new Set(SHOWN_LEVELS.filter((level) => levels.includes(level))) : DEFAULT_VIEW.levels,
    unit: asked.get('unit') === 'cpm' ? 'cpm' : DEFAULT_VIEW.unit,
    view: asked.get('view') === 'table' ? 'table' : DEFAULT_VIEW.view,
    cell: asked.get('cell') === 'mean' ? 'mean' : DEFAULT_VIEW.cell,
  }
}

/** The query that `parseViewState` reads back, with its `?`; empty when everything is as it is by default. */
export function formatViewState({ place, levels, unit, view, cell }: ViewState): string {
  const parts: string[] = []
  if (place)
    parts.push(`at=${place.latitude.toFixed(4)},${place.longitude.toFixed(4)},${place.zoom.toFixed(2)}`)
  if (levels.size < SHOWN_LEVELS.length)
    parts.push(`levels=${SHOWN_LEVELS.filter((level) => levels.has(level)).join(',')}`)
  if (unit !== DEFAULT_VIEW.unit) parts.push(`unit=${unit}`)
  if (view !== DEFAULT_VIEW.view) parts.push(`view=${view}`)
  if (cell !== DEFAULT_VIEW.cell) parts.push(`cell=${cell}`)
  return parts.length === 0 ? '' : `?${parts.join('&')}`
}

function parsePlace(text: string | null): MapPlace | null {
  const match = /^(-?[\d.]+),(-?[\d.]+),([\d.]+)$/.exec(text ?? '')
  if (!match) return null
  const [latitude, longitude, zoom] = match.slice(1).map(Number) as [number, number, number]
  const possible = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 && zoom >= 0 && zoom <= MAX_ZOOM
  return possible ? { latitude, longitude, zoom } : null
}

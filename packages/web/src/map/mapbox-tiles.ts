import type { Map as MapLibreMap, RasterTileSource, StyleSpecification } from 'maplibre-gl'

/** Whose token it is, and which of the two map styles goes with the page. */
export interface MapboxChoice {
  mapboxToken: string | null
  scheme: 'light' | 'dark'
}

const ID = 'mapbox'
const ATTRIBUTION = '© Mapbox © OpenStreetMap'

/** The style with Mapbox's tiles over its land; without a token, the very same style. */
export function withMapbox(style: StyleSpecification, choice: MapboxChoice): StyleSpecification {
  if (choice.mapboxToken === null) return style
  const source = { type: 'raster', tiles: tilesOf(choice), tileSize: 512, attribution: ATTRIBUTION } as const
  return {
    ...style,
    sources: { ...style.sources, [ID]: source },
    layers: [...style.layers, { id: ID, type: 'raster', source: ID }],
  }
}

/** Changes the tiles of a map that has them to those of the other colours. */
export function changeMapbox(map: MapLibreMap, choice: MapboxChoice): void {
  if (choice.mapboxToken !== null) map.getSource<RasterTileSource>(ID)?.setTiles(tilesOf(choice))
}

function tilesOf({ mapboxToken, scheme }: MapboxChoice): string[] {
  const token = encodeURIComponent(mapboxToken ?? '')
  return [`https://api.mapbox.com/styles/v1/mapbox/${scheme}-v11/tiles/512/{z}/{x}/{y}?access_token=${token}`]
}

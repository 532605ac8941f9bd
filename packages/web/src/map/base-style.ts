import type { GeoJSONSourceSpecification, StyleSpecification } from 'maplibre-gl'
import { feature, mesh } from 'topojson-client'
import worldUrl from 'world-atlas/countries-50m.json?url'
import type { MapTheme } from './theme.ts'
import { unwrapGeometry } from './unwrap-lines.ts'

type Topology = Parameters<typeof mesh>[0]
type World = Topology & { objects: { countries: NonNullable<Parameters<typeof mesh>[1]> } }

/** Land and borders of the world (Natural Earth, 1 : 50 million), from the page's own origin; null when they cannot be had. */
export async function loadWorld(): Promise<World | null> {
  try {
    const response = await fetch(worldUrl)
    return response.ok ? ((await response.json()) as World) : null
  } catch {
    return null
  }
}

/** The map under the sensors: water, land, coasts and borders, without a name or a tile from elsewhere. */
export function baseStyle(world: World | null, theme: MapTheme): StyleSpecification {
  const background = { id: 'water', type: 'background', paint: { 'background-color': theme.water } } as const
  if (!world) return { version: 8, sources: {}, layers: [background] }
  const { countries } = world.objects
  return {
    version: 8,
    sources: {
      land: geojson({
        type: 'FeatureCollection',
        features: countriesOf(world),
      }),
      coasts: geojson(asFeature(mesh(world, countries, (a, b) => a === b))),
      borders: geojson(asFeature(mesh(world, countries, (a, b) => a !== b))),
    },
    layers: [
      background,
      {
        id: 'land',
        type: 'fill',
        source: 'land',
        paint: { 'fill-color': theme.land, 'fill-antialias': false },
      },
      line('borders', { colour: theme.border, width: 0.8 }),
      line('coasts', { colour: theme.coast, width: 1 }),
    ],
  }
}

/** The colours of a theme: layer, property, colour. */
export function paintOf({ water, land, border, coast }: MapTheme) {
  return [
    ['water', 'background-color', water],
    ['land', 'fill-color', land],
    ['borders', 'line-color', border],
    ['coasts', 'line-color', coast],
  ] as const
}

function countriesOf(world: World): GeoJSON.Feature[] {
  const found = feature(world, world.objects.countries)
  const countries = found.type === 'FeatureCollection' ? found.features : [found]
  return countries.map(({ geometry }) => asFeature(geometry))
}

function line(id: string, { colour, width }: { colour: string; width: number }) {
  return {
    id,
    type: 'line',
    source: id,
    layout: { 'line-join': 'round' },
    paint: { 'line-color': colour, 'line-width': width },
  } as const
}

function geojson(data: GeoJSON.GeoJSON): GeoJSONSourceSpecification {
  return { type: 'geojson', data, maxzoom: 10, tolerance: 0.4 }
}

function asFeature(geometry: GeoJSON.Geometry): GeoJSON.Feature {
  return { type: 'Feature', properties: {}, geometry: unwrapGeometry(geometry) }
}

type Position = GeoJSON.Position

/**
 * A geometry whose lines go on past the antimeridian (longitude 181 for −179) instead of leaping round the whole world, as
 * a flat map needs it. A ring around a pole is closed over the pole.
 */
export function unwrapGeometry(geometry: GeoJSON.Geometry): GeoJSON.Geometry {
  switch (geometry.type) {
    case 'LineString':
      return { ...geometry, coordinates: unwrapLine(geometry.coordinates) }
    case 'MultiLineString':
      return { ...geometry, coordinates: geometry.coordinates.map(unwrapLine) }
    case 'Polygon':
      return { ...geometry, coordinates: unwrapPolygon(geometry.coordinates) }
    case 'MultiPolygon':
      return { ...geometry, coordinates: geometry.coordinates.map(unwrapPolygon) }
    case 'Point':
    case 'MultiPoint':
    case 'GeometryCollection':
      return geometry
  }
}

function unwrapLine(line: readonly Position[]): Position[] {
  let turns = 0
  let before = line[0]?.[0] ?? 0
  return line.map(([longitude = 0, latitude = 0]) => {
    if (longitude - before > 180) turns -= 1
    else if (before - longitude > 180) turns += 1
    before = longitude
    return [longitude + turns * 360, latitude]
  })
}

/** Holes are moved to the turn of the world that their outline is in. */
function unwrapPolygon(rings: readonly (readonly Position[])[]): Position[][] {
  const [outline, ...holes] = rings.map(unwrapRing)
  if (!outline) return []
  const [west, east] = range(outline)
  const moved = holes.map((hole) => {
    const [holeWest, holeEast] = range(hole)
    const shift = holeWest < west ? 360 : holeEast > east ? -360 : 0
    return hole.map(([longitude = 0, latitude = 0]) => [longitude + shift, latitude])
  })
  return [outline, ...moved]
}

function unwrapRing(ring: readonly Position[]): Position[] {
  const line = unwrapLine(ring)
  const [first, last] = [line[0], line.at(-1)]
  if (!first || !last || Math.abs((first[0] ?? 0) - (last[0] ?? 0)) < 180) return line
  const pole = Math.sign(first[1] ?? 0) * 90
  return [...line, [last[0] ?? 0, pole], [first[0] ?? 0, pole], first]
}

function range(ring: readonly Position[]): [west: number, east: number] {
  const longitudes = ring.map(([longitude = 0]) => longitude)
  return [Math.min(...longitudes), Math.max(...longitudes)]
}

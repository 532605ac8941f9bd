import { LIVE_CELL_ZOOM, type LiveCell } from '@radtune/core/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cellKey, type HeardPoint } from '../live-update.ts'
import { placeLabels } from './alert-labels.ts'
import { gridCells, gridSize, TOLD_SIZE, worldSquares } from './grid-cells.ts'
import {
  type Camera,
  latitudeOf,
  longitudeOf,
  mercatorX,
  mercatorY,
  toScreen,
  worldPixels,
} from './mercator.ts'
import { countWithin, FLOATS_PER_POINT, fillPointBuffer, pointNear, STYLE } from './point-buffer.ts'
import { unwrapGeometry } from './unwrap-lines.ts'

function heard(overrides: Partial<HeardPoint> = {}): HeardPoint {
  return {
    sensor: 'device:1',
    latitude: 37.5,
    longitude: 140.5,
    value: 33,
    usvh: 0.0988,
    level: 'low',
    critical: false,
    capturedTime: '2020-02-11T09:31:00.000Z',
    flags: [],
    latencyMs: 40,
    heardAt: 1_000_000,
    ...overrides,
  }
}

const camera: Camera = {
  centreX: mercatorX(140.5),
  centreY: mercatorY(37.5),
  zoom: 10,
  width: 800,
  height: 600,
}

describe('the projection', () => {
  test('has known places, and its own inverse', () => {
    expect([mercatorX(-180), mercatorX(0), mercatorX(180)]).toEqual([0, 0.5, 1])
    expect(mercatorY(0)).toBeCloseTo(0.5)
    expect(mercatorY(85.051129)).toBeCloseTo(0)
    expect(mercatorY(-90)).toBeCloseTo(1)
    fc.assert(
      fc.property(
        fc.double({ min: -85, max: 85, noNaN: true }),
        fc.double({ min: -180, max: 180, noNaN: true }),
        (latitude, longitude) => {
          expect(latitudeOf(mercatorY(latitude))).toBeCloseTo(latitude, 8)
          expect(longitudeOf(mercatorX(longitude))).toBeCloseTo(longitude, 8)
        },
      ),
    )
  })

  test('puts the centre in the middle, and a step in pixels where it belongs', () => {
    expect(toScreen(camera, { x: camera.centreX, y: camera.centreY })).toEqual({ x: 400, y: 300 })
    const step = 100 / worldPixels(10)
    const { x, y } = toScreen(camera, { x: camera.centreX + step, y: camera.centreY - step })
    expect([Math.round(x), Math.round(y)]).toEqual([500, 200])
  })
})

describe('the buffer of the sensors', () => {
  test('keeps places to a tenth of a metre, which one float does not', () => {
    const { data } = fillPointBuffer([heard({ longitude: 140.694561, latitude: 37.561234 })], 1_000_000)
    const metres = (x: number) => x * 40_075_016
    const [high = 0, , low = 0] = data
    expect(Math.abs(metres(high + low - mercatorX(140.694561)))).toBeLessThan(0.1)
    expect(Math.abs(metres(high - mercatorX(140.694561)))).toBeGreaterThan(0.1)
  })

  test('draws the strong over the weak and the critical over all', () => {
    const points = [
      heard({ sensor: 'hot', usvh: 4, critical: true, level: 'high' }),
      heard({ sensor: 'strong', usvh: 6, level: 'high' }),
      heard({ sensor: 'weak', usvh: 0.02 }),
    ]
    expect(fillPointBuffer(points, 0).points.map(({ sensor }) => sensor)).toEqual(['weak', 'strong', 'hot'])
  })

  test('tells the head of a drive from its track', () => {
    const at = (place: string, minute: number) =>
      heard({ sensor: `drive:7:${place}`, capturedTime: `2020-02-11T09:${minute}:00.000Z` })
    const { data, points } = fillPointBuffer(
      [at('37.500,140.500', 31), at('37.502,140.500', 33), at('37.501,140.500', 32), heard()],
      0,
    )
    const tracks = points
      .filter((_, index) => ((data[index * FLOATS_PER_POINT + 5] ?? 0) & STYLE.track) !== 0)
      .map(({ sensor }) => sensor)
    expect(tracks).toEqual(['drive:7:37.500,140.500', 'drive:7:37.501,140.500'])
  })

  test('finds what a click means, and nothing out of reach', () => {
    const buffer = fillPointBuffer([heard({ sensor: 'a' }), heard({ sensor: 'b', longitude: 140.51 })], 0)
    const near = (longitude: number) =>
      pointNear(buffer, { x: mercatorX(longitude), y: mercatorY(37.5), reach: 10 / worldPixels(10) })?.sensor
    expect([near(140.501), near(140.509), near(141)]).toEqual(['a', 'b', undefined])
  })
})

test('what lies in the window is counted', () => {
  const buffer = fillPointBuffer([heard(), heard({ longitude: 140.7 }), heard({ longitude: 141 })], 0)
  expect(countWithin(buffer, camera)).toBe(2)
})

describe('the grid', () => {
  test('holds every sensor once, whatever their places', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            latitude: fc.double({ min: -90, max: 90, noNaN: true }),
            longitude: fc.double({ min: -180, max: 180, noNaN: true }),
            usvh: fc.double({ min: 0, max: 100, noNaN: true }),
          }),
        ),
        fc.double({ min: 0, max: 9, noNaN: true }),
        (places, zoom) => {
          const size = gridSize(zoom)
          const cells = gridCells(places.map(heard), size)
          expect(cells.reduce((sum, { count }) => sum + count, 0)).toBe(places.length)
          for (const { column, row, meanUsvh, maxUsvh } of cells) {
            expect(Math.min(column, row)).toBeGreaterThanOrEqual(0)
            expect(Math.max(column, row)).toBeLessThan(size)
            expect(meanUsvh).toBeLessThanOrEqual(maxUsvh * (1 + 1e-9))
          }
          const cellPx = worldPixels(zoom) / size
          expect(cellPx).toBeGreaterThanOrEqual(45)
          expect(cellPx).toBeLessThan(91)
        },
      ),
    )
  })
})

describe('squares that the backend tells of', () => {
  const keyed = (cells: readonly LiveCell[]) => new Map(cells.map((cell) => [cellKey(cell), cell]))
  const here = { column: 227, row: 99 }
  /** Two sensors of the page in that square. */
  const points = [heard({ usvh: 0.1 }), heard({ sensor: 'device:2', usvh: 0.3, critical: true })]

  test('are of the zoom that the contract says', () => {
    expect(TOLD_SIZE).toBe(2 ** LIVE_CELL_ZOOM)
    expect(gridCells(points, TOLD_SIZE)).toMatchObject([here])
  })

  test('count where the backend holds more sensors, and keep what the page knows better', () => {
    const told = keyed([
      [227, 99, 5, 0.5, 2],
      [226, 99, 5, 1.5, 4],
    ])
    const [square, ...others] = worldSquares({ points, told, size: 128 })
    expect(others).toEqual([])
    expect(square).toMatchObject({ size: 128, column: 113, row: 49, count: 10, maxUsvh: 4, critical: true })
    expect(square?.meanUsvh).toBeCloseTo(1)
    const [higher] = worldSquares({ points, told: keyed([[227, 99, 3, 0.1, 0.2]]), size: 256 })
    expect(higher).toMatchObject({ count: 3, meanUsvh: expect.closeTo(0.1), maxUsvh: 0.3 })
  })

  test('are not asked where the page holds all sensors', () => {
    const told = keyed([[227, 99, 2, 9, 9]])
    expect(worldSquares({ points, told, size: 256 })).toEqual(gridCells(points, 256))
    expect(worldSquares({ points, told, size: 512 })).toEqual(gridCells(points, 512))
  })

  test('stay whole in a grid a little finer, and are left out of a much finer one', () => {
    const told = keyed([[227, 99, 5, 0.5, 2]])
    expect(worldSquares({ points, told, size: 512 })).toMatchObject([{ ...here, size: 256, count: 5 }])
    expect(worldSquares({ points, told, size: 1024 })).toEqual(gridCells(points, 1024))
  })

  test('lose nobody: the sum of the squares is that of the sensors that somebody knows', () => {
    const cell = fc.record({
      column: fc.integer({ min: 0, max: 255 }),
      row: fc.integer({ min: 0, max: 255 }),
    })
    fc.assert(
      fc.property(
        fc.uniqueArray(cell, { selector: ({ column, row }) => `${column} ${row}` }),
        fc.integer({ min: 0, max: 9 }),
        (cells, power) => {
          const told = keyed(cells.map(({ column, row }) => [column, row, 7, 0.2, 0.4]))
          const squares = worldSquares({ points: [], told, size: 2 ** power })
          expect(squares.reduce((sum, { count }) => sum + count, 0)).toBe(7 * cells.length)
          for (const { meanUsvh, maxUsvh } of squares)
            expect([meanUsvh, maxUsvh]).toEqual([expect.closeTo(0.2), 0.4])
        },
      ),
    )
  })
})

describe('labels of critical readings', () => {
  const label = (sensor: string, longitude: number) => ({
    sensor,
    text: '≈ 4.28 µSv/h',
    point: heard({ sensor, longitude, critical: true }),
  })

  test('never cover one another: the first has the right of way', () => {
    const placed = placeLabels([label('new', 140.5), label('old', 140.51), label('far', 140.7)], {
      camera,
      grid: null,
    })
    expect(placed.map(({ label: { sensor } }) => sensor)).toEqual(['new', 'far'])
  })

  test('are only for what is in the window, and sit on the square when there is a grid', () => {
    expect(placeLabels([label('away', 10)], { camera, grid: null })).toEqual([])
    const grid = gridSize(6)
    const [placed] = placeLabels([label('new', 140.5)], { camera: { ...camera, zoom: 6 }, grid })
    const cellPx = worldPixels(6) / grid
    expect(Math.abs((placed?.x ?? 0) - 400)).toBeLessThanOrEqual(cellPx / 2)
    expect((placed?.y ?? 0) - 300).toBeLessThanOrEqual(12)
  })
})

describe('land across the antimeridian', () => {
  test('goes on past 180 degrees instead of round the world', () => {
    const line = unwrapGeometry({
      type: 'LineString',
      coordinates: [
        [178, 65],
        [-179, 66],
        [-175, 66],
        [179, 67],
      ],
    })
    expect(line).toEqual({
      type: 'LineString',
      coordinates: [
        [178, 65],
        [181, 66],
        [185, 66],
        [179, 67],
      ],
    })
  })

  test('a ring around the pole is closed over the pole', () => {
    const ring = [-180, -90, 0, 90, 179, -180].map((longitude) => [longitude, -80])
    const shape = unwrapGeometry({ type: 'Polygon', coordinates: [ring] })
    expect(shape.type === 'Polygon' && shape.coordinates[0]?.slice(-3)).toEqual([
      [180, -90],
      [-180, -90],
      [-180, -80],
    ])
  })

  test('what does not cross it stays as it is', () => {
    const ring = [
      [0, 0],
      [10, 0],
      [10, 10],
      [0, 0],
    ]
    const shape: GeoJSON.Geometry = { type: 'Polygon', coordinates: [ring] }
    expect(unwrapGeometry(shape)).toEqual(shape)
  })
})

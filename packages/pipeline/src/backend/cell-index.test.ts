import { LIVE_CELL_ZOOM, type LiveCell, liveCellSchema } from '@radtune/core/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CellIndex } from './cell-index.ts'

const SIDE = 2 ** LIVE_CELL_ZOOM

/** A few places, some of them in the same square. */
const places = [
  { latitude: 37.56, longitude: 140.69 },
  { latitude: 37.57, longitude: 140.7 },
  { latitude: 37.56, longitude: 143 },
  { latitude: -33.9, longitude: 18.4 },
  { latitude: 90, longitude: 180 },
  { latitude: -1e9, longitude: -1e9 },
] as const

type Step =
  | { kind: 'place'; entry: number; at: number; dose: number }
  | { kind: 'touch' | 'remove'; entry: number; dose: number }

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('place' as const),
      entry: fc.nat(9),
      at: fc.nat(places.length - 1),
      dose: fc.nat(1000),
    }),
    fc.record({
      kind: fc.constantFrom('touch' as const, 'remove' as const),
      entry: fc.nat(9),
      dose: fc.nat(1000),
    }),
  ),
  { maxLength: 60 },
)

function createIndex() {
  const doses = new Map<number, number>()
  const index = new CellIndex((entry) => doses.get(entry) ?? Number.NaN)
  return { doses, index }
}

const told = (texts: readonly string[]) => texts.map((text) => liveCellSchema.parse(JSON.parse(text)))
const key = ([column, row]: LiveCell) => `${column}/${row}`

describe('squares of the map', () => {
  test('are the tiles that maps have there, and never outside', () => {
    const { doses, index } = createIndex()
    for (const [entry, { latitude, longitude }] of places.entries()) {
      doses.set(entry, 0.1)
      index.place(entry, latitude, longitude)
    }
    // Row of 37.56°: asinh(tan 37.56°) = 0.708, (1 − 0.708 / π) / 2 × 256 = 99.1.
    expect(index.all().map((cell) => cell.slice(0, 3))).toEqual([
      [SIDE - 1, 0, 1],
      [228, 99, 2],
      [229, 99, 1],
      [141, 153, 1],
      [0, SIDE - 1, 1],
    ])
  })

  test('tell number, mean and maximum as a plain model does, whatever moves, and every change once', () => {
    fc.assert(
      fc.property(
        fc.array(steps, { maxLength: 5 }),
        fc.integer({ min: 40, max: 400 }),
        fc.nat(5),
        (rounds, bytes, from) => {
          const { doses, index } = createIndex()
          const at = new Map<number, number>()
          const page = new Map<string, LiveCell>()
          const squareOf = new Map<number, string>()
          for (const [number, round] of rounds.entries()) {
            if (number === from) index.tell()
            for (const step of round) {
              const { kind, entry, dose } = step
              if (kind === 'remove') {
                index.remove(entry)
                at.delete(entry)
                continue
              }
              if (kind === 'touch' && !at.has(entry)) continue
              doses.set(entry, dose)
              const place = places[kind === 'place' ? step.at : (at.get(entry) ?? 0)] ?? places[0]
              if (kind === 'touch') index.touch(entry)
              else index.place(entry, place.latitude, place.longitude)
              at.set(entry, places.indexOf(place))
            }
            const taken = index.takeChanged(bytes)
            if (number < from) expect(taken.texts).toEqual([])
            expect(taken.bytes).toBeLessThanOrEqual(bytes)
            for (const cell of told(taken.texts)) page.set(key(cell), cell)
          }
          index.tell()
          while (index.changedCount > 0)
            for (const cell of told(index.takeChanged(bytes).texts)) page.set(key(cell), cell)
          for (const [place, { latitude, longitude }] of places.entries()) {
            const alone = createIndex()
            alone.doses.set(0, 1)
            alone.index.place(0, latitude, longitude)
            squareOf.set(place, key(alone.index.all()[0] as LiveCell))
          }
          const expected = Map.groupBy(at, ([, place]) => squareOf.get(place) ?? '')
          expect(new Set(index.all().map(key))).toEqual(new Set(expected.keys()))
          for (const [square, cell] of page) {
            const own = (expected.get(square) ?? []).map(([entry]) => doses.get(entry) ?? 0)
            expect(cell[2]).toBe(own.length)
            if (own.length === 0) expect(cell.slice(3)).toEqual([0, 0])
            else {
              expect(cell[3]).toBeCloseTo(own.reduce((a, b) => a + b, 0) / own.length, 0)
              expect(cell[4]).toBe(Math.max(...own))
            }
          }
          for (const square of expected.keys()) expect(page.has(square)).toBe(true)
        },
      ),
    )
  })
})

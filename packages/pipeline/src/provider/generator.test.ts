import { describe, expect, it } from 'vitest'
import { createGenerator, createGeneratorSource } from './generator.ts'
import { unitShares } from './generator-mix.ts'
import { placeRow } from './publish-row.ts'
import type { SourceRow } from './row-source.ts'

const nowMs = Date.parse('2026-06-01T12:00:00Z')
const make = (count: number, options: { seed?: number; firstRow?: number; now?: () => number } = {}) => [
  ...createGenerator({ seed: 7, now: () => nowMs, ...options }).rows(count),
]

describe('the generator', () => {
  it('makes the same rows from the same seed, and others from another', () => {
    expect(make(500)).toEqual(make(500))
    expect(make(500)).not.toEqual(make(500, { seed: 8 }))
  })

  it('goes on in the middle as if it had never stopped, wherever that is', () => {
    const all = make(13_000)
    for (let firstRow = 1; firstRow <= 12_700; firstRow += 61)
      expect(make(300, { firstRow })).toEqual(all.slice(firstRow - 1, firstRow + 299))
  })

  it('gives a row the same partition at another time, since a run that goes on skips what is in it', () => {
    const partitions = (rows: SourceRow[]) => rows.map((row) => placeRow(row, 6).partition)
    expect(partitions(make(6000, { now: () => nowMs + 86_400_000 }))).toEqual(partitions(make(6000)))
  })

  it('knows the whole dump of 2018', () => {
    expect(unitShares.reduce((sum, { rows }) => sum + rows, 0)).toBe(109_799_687)
  })

  it('follows the documented mix', () => {
    const rows = make(60_000).map(({ reading }) => reading)
    const share = (test: (reading: (typeof rows)[number]) => boolean) =>
      rows.filter(test).length / rows.length
    expect(share(({ unit }) => unit === 'cpm')).toBeCloseTo(0.937, 2)
    expect(share(({ unit }) => unit === 'status')).toBeCloseTo(0.034, 2)
    expect(share(({ unit }) => unit === 'celcius')).toBeCloseTo(0.025, 2)
    expect(share(({ unit }) => unit === 'usv')).toBeGreaterThan(0.001)
    expect(share(({ value }) => value === '0')).toBeGreaterThan(0.002)
    expect(share(({ captured_time: time = '' }) => time.startsWith('2080'))).toBeGreaterThan(0.0005)
    expect(share(({ captured_time: time = '' }) => time.startsWith('2000-00-00'))).toBeGreaterThan(0.0002)
    expect(share(({ captured_time: time = '' }) => time.startsWith('1970'))).toBeGreaterThan(0.0002)
    expect(share(({ value }) => value === '')).toBeGreaterThan(0.0002)
    expect(share(({ loader_id: loader }) => loader !== undefined)).toBeGreaterThan(0.2)
    expect(share((reading) => reading.device_id !== undefined && reading.loader_id !== undefined)).toBe(0)
    const duplicates = rows.length - new Set(rows.map((reading) => JSON.stringify(reading))).size
    expect(duplicates / rows.length).toBeGreaterThan(0.045)
    expect(duplicates / rows.length).toBeLessThan(0.055)
  })

  it('has critical readings, but few, and places on four continents', () => {
    const rows = make(20_000).map(({ reading }) => reading)
    const counts = rows.filter(({ unit }) => unit === 'cpm').map(({ value }) => Number(value))
    const critical = counts.filter((value) => value >= 1000 && value < 350_000).length
    expect(critical).toBeGreaterThan(20)
    expect(critical / counts.length).toBeLessThan(0.02)
    const around = (lat: number, lon: number) =>
      rows.some(
        ({ latitude, longitude }) =>
          Math.abs(Number(latitude) - lat) < 1 && Math.abs(Number(longitude) - lon) < 1,
      )
    expect([
      around(37.6, 140.5),
      around(35.7, 139.7),
      around(52.5, 13.4),
      around(34, -118.2),
      around(-33.9, 151.2),
    ]).toEqual(Array(5).fill(true))
  })

  it('has times of the moment at which a row is taken', () => {
    let time = nowMs
    const generator = createGenerator({ seed: 1, now: () => time })
    const newestOf = () =>
      Math.max(
        ...[...generator.rows(2000)]
          .map(({ reading }) => Date.parse(`${reading.captured_time}Z`))
          .filter((instant) => instant < time + 1000),
      )
    expect(nowMs - newestOf()).toBeLessThan(1000)
    time += 3_600_000
    expect(time - newestOf()).toBeLessThan(1000)
  })
})

it('a generator goes on from the first row that may be missing in a partition', async () => {
  const source = createGeneratorSource({ seed: 7, now: () => nowMs })
  const stop = new AbortController()
  const resume = { from: { round: 0, index: 0, row: 12_345 } }
  for await (const batch of source.batches({ resume, signal: stop.signal })) {
    expect(batch.source).toBe('generator-7')
    expect([...batch.rows][0]?.row).toBe(12_345)
    stop.abort()
  }
})

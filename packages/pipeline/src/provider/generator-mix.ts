import type { PublishedReading } from '@radtune/core/contract'
import { formatInstantDump } from '@radtune/core/safecast'
import type { Draw } from './draw.ts'

export interface UnitShare {
  unit: string
  kind: 'cpm' | 'sievert' | 'foreign'
  rows: number
}

/** Rows by unit of the complete dump of 2018, 109,799,687 in all. Source: facts of the Safecast data, counted by S6. */
export const unitShares: readonly UnitShare[] = [
  { unit: 'cpm', kind: 'cpm', rows: 102_927_743 },
  { unit: 'status', kind: 'foreign', rows: 3_765_116 },
  { unit: 'celcius', kind: 'foreign', rows: 2_775_932 },
  { unit: 'usv', kind: 'sievert', rows: 279_888 },
  { unit: 'microsievert', kind: 'sievert', rows: 30_096 },
  { unit: ' cpm', kind: 'cpm', rows: 10_043 },
  { unit: '1', kind: 'foreign', rows: 8_892 },
  { unit: 'DeviceType2', kind: 'foreign', rows: 1_363 },
  { unit: 'CPM', kind: 'cpm', rows: 289 },
  { unit: 'Cpm', kind: 'cpm', rows: 55 },
  { unit: 'DeviceType1', kind: 'foreign', rows: 45 },
  { unit: 'usv/hr', kind: 'sievert', rows: 43 },
  { unit: 'uSv/h', kind: 'sievert', rows: 43 },
  { unit: 'PM1', kind: 'foreign', rows: 28 },
  { unit: 'HUMD%', kind: 'foreign', rows: 20 },
  { unit: 'PM2.5', kind: 'foreign', rows: 17 },
  { unit: '0', kind: 'foreign', rows: 15 },
  { unit: 'uSv', kind: 'sievert', rows: 14 },
  { unit: 'PM10', kind: 'foreign', rows: 13 },
  { unit: 'NOXppm', kind: 'foreign', rows: 12 },
  { unit: 'TEMPC', kind: 'foreign', rows: 11 },
  { unit: 'pm2.5', kind: 'foreign', rows: 4 },
  { unit: 'uSv/hr', kind: 'sievert', rows: 3 },
  { unit: 'RSSI', kind: 'foreign', rows: 2 },
]

const allRows = unitShares.reduce((sum, { rows }) => sum + rows, 0)

/** A unit with the share that it has in the dump. */
export function pickUnit(draw: Draw): UnitShare {
  let left = draw() * allRows
  for (const share of unitShares) {
    left -= share.rows
    if (left < 0) return share
  }
  return unitShares[0] as UnitShare
}

/** A value as sensors of other things report it. */
export function foreignValue(unit: string, draw: Draw): string {
  if (unit === 'celcius' || unit === 'TEMPC') return (draw() * 35 - 5).toFixed(1)
  return unit === 'status' ? String(Math.floor(draw() * 4)) : (draw() * 60).toFixed(2)
}

/** Spoils a good reading in one of the documented ways. */
export type Quirk = (reading: PublishedReading, context: { draw: Draw; instantUs: number }) => void

const HOUR_US = 3_600_000_000

/** Each quirk with its share of the rows: rare in the data, often enough here to be seen within a minute. */
const quirks: readonly (readonly [share: number, quirk: Quirk])[] = [
  // Kept: a reading that was sent late, out of the order of the others.
  [0.01, late],
  [0.001, slashedTime],
  [0.0005, fractionalCount],
  // Sent to dirty.
  [0.004, (reading) => set(reading, { value: '0' })],
  [0.001, (reading) => set(reading, { captured_time: '2080-01-06 03:14:07' })],
  [0.0005, (reading) => set(reading, { captured_time: '2000-00-00T10:12:54Z' })],
  [0.0005, (reading) => set(reading, { captured_time: '1970-01-05 00:00:00' })],
  [0.0003, (reading) => set(reading, { captured_time: '19-11-02 08:30:00' })],
  [0.001, nearNullPosition],
  [0.0005, (reading) => set(reading, { latitude: '0', longitude: '0' })],
  [0.0005, (reading, { draw }) => set(reading, { latitude: (90 + draw() * 3000).toFixed(4) })],
  [0.0005, (reading, { draw }) => set(reading, { longitude: `-${(180 + draw() * 12000).toFixed(4)}` })],
  [0.0003, (reading) => set(reading, { longitude: '08312.4727,W' })],
  [0.0003, (reading) => set(reading, { value: '464$GPR' })],
  [0.0005, (reading) => set(reading, { value: '' })],
  [0.0005, (reading) => set(reading, { captured_time: '' })],
  [0.0003, (reading) => set(reading, { unit: '' })],
  [0.0002, (reading) => set(reading, { value: '24649267' })],
]

/** The quirk of this row, if it has one. */
export function pickQuirk(draw: Draw): Quirk | undefined {
  let left = draw()
  for (const [share, quirk] of quirks) {
    left -= share
    if (left < 0) return quirk
  }
  return undefined
}

function set(reading: PublishedReading, fields: PublishedReading): void {
  Object.assign(reading, fields)
}

function late(reading: PublishedReading, { draw, instantUs }: { draw: Draw; instantUs: number }): void {
  reading.captured_time = formatInstantDump(Math.floor(instantUs - draw() * 72 * HOUR_US))
}

function slashedTime(reading: PublishedReading, { instantUs }: { instantUs: number }): void {
  const wholeSecond = formatInstantDump(Math.floor(instantUs / 1_000_000) * 1_000_000)
  reading.captured_time = `${wholeSecond.replaceAll('-', '/')} +0000`
}

function fractionalCount(reading: PublishedReading, { draw }: { draw: Draw }): void {
  reading.value = (draw() * 40 + 5).toFixed(15)
}

function nearNullPosition(reading: PublishedReading, { draw }: { draw: Draw }): void {
  set(reading, { latitude: (draw() * 1.8 - 0.9).toFixed(6), longitude: (draw() * 1.8 - 0.9).toFixed(6) })
}

import type { PublishedReading } from '@radtune/core/contract'
import { formatInstantDump, formatInstantIso } from '@radtune/core/safecast'
import { type Draw, drawOf } from './draw.ts'
import { foreignValue, pickQuirk, pickUnit } from './generator-mix.ts'
import { createSensors, type Drive, type Sensors, type Station } from './generator-places.ts'
import { generatorSourceName } from './resume.ts'
import { emptyTally, type RowBatch, type RowOrder, type RowSource, type SourceRow } from './row-source.ts'

/** Rows that a duplicate may repeat. */
const REMEMBERED = 256
/** One in nineteen of them finds nothing that it may repeat: five in a hundred rows are duplicates. */
const REPEATING_SHARE = 0.053
const DRIVE_SHARE = 0.35
const ROWS_PER_BATCH = 256

/**
 * Endless readings that look like the documented dump: its units and misspellings, duplicates, zeros, late and impossible
 * dates, positions near (0, 0), text for numbers, missing fields. What row n is follows from the seed and n alone; captured
 * times are near `now` (wall-clock milliseconds) when the row is taken.
 */
export function createGeneratorSource({ seed, now }: { seed: number; now: () => number }): RowSource {
  const source = generatorSourceName(seed)
  async function* batches({ resume, signal }: RowOrder): AsyncGenerator<RowBatch> {
    // Partitions lag behind one another when a run is cut off: whoever publishes skips what is there already.
    const generator = createGenerator({ seed, now, firstRow: resume.from.row })
    while (!signal.aborted) {
      yield { source, round: 0, index: 0, rows: generator.rows(ROWS_PER_BATCH) }
      // Without a file to wait for, nothing else would get a turn at full speed.
      await nextTurn()
    }
  }
  return { title: `generator, seed ${seed}`, tally: emptyTally(), batches }
}

/** Makes rows one after the other, from `firstRow` on. */
export function createGenerator(options: { seed: number; now: () => number; firstRow?: number }): {
  rows(count: number): Iterable<SourceRow>
} {
  const { seed, now, firstRow = 1 } = options
  const sensors = createSensors(seed)
  const recent: (PublishedReading | undefined)[] = []
  let row = Math.max(1, firstRow - REMEMBERED)
  const next = (): SourceRow => {
    const draw = drawOf(seed, row)
    const repeats = draw() < REPEATING_SHARE
    const repeated = repeats ? recent[Math.floor(draw() * REMEMBERED)] : undefined
    const reading = repeated ?? freshReading({ draw, row, sensors, nowMs: now() })
    // Not repeated in its turn: what it repeats may be older than what a run that begins just before knows.
    recent[row % REMEMBERED] = repeats ? undefined : reading
    const made = { row, reading }
    row += 1
    return made
  }
  // The rows just before are made again, so that what the next ones repeat does not depend on where a run began.
  while (row < firstRow) next()
  return {
    *rows(count) {
      for (let taken = 0; taken < count; taken += 1) yield next()
    },
  }
}

interface RowContext {
  draw: Draw
  row: number
  sensors: Sensors
  nowMs: number
}

function freshReading(context: RowContext): PublishedReading {
  const { draw, row, sensors, nowMs } = context
  const lagUs = Math.floor(draw() * draw() * 20_000_000)
  const instantUs = nowMs * 1000 - lagUs
  const reading =
    draw() < DRIVE_SHARE
      ? driveReading(sensors.drives[Math.floor(draw() * sensors.drives.length)] as Drive, {
          draw,
          row,
          instantUs,
        })
      : stationReading(sensors.stations[Math.floor(draw() * sensors.stations.length)] as Station, {
          draw,
          instantUs,
        })
  applyUnit(reading, draw)
  pickQuirk(draw)?.(reading, { draw, instantUs })
  return reading
}

function stationReading(
  station: Station,
  { draw, instantUs }: { draw: Draw; instantUs: number },
): PublishedReading {
  return {
    latitude: station.latitude,
    longitude: station.longitude,
    value: countText(station.baseCpm, draw),
    unit: 'cpm',
    captured_time: timeText(instantUs, draw),
    device_id: station.deviceId,
    uploaded_time: formatInstantDump(Math.ceil(instantUs / 1_000_000 + 2) * 1_000_000),
  }
}

function driveReading(
  drive: Drive,
  { draw, row, instantUs }: { draw: Draw; row: number; instantUs: number },
): PublishedReading {
  // Two incommensurable turns fill the area around the place instead of closing a circle.
  const latitude = drive.latitude + drive.spread * Math.sin(row * 1.7e-5 + drive.phase)
  const longitude = drive.longitude + drive.spread * Math.sin(row * 1.1e-5 + 2 * drive.phase)
  const reading: PublishedReading = {
    latitude: latitude.toFixed(6),
    longitude: longitude.toFixed(6),
    value: countText(drive.baseCpm, draw),
    unit: 'cpm',
    captured_time: formatInstantDump(Math.floor(instantUs / 1_000_000) * 1_000_000),
    loader_id: drive.loaderId,
    height: String(Math.floor(draw() * 120)),
  }
  if (draw() < 0.02) reading.location_name = drive.name
  return reading
}

/** Counts scatter by the root of their mean. */
function countText(baseCpm: number, draw: Draw): string {
  const scatter = (draw() + draw() + draw() - 1.5) * 2 * Math.sqrt(baseCpm)
  return String(Math.max(5, Math.round(baseCpm + scatter)))
}

/** The forms of the dumps; fixed sensors are read more than once a second here, so the fraction keeps them apart. */
function timeText(instantUs: number, draw: Draw): string {
  return draw() < 0.9 ? formatInstantDump(instantUs) : formatInstantIso(instantUs)
}

function applyUnit(reading: PublishedReading, draw: Draw): void {
  const { unit, kind } = pickUnit(draw)
  reading.unit = unit
  if (kind === 'sievert') reading.value = (Number(reading.value) / 334).toFixed(3)
  else if (kind === 'foreign') reading.value = foreignValue(unit, draw)
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

import type { Level, LiveCell, LivePoint, LiveState, LiveStats, LiveSystem } from '@radtune/core/contract'
import {
  addGap,
  addRate,
  dropOldest,
  type Gap,
  type HeardPoint,
  type LiveUpdate,
  mergeAlerts,
  putLast,
  type RateAt,
} from './live-update.ts'

/** What the page knows of the pipeline; made anew with each update, never changed. */
export interface LiveModel {
  seq: number
  /** Backend's clock of the last message, milliseconds; null before the first. */
  at: number | null
  eventTime: string | null
  /** Latest reading by sensor, the most recently heard of last. */
  points: ReadonlyMap<string, HeardPoint>
  /** What the backend told of the squares of the world, those that hold sensors; empty when it told of none. */
  cells: ReadonlyMap<number, LiveCell>
  /** Newest first. */
  alerts: readonly LivePoint[]
  stats: LiveStats | null
  thresholds: LiveState['thresholds'] | null
  /** The pipeline as a whole; null until the backend has told. */
  system: LiveSystem | null
  /** Silences of the data that were skipped since the page was opened, newest first. */
  gaps: readonly Gap[]
  /** Records per second, one value a second, oldest first. */
  rates: readonly RateAt[]
}

export const EMPTY_MODEL: LiveModel = {
  seq: 0,
  at: null,
  eventTime: null,
  points: new Map(),
  cells: new Map(),
  alerts: [],
  stats: null,
  thresholds: null,
  system: null,
  gaps: [],
  rates: [],
}

/** Lays an update over the model: a snapshot replaces the readings, frames add to them; alerts are kept through both. */
export function applyUpdate(model: LiveModel, update: LiveUpdate): LiveModel {
  const { fresh, last, system } = update
  const heard = last && { seq: last.seq, at: last.at, eventTime: last.eventTime, stats: last.stats }
  return {
    ...model,
    ...heard,
    points: mergePoints(fresh ? new Map() : model.points, update.points),
    cells: mergeCells(fresh ? new Map() : model.cells, update.cells),
    alerts: mergeAlerts(model.alerts, update.alerts),
    thresholds: update.thresholds ?? model.thresholds,
    system: system ?? model.system,
    gaps: update.gaps.toReversed().reduce(addGap, model.gaps),
    rates: update.rates.reduce(addRate, model.rates),
  }
}

/** How many of the sensors on the page have each level. */
export function countLevels(points: Iterable<LivePoint>): Record<Level, number> {
  const counts: Record<Level, number> = { low: 0, moderate: 0, high: 0 }
  for (const { level } of points) counts[level] += 1
  return counts
}

function mergePoints(
  known: ReadonlyMap<string, HeardPoint>,
  incoming: ReadonlyMap<string, HeardPoint>,
): ReadonlyMap<string, HeardPoint> {
  if (incoming.size === 0) return known
  const points = new Map(known)
  for (const point of incoming.values()) putLast(points, point)
  dropOldest(points)
  return points
}

function mergeCells(
  known: ReadonlyMap<number, LiveCell>,
  incoming: ReadonlyMap<number, LiveCell> | null,
): ReadonlyMap<number, LiveCell> {
  if (!incoming) return known
  const cells = new Map([...known, ...incoming])
  for (const [key, [, , count]] of cells) if (count === 0) cells.delete(key)
  return cells
}

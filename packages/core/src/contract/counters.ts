import { LEVELS, type Level, REJECT_REASONS, type RejectReason } from './records.ts'

/**
 * What became of the records of one input partition from offset `first` up to the committed offset.
 * It travels as the metadata of the offset commit, so it is exactly as true as the offset itself:
 * committed − first = normal + critical + duplicates + Σ dirty.
 */
export interface PartitionCounters {
  /** Offset of the first record ever counted in this partition. */
  first: number
  normal: number
  critical: number
  duplicates: number
  dirty: Record<RejectReason, number>
  /** Of the valid, non-duplicate records. */
  levels: Record<Level, number>
}

export function emptyCounters(first: number): PartitionCounters {
  return {
    first,
    normal: 0,
    critical: 0,
    duplicates: 0,
    dirty: zeroDirty(),
    levels: { low: 0, moderate: 0, high: 0 },
  }
}

export function copyCounters(counters: PartitionCounters): PartitionCounters {
  return { ...counters, dirty: { ...counters.dirty }, levels: { ...counters.levels } }
}

export function sumDirty(dirty: Record<RejectReason, number>): number {
  let sum = 0
  for (const reason of REJECT_REASONS) sum += dirty[reason]
  return sum
}

/** Commit metadata, well under the broker's default limit of 4096 bytes. */
export function encodeCounters(counters: PartitionCounters): string {
  const dirty = Object.fromEntries(
    REJECT_REASONS.filter((r) => counters.dirty[r] > 0).map((r) => [r, counters.dirty[r]]),
  )
  return JSON.stringify({
    v: 1,
    first: counters.first,
    normal: counters.normal,
    critical: counters.critical,
    duplicates: counters.duplicates,
    dirty,
    levels: LEVELS.map((level) => counters.levels[level]),
  })
}

/** Reads commit metadata; undefined when it is empty or not ours. */
export function decodeCounters(metadata: string | null | undefined): PartitionCounters | undefined {
  if (!metadata) return undefined
  let parsed: unknown
  try {
    parsed = JSON.parse(metadata)
  } catch {
    return undefined
  }
  if (typeof parsed !== 'object' || parsed === null || (parsed as { v?: unknown }).v !== 1) return undefined
  const { first, normal, critical, duplicates, dirty, levels } = parsed as Record<string, unknown>
  const plain = [first, normal, critical, duplicates]
  if (!plain.every(isCount) || typeof dirty !== 'object' || dirty === null || !Array.isArray(levels))
    return undefined
  const counters = emptyCounters(first as number)
  counters.normal = normal as number
  counters.critical = critical as number
  counters.duplicates = duplicates as number
  for (const reason of REJECT_REASONS) {
    const count = (dirty as Record<string, unknown>)[reason] ?? 0
    if (!isCount(count)) return undefined
    counters.dirty[reason] = count
  }
  for (const [index, level] of LEVELS.entries()) {
    const count = levels[index]
    if (!isCount(count)) return undefined
    counters.levels[level] = count
  }
  return counters
}

/** One input partition as Kafka tells it: offsets as numbers, counters from the commit's metadata. */
export interface PartitionProgress {
  partition: number
  /** Log start (low watermark). */
  low: number
  /** Log end: the offset that the next record will get. */
  end: number
  /** Undefined before the first commit. */
  committed: number | undefined
  counters: PartitionCounters | undefined
}

/** The sums that `radtune status` shows. `in` = normal + critical + dirty + duplicates + inFlight, checked, not derived. */
export interface RecordSums {
  in: number
  normal: number
  critical: number
  dirty: number
  dirtyByReason: Partial<Record<RejectReason, number>>
  duplicates: number
  inFlight: number
  levels: Record<Level, number>
}

/** A partition whose counters do not add up to its offsets: a fault in radtune or a foreign commit, never rounded away. */
export interface CountMismatch {
  partition: number
  /** committed − first. */
  processed: number
  /** normal + critical + duplicates + Σ dirty; undefined when a commit carries no counters. */
  counted: number | undefined
}

/** Sums all partitions: `in` = Σ (end − first), `inFlight` = Σ (end − committed). */
export function sumRecords(partitions: readonly PartitionProgress[]): {
  sums: RecordSums
  mismatches: CountMismatch[]
} {
  const total = emptyCounters(0)
  let received = 0
  let inFlight = 0
  const mismatches: CountMismatch[] = []
  for (const { partition, low, end, committed, counters } of partitions) {
    const first = counters?.first ?? low
    const position = committed ?? first
    received += end - first
    inFlight += end - position
    if (counters) addCounters(total, counters)
    const counted = counters
      ? counters.normal + counters.critical + counters.duplicates + sumDirty(counters.dirty)
      : undefined
    if ((counted ?? 0) !== position - first)
      mismatches.push({ partition, processed: position - first, counted })
  }
  const dirtyByReason = Object.fromEntries(
    REJECT_REASONS.filter((reason) => total.dirty[reason] > 0).map((reason) => [reason, total.dirty[reason]]),
  )
  const sums: RecordSums = {
    in: received,
    normal: total.normal,
    critical: total.critical,
    dirty: sumDirty(total.dirty),
    dirtyByReason,
    duplicates: total.duplicates,
    inFlight,
    levels: total.levels,
  }
  return { sums, mismatches }
}

function addCounters(total: PartitionCounters, part: PartitionCounters): void {
  total.normal += part.normal
  total.critical += part.critical
  total.duplicates += part.duplicates
  for (const reason of REJECT_REASONS) total.dirty[reason] += part.dirty[reason]
  for (const level of LEVELS) total.levels[level] += part.levels[level]
}

function zeroDirty(): Record<RejectReason, number> {
  return Object.fromEntries(REJECT_REASONS.map((reason) => [reason, 0])) as Record<RejectReason, number>
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

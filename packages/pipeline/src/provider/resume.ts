import { parseRowRef, type RowRef } from '@radtune/core/contract'
import type { RowPosition } from './row-source.ts'

/** What earlier runs have published of the same source. */
export interface ResumePoint {
  /** Whether a row that goes to this partition was published before. */
  alreadyPublished(partition: number, position: RowPosition): boolean
  /** No row before this one is missing in any partition that has rows of the source; the start when nothing is known. */
  from: RowPosition
}

/** How a source of rows names itself in `RowRef.source`. */
export type SourceIdentity = { kind: 'files'; names: readonly string[] } | { kind: 'generator'; seed: number }

/** `<round>/<index>-<name>`: a file of the data in one round. */
export function sourceNameOf({ round, index, name }: { round: number; index: number; name: string }): string {
  return `${round}/${index}-${name}`
}

export function generatorSourceName(seed: number): string {
  return `generator-${seed}`
}

/**
 * Works out where to go on from the newest row reference of each partition. Rows of a partition are published in order, so
 * everything up to its newest one is there. References of other sources say nothing about this one.
 */
export function resumePoint(options: {
  identity: SourceIdentity
  partitions: number
  /** By partition; partitions without records are absent. */
  newestRefs: ReadonlyMap<number, RowRef>
}): ResumePoint {
  const { identity, partitions, newestRefs } = options
  const newestOf = new Map<number, RowPosition>()
  for (const [partition, ref] of newestRefs) {
    const position = positionOf(ref, identity)
    if (position) newestOf.set(partition, position)
  }
  const known = [...newestOf.values()].sort(comparePositions)
  return {
    alreadyPublished(partition, position) {
      const newest = newestOf.get(partition)
      return newest !== undefined && comparePositions(position, newest) <= 0
    },
    from: known.length === partitions ? (known[0] ?? START) : START,
  }
}

/** The newest reference among the `row` headers of a partition's tail, oldest first; headers that are not ours are passed over. */
export function newestRowRef(rowHeaders: readonly string[]): RowRef | undefined {
  for (let at = rowHeaders.length - 1; at >= 0; at -= 1) {
    const ref = parseRowRef(rowHeaders[at] as string)
    if (ref) return ref
  }
  return undefined
}

export function comparePositions(a: RowPosition, b: RowPosition): number {
  return a.round - b.round || a.index - b.index || a.row - b.row
}

const START: RowPosition = { round: 0, index: 0, row: 1 }

function positionOf({ source, row }: RowRef, identity: SourceIdentity): RowPosition | undefined {
  if (identity.kind === 'generator') {
    return source === generatorSourceName(identity.seed) ? { round: 0, index: 0, row } : undefined
  }
  const match = /^(\d+)\/(\d+)-(.*)$/s.exec(source)
  if (!match) return undefined
  const round = Number(match[1])
  const index = Number(match[2])
  return identity.names[index] === match[3] ? { round, index, row } : undefined
}

import { bytesOfTenths, type Role, singleServiceRules, tenthsCovering, workerRules } from '../stack/index.ts'

/** All services of one role: they have the same limit. */
export interface MemoryHolder {
  role: Role
  count: number
  slots: number
  /** Limit of each, bytes. */
  memoryBytes: number
  /** The most that one uses, bytes. */
  usedBytes: number
  /** A heap that somebody gave: it has to fit, with the rest of the process. */
  givenHeapBytes: number | undefined
  pinned: boolean
}

/** New limits by role, bytes of each service. */
export type MovedMemory = ReadonlyMap<Role, number>

/** What is used is to be about this share of a limit. Source: the documented 70 to 85 % of what is allocated. */
const WANTED_USE = 0.75
/** A service that gives is left this much room. */
const LEFT_USE = 0.7

/** Bytes that a service of a role needs beside its heap. Source: measured, the planner's rules. */
export function outsideHeapBytes(role: Role): number {
  return role === 'worker' ? workerRules.heap.outsideBytes : singleServiceRules[role].heap.outsideBytes
}

/** The least that a service can live with, bytes: the planner's floor, and a given heap with the rest of the process. */
export function memoryFloor({
  role,
  slots,
  givenHeapBytes,
}: Pick<MemoryHolder, 'role' | 'slots' | 'givenHeapBytes'>): number {
  const tenths =
    role === 'worker'
      ? workerRules.floorTenths + workerRules.floorTenthsPerSlot * slots
      : singleServiceRules[role].memory.floorTenths
  const heap = givenHeapBytes === undefined ? 0 : givenHeapBytes + outsideHeapBytes(role)
  return Math.max(bytesOfTenths(tenths), heap)
}

/** The least limit, in whole tenths of a GiB, to which a service can be taken down; its own when it has nothing to spare. */
export function spareLimit(holder: MemoryHolder): number {
  const least = Math.max(memoryFloor(holder), holder.usedBytes / LEFT_USE)
  return Math.min(holder.memoryBytes, bytesOfTenths(tenthsCovering(least)))
}

/**
 * Raises the limit of a role until what it uses is three quarters of it, by at least a tenth of a GiB: out of what is free, and
 * then from roles that use less than `idleShare` of theirs. Undefined when all of that is not enough.
 */
export function moveMemory(
  holders: readonly MemoryHolder[],
  { to, freeBytes, idleShare }: { to: Role; freeBytes: number; idleShare: number },
): MovedMemory | undefined {
  const taker = holders.find(({ role }) => role === to)
  if (!taker || taker.pinned) return undefined
  const wanted = Math.max(taker.usedBytes / WANTED_USE, taker.memoryBytes + 1)
  const limit = bytesOfTenths(tenthsCovering(wanted))
  const moved = new Map<Role, number>([[to, limit]])
  let missing = (limit - taker.memoryBytes) * taker.count - Math.max(0, freeBytes)
  const donors = holders
    .filter(
      (holder) => holder !== taker && !holder.pinned && holder.usedBytes < idleShare * holder.memoryBytes,
    )
    .map((holder) => ({ holder, spare: (holder.memoryBytes - spareLimit(holder)) * holder.count }))
    .sort((a, b) => b.spare - a.spare)
  for (const { holder, spare } of donors) {
    if (missing <= 0 || spare <= 0) continue
    moved.set(holder.role, spareLimit(holder))
    missing -= spare
  }
  return missing > 0 ? undefined : moved
}

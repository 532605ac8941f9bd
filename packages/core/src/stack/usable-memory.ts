import { GIB } from '../units/index.ts'

/**
 * Bytes of a machine's memory that services may be limited to: the smaller of 85 % of it and all but 1 GiB, never
 * negative. The rest is for the system, which needs 0.4 to 0.7 GiB on a machine of 8 GB (reference configuration).
 */
export function usableMemoryBytes(memoryBytes: number): number {
  return Math.max(0, Math.floor(Math.min(0.85 * memoryBytes, memoryBytes - GIB)))
}

/** Bytes of memory that a machine needs so that `limitBytes` of it are usable: the inverse of `usableMemoryBytes`. */
export function neededMemoryBytes(limitBytes: number): number {
  return Math.ceil(Math.max(limitBytes / 0.85, limitBytes + GIB))
}

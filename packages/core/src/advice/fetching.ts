import type { AdviceContext } from './context.ts'
import { lastWindows, type Missing } from './windows.ts'

/** What the fetches of the slots carry. */
export interface Fetching {
  known: true
  /** Records per second into one partition, and bytes of a record as it is fetched. */
  perPartition: number
  recordBytes: number
  bytesPerPartition: number
  windowMs: number
}

/** How fast the partitions fill their fetches, on average over them. */
export function fetchingOf(context: AdviceContext): Fetching | Missing {
  const bytes = lastWindows(context, 'fetch.bytes')
  if (!bytes.known) return bytes
  const into = lastWindows(context, 'in')
  if (!into.known) return into
  const rates = lastWindows(context, 'out')
  if (!rates.known) return rates
  if (rates.whole.average <= 0 || bytes.whole.average <= 0)
    return { known: false, why: 'nothing was fetched', enoughAt: null }
  const partitions = context.spec.settings['topics.radiation-data.partitions'].value
  const recordBytes = bytes.whole.average / rates.whole.average
  const perPartition = into.whole.average / partitions
  return {
    known: true,
    perPartition,
    recordBytes,
    bytesPerPartition: perPartition * recordBytes,
    windowMs: bytes.windowMs,
  }
}

import type { PartitionProgress } from '@radtune/core/contract'

/** What radtune asks the broker: the committed offsets of the worker group with their counters, and the ends of the input. */
export interface Broker {
  /** One entry per partition of `radiation-data`. Committed offsets are read before the ends, so inFlight is never negative. */
  progress(): Promise<PartitionProgress[]>
  close(): Promise<void>
}

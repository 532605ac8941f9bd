import type { PartitionProgress } from '@radtune/core/contract'
import type { KafkaSnapshot } from '@radtune/core/metrics'

/** What radtune asks the broker: the committed offsets of the worker group with their counters, and the ends of the topics. */
export interface Broker {
  /** One entry per partition of `radiation-data`. Committed offsets are read before the ends, so inFlight is never negative. */
  progress(): Promise<PartitionProgress[]>
  /**
   * Ends of all topics, commits, and who owns which partition: over one connection, each of them a Reading of its own. Commits are
   * read before ends. Nothing is thrown.
   */
  observe(): Promise<KafkaSnapshot>
  close(): Promise<void>
}

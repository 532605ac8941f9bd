import type { PartitionProgress } from '@radtune/core/contract'
import type { FoundKafka } from '@radtune/core/drift'
import type { KafkaSnapshot } from '@radtune/core/metrics'

/** What radtune asks the broker: the committed offsets of the worker group with their counters, the ends of the topics, and records. */
export interface Broker {
  /** One entry per partition of `radiation-data`. Committed offsets are read before the ends, so inFlight is never negative. */
  progress(): Promise<PartitionProgress[]>
  /**
   * Ends of all topics, commits, and who owns which partition: over one connection, each of them a Reading of its own. Commits are
   * read before ends. Nothing is thrown.
   */
  observe(): Promise<KafkaSnapshot>
  /**
   * Reads some records at `from` and after it, without a group; one call at a time. Rejects when there is no such partition, or
   * `from` is not in its log.
   */
  readLog(place: LogPlace): Promise<LogPart>
  /** Topics with their configs, and the configs of the broker, each with who set it. */
  describe(): Promise<FoundKafka>
  close(): Promise<void>
}

/** A place in the log of a partition: `from` is an offset. */
export interface LogPlace {
  topic: string
  partition: number
  from: number
}

/** A part of a log that was read in one go: one or more batches, as they lie there. */
export interface LogPart {
  /** In the order of their offsets; without those of transactions that are open or aborted. */
  records: readonly LoggedRecord[]
  /** Everything below this offset is read; not above `from` where nothing more can be read. */
  next: number
}

/** A record as it lies in a log. */
export interface LoggedRecord {
  offset: number
  /** Kafka's time of the record, wall-clock milliseconds: when its batch left the producer, unless the topic says otherwise. */
  timestampMs: number
  key: string | null
  value: Uint8Array | null
  /** As text; of a name that occurs twice the first. */
  headers: ReadonlyMap<string, string>
}

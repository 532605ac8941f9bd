import type { SettingValues } from '@radtune/core/settings'
import type { FetchLimits } from './fetch-limits.ts'

/** One record as a consumer hands it over. */
export interface InputRecord {
  offset: number
  /** Kafka's own time of the record, wall-clock milliseconds. */
  timestampMs: number
  key: Buffer | null
  value: Buffer | null
  header(name: string): Buffer | undefined
}

/** Records of one partition, in offset order, as one fetch returned them. */
export interface InputBatch {
  topic: string
  partition: number
  records: readonly InputRecord[]
  /** Keys and values together. */
  bytes: number
  /** The partition's end when the batch was fetched. */
  endOffset: number
}

export interface CommitOffset {
  partition: number
  /** The next offset to read. */
  offset: number
  /** Stored with the offset, atomically; at most 4096 bytes. */
  metadata: string
}

/** What a consumer tells its user. Handlers of one consumer never overlap, except that `onRebalancing` may come at any time. */
export interface ConsumerHandlers {
  /**
   * The group has been (re)joined. `continued` is true when this member kept its identity, so nobody else can have
   * owned the partitions that it had before and still has.
   */
  onAssigned(partitions: readonly number[], continued: boolean): void
  /** The group is about to be redistributed: last moment to commit what was processed. */
  onRebalancing(): void
  /** Records of one partition. The next batch is fetched when the promise resolves. */
  onBatch(batch: InputBatch): Promise<void>
  /** A fetch came back, also an empty one: the broker is there. */
  onFetch(): void
  /** The consumer is lost and will not come back by itself. */
  onFailure(error: Error): void
}

/** A member of a consumer group on one topic, with commits that carry metadata. */
export interface GroupConsumer {
  start(handlers: ConsumerHandlers): Promise<void>
  /** Fetching goes on from `offset`, which is not committed. */
  seek(partition: number, offset: number): void
  /** Holds from the next fetch on; membership and positions stay. */
  limitFetches(limits: FetchLimits): void
  /** Throws when the group is being redistributed; the offsets may be tried again. */
  commit(offsets: readonly CommitOffset[]): Promise<void>
  /** Lets the running handler return, then leaves the group. */
  stop(): Promise<void>
}

export interface OutputRecord {
  key: Buffer | null
  value: Buffer
  headers: readonly (readonly [name: string, value: Buffer])[]
}

export interface OutputBatch {
  topic: string
  partition: number
  records: OutputRecord[]
}

export type Compression = SettingValues['producer.main.compression']

/**
 * Hands batches to the broker. Idempotent, acknowledged by all replicas; keeps trying while the broker is away and rejects
 * only for good: a refused record, or `close` in the middle.
 */
export interface BatchProducer {
  connect(): Promise<void>
  /** One request; order within a partition is kept between calls that do not overlap. */
  send(batches: readonly OutputBatch[], compression: Compression): Promise<void>
  close(): Promise<void>
}

export interface GroupConsumerOptions extends FetchLimits {
  topic: string
  groupId: string
  fromBeginning: boolean
  sessionTimeoutMs: number
}

/** A pair of Kafka clients behind one face. */
export interface KafkaDriver {
  readonly name: SettingValues['pipeline.driver']
  consumer(options: GroupConsumerOptions): GroupConsumer
  producer(): BatchProducer
}

/** What clients say of themselves goes to this function; they never print. */
export type ClientLog = (entry: {
  level: 'error' | 'warn'
  message: string
  details: Record<string, unknown>
}) => void

export interface ClientOptions {
  /** host:port, comma separated. */
  bootstrap: string
  clientId: string
  log: ClientLog
}

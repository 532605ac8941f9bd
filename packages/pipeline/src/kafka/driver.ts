import type { SettingValues } from '@radtune/core/settings'
import type { MayWrite } from './guard-socket.ts'

/** One record as a consumer hands it over. */
export interface InputRecord {
  offset: number
  /** Kafka's own time of the record, wall-clock milliseconds. */
  timestampMs: number
  key: Buffer | null
  value: Buffer | null
  header(name: string): Buffer | undefined
}

/** Records of one partition, as one fetch returned them. */
export interface InputBatch {
  topic: string
  partition: number
  /** In the order of their offsets. Decoded while they are taken: holding all of them would outlive the young generation. */
  records: Iterable<InputRecord>
  /** About how many: a fetch may begin within a batch of the log. */
  count: number
  firstOffset: number
  lastOffset: number
  /** As fetched, still compressed; keys and values together where the client does not tell. */
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
  /** The group is being redistributed; may be called more than once. The running batch should end soon. */
  onRebalancing(): void
  /**
   * Before this member joins again: last moment to finish and commit what was processed, for others may own its partitions
   * afterwards. `lost` when the group has removed it: they may own them already. Rejecting keeps it out of the group.
   */
  beforeJoin?(lost: boolean): Promise<void>
  /** The group has confirmed this member by an answer to a request sent at that monotonic time, milliseconds. */
  onConfirmed?(sentAtMs: number): void
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
  /** Lets the running handler return, then leaves the group, unless it is a static member, which will be back. */
  stop(): Promise<void>
}

export interface OutputRecord {
  key: Buffer | null
  /** Text is written as UTF-8. */
  value: Buffer | string
  headers: readonly (readonly [name: string, value: Buffer | string])[]
}

/** Records one after the other in Kafka's format v2, not compressed. */
export interface EncodedRecords {
  readonly count: number
  readonly bytes: Buffer
}

export interface OutputBatch {
  topic: string
  partition: number
  records: EncodedRecords
}

export type Compression = SettingValues['producer.main.compression']

/**
 * Hands batches to the broker. Idempotent, acknowledged by all replicas; keeps trying while the broker is away and rejects
 * only for good: a refused record, or `close` in the middle.
 */
export interface BatchProducer {
  connect(): Promise<void>
  /** One request with at most one batch per partition; order within a partition is kept between calls that do not overlap. */
  send(batches: readonly OutputBatch[], compression: Compression): Promise<void>
  close(): Promise<void>
}

/**
 * Writes each partition in transactions of its own: what is sent to partition N of any topic is seen together with the commit of
 * the offsets of partition N of the input. Rejects for good also when another has taken the partition over.
 */
export interface TransactionalProducer extends BatchProducer {
  /** Takes partitions over, before anything is sent to them: no earlier producer of them can write or commit any more. */
  fence(partitions: readonly number[]): Promise<void>
  /** Commits these offsets and what was sent to their partitions since the last commit. Must not overlap with `send`. */
  commit(offsets: readonly CommitOffset[]): Promise<void>
}

/** Where the offsets of transactions are committed. */
export interface TransactionOptions {
  topic: string
  groupId: string
  mayWrite?: MayWrite
}

/** What bounds one fetch. */
export interface FetchLimits {
  fetchMinBytes: number
  fetchMaxWaitMs: number
  maxPartitionFetchBytes: number
  /** From an answer that held all there was to the next fetch; none by default. Nobody waits who comes when there was nothing. */
  gatherMs?: number
}

export interface GroupConsumerOptions extends FetchLimits {
  topic: string
  groupId: string
  fromBeginning: boolean
  sessionTimeoutMs: number
  /** Makes a static member of the group: it keeps its partitions through a restart within the session. Its own alone. */
  instanceId?: string
}

/** A pair of Kafka clients behind one face. */
export interface KafkaDriver {
  readonly name: SettingValues['pipeline.driver']
  consumer(options: GroupConsumerOptions): GroupConsumer
  /** With `mayWrite`, which is asked right before each write, records leave the process only while it answers true. */
  producer(options?: { mayWrite?: MayWrite }): BatchProducer
  transactionalProducer(options: TransactionOptions): TransactionalProducer
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

export { Accumulator, type AccumulatorCounts, type LaneOptions } from './accumulator.ts'
export { createDriver } from './create-driver.ts'
export type {
  BatchProducer,
  ClientLog,
  ClientOptions,
  CommitOffset,
  ConsumerHandlers,
  FetchLimits,
  GroupConsumer,
  InputBatch,
  InputRecord,
  KafkaDriver,
  OutputRecord,
} from './driver.ts'
export { fencePartitions } from './fence-partitions.ts'
export { type LookBack, openLookBack, type PastBatch, type Positions } from './look-back.ts'
export { createProgressReader, type ProgressReader } from './progress.ts'
export { publishSettings, writeSettings } from './publish-settings.ts'
export { removeMembers } from './remove-members.ts'
export { readTails, type TailRecord } from './tail-reader.ts'
export { type FollowedRecord, followTopic, type TopicFollower } from './topic-follower.ts'
export { awaitCoordinator, ensureTopics, type TopicOutcome } from './topics.ts'
export { warmUpBroker } from './warm-up.ts'

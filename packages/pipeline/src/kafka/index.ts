export { Accumulator, type AccumulatorCounts, type LaneOptions } from './accumulator.ts'
export { createDriver } from './create-driver.ts'
export type {
  BatchProducer,
  ClientLog,
  ClientOptions,
  CommitOffset,
  ConsumerHandlers,
  GroupConsumer,
  InputBatch,
  InputRecord,
  KafkaDriver,
  OutputRecord,
} from './driver.ts'
export { createProgressReader, type ProgressReader } from './progress.ts'
export { removeMembers } from './remove-members.ts'
export { readTails, type TailRecord } from './tail-reader.ts'
export { awaitCoordinator, ensureTopics, type TopicOutcome } from './topics.ts'
export { warmUpBroker } from './warm-up.ts'

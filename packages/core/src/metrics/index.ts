export { drainSentence } from './drain.ts'
export {
  type Bottleneck,
  bottleneckSchema,
  type Drain,
  type Evaluation,
  evaluationSchema,
  type Metric,
  metricSchema,
  type ServiceEvaluation,
} from './evaluation.ts'
export { Evaluator, type EvaluatorOptions, evaluate } from './evaluator.ts'
export { History, type SeriesCell } from './history.ts'
export { type Measures, measure } from './measure.ts'
export { metricName, metricValueText } from './metric-text.ts'
export { type PartitionPosition, partitionsOf } from './partition-positions.ts'
export { pastSnapshots, type RememberedSamples } from './past-snapshots.ts'
export { known, mapReading, type Reading, readingSchema, unknown } from './reading.ts'
export {
  parseRecording,
  type Recording,
  type RecordingHeader,
  recordingHeaderSchema,
  recordingLine,
} from './recording.ts'
export {
  type Commit,
  type Group,
  type HostLoad,
  type KafkaSnapshot,
  type MonitorEvent,
  type ServiceSnapshot,
  type SettingsInForce,
  type Snapshot,
  type StackFacts,
  snapshotSchema,
  type TopicOffsets,
} from './snapshot.ts'
export { DEFAULT_TARGETS, type Targets, targetsInForce, targetsOf, targetsSchema } from './targets.ts'

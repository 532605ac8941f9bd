export { isCritical, levelOf } from './classify.ts'
export { DuplicateWindow, hashReading, type ReadingKey } from './deduplicate.ts'
export { judgeRecord } from './judge-record.ts'
export type { Dirty, Judgement, Valid } from './judgement.ts'
export {
  countOutcome,
  type Outcome,
  type PartitionState,
  processRecord,
  type StageInput,
} from './process-record.ts'
export { type RecordRules, RULE_SETTINGS, recordRulesFrom } from './record-rules.ts'
export { routeOf } from './route.ts'
export { dirtyValue, processedValue } from './serialise.ts'
export { createStageTimes, type Stage, type StageTimes } from './stage-times.ts'
export { createStageWarmer } from './warm-stages.ts'

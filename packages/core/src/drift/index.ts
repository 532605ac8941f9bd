export { type ComparedSource, compareFields } from './compare-fields.ts'
export { type CompareOptions, compareStack, failingStates } from './compare-stack.ts'
export { composeFields } from './compose-fields.ts'
export {
  type AcceptableValue,
  type Drift,
  type DriftClass,
  type DriftItem,
  type DriftSource,
  type DriftState,
  driftClasses,
  driftSourceKinds,
  driftStates,
  type IgnoreRule,
} from './drift.ts'
export type { Field } from './field.ts'
export { foreignSource } from './foreign-source.ts'
export { parseIgnoreRules } from './ignore-rules.ts'
export { type FoundConfig, type FoundKafka, kafkaSource } from './kafka-fields.ts'
export { findNoEffect } from './no-effect.ts'
export {
  composeProcesses,
  type FoundProcess,
  localProcesses,
  processSource,
  type WantedProcess,
} from './process-fields.ts'
export { type FoundSettings, serviceSettingsSource, topicSource } from './settings-fields.ts'
export { slotsSource } from './slot-fields.ts'
export { variablesSource } from './variables-source.ts'

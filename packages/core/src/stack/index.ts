export { compareSpecs, type SpecDifference, sameLaunchSpec } from './compare-specs.ts'
export { explainSetting, type SettingExplanation } from './explain-setting.ts'
export { fitToMachine, type MachineFit } from './fit-to-machine.ts'
export { type Pin, pinName } from './pins.ts'
export { shareSlots } from './plan-slots.ts'
export { type PlanOptions, type PlanResult, planStack } from './plan-stack.ts'
export { workerRules } from './service-rules.ts'
export { splitWorkerHeap } from './size-workers.ts'
export type {
  Deviation,
  Origin,
  Reason,
  ResolvedSetting,
  Role,
  ServiceSpec,
  StackSpec,
  TopicSpec,
} from './stack-spec.ts'
export { usableMemoryBytes } from './usable-memory.ts'

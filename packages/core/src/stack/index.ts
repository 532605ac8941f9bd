export { bytesOfTenths, sumCpus, tenthsCovering, thousandths } from './amounts.ts'
export { compareSpecs, type SpecDifference, sameLaunchSpec } from './compare-specs.ts'
export { detectProfileName, type Machine, type ProfileFit, profileFit } from './detect-profile.ts'
export { explainSetting, type SettingExplanation } from './explain-setting.ts'
export { fitToMachine, type MachineFit } from './fit-to-machine.ts'
export { type Ledger, type LedgerRow, type LedgerSums, planLedger } from './ledger.ts'
export type { DiskAtRate, DiskLedger, TopicDisk } from './ledger-disk.ts'
export { type Pin, pinName } from './pins.ts'
export { largestDivisor, shareSlots } from './plan-slots.ts'
export { type PlanOptions, type PlanResult, planStack } from './plan-stack.ts'
export { maxCpuOvercommit, singleServiceRules, workerRules } from './service-rules.ts'
export type { Landing } from './setting-landings.ts'
export type { Shrunk } from './shrunk-numbers.ts'
export { slotYoungBytes, splitWorkerHeap } from './size-workers.ts'
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

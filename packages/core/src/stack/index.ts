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

export { type AdviceSettings, adviceSettingsOf } from './advice-settings.ts'
export {
  type AdviceContext,
  type Calibration,
  type ContextOptions,
  createContext,
  type Facts,
} from './context.ts'
export { type Health, healthOf } from './health.ts'
export { isCatchingUp } from './is-catching-up.ts'
export {
  type JournalEntry,
  type JournalLine,
  journalText,
  openEntry,
  ownSettings,
  type ReadJournal,
  readJournal,
} from './journal-entry.ts'
export { type Advice, evaluateRules, type JudgeOptions, judge, type RuleState } from './judge.ts'
export { NotSeen, planAsSeen, type SeenService, type SeenStack } from './plan-as-seen.ts'
export { printFigure } from './print-figure.ts'
export { type Resolution, type ResolveOptions, resolveOpenEntry } from './resolve-open-entry.ts'
export type {
  Change,
  ChangeValue,
  Evidence,
  EvidenceUnit,
  Expectation,
  Finding,
  Kept,
  Rule,
  RuleId,
  RuleResult,
  Severity,
  Step,
} from './rule.ts'
export { rules } from './rules/index.ts'
export { sameWay } from './same-way.ts'
export { COEFFICIENT_BOUNDS, type Observation, scalingCoefficient } from './scaling-coefficient.ts'
export { clearFrom, startedAt } from './settling.ts'
export { divisorsOf } from './slots-for.ts'
export { capacityOf, trueRatePerSlot } from './true-rate.ts'
export {
  type Comparison,
  judgeVerdict,
  type Verdict,
  type VerdictOptions,
} from './verdict.ts'

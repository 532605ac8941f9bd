export {
  type BenchReport,
  type BenchStep,
  benchReportSchema,
  benchStepSchema,
  type Carried,
  type Knee,
  parseBenchReport,
  type StepMeasures,
} from './bench-report.ts'
export { type CalibratedPlan, calibratePlan } from './calibrated-plan.ts'
export {
  type CalibrationPoint,
  type CalibrationStanding,
  calibrationLoads,
  calibrationOf,
  calibrationSchema,
  type MeasuredCalibration,
  observationsOf,
  standingOf,
} from './calibration.ts'
export {
  type BenchPlan,
  type ComparedMetric,
  compareReports,
  type FigureComparison,
  type ReportComparison,
  whyNotComparable,
} from './compare-reports.ts'
export { type Figure, figureSchema } from './figure.ts'
export { findKnee, judgeStep } from './judge-step.ts'
export { type LatencyCount, latencyCountOf } from './latency-parts.ts'
export { fingerprintText, type MachineFingerprint } from './machine-fingerprint.ts'
export { measureSlots } from './measure-slots.ts'
export { measureStep, restartsOf, STEP_PARTS, type Window } from './measure-step.ts'
export { parseSteps } from './parse-steps.ts'

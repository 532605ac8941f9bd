export { formatInstantDump, formatInstantIso, parseCapturedTime } from './captured-time.ts'
export {
  type Decimal,
  exceeds,
  LARGEST_UNITS,
  multiplyDecimals,
  parseDecimal,
  roundToFive,
  roundToTwo,
  roundToWhole,
} from './decimal.ts'
export { type DoseRate, type DoseRateBasis, doseRateOf, measuredDoseRate } from './dose-rate.ts'
export {
  type DumpColumns,
  type DumpHeader,
  FILTERED_DUMP_HEADER,
  FULL_DUMP_HEADER,
  readDumpHeader,
} from './dump-header.ts'
export { checkDumpStart, type DumpKind, type DumpProblem, SNIFF_BYTES, sniffDump } from './sniff-dump.ts'
export { meaningOfUnit, type UnitMeaning } from './unit-name.ts'

export { type DumpFile, listDumpFiles } from './dump-files.ts'
export { createDumpSource } from './dump-source.ts'
export { createGenerator, createGeneratorSource } from './generator.ts'
export { createEventTimePacer, createFreePacer, createRatePacer, type Pacer } from './pacing.ts'
export { partitionOfKey } from './partition-of-key.ts'
export { placeRow, publishRow } from './publish-row.ts'
export { newestRowRef, type ResumePoint, resumePoint, type SourceIdentity } from './resume.ts'
export type { RowBatch, RowSource, SourceRow } from './row-source.ts'
export {
  createProvider,
  type Provider,
  type ProviderClock,
  type ProviderNumbers,
  type RowSink,
  systemClock,
} from './run-provider.ts'

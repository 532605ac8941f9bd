/** The topics of the pipeline, by role. Outputs have as many partitions as the input, and a record keeps its partition number. */
export const TOPICS = {
  input: 'radiation-data',
  normal: 'normal-data',
  critical: 'critical-data',
  dirty: 'dirty-data',
  settings: 'radtune.settings',
  playback: 'playback-config',
} as const

export const OUTPUT_TOPICS = [TOPICS.normal, TOPICS.critical, TOPICS.dirty] as const
export type OutputTopic = (typeof OUTPUT_TOPICS)[number]

/** Record headers. Times are wall-clock milliseconds since 1970 as decimal text. */
export const HEADERS = {
  /** When the provider handed the record over. Passed on by the worker: end-to-end latency starts here. */
  sentAt: 'sent-at',
  /** `<source>:<row>`: which row of which data source this is; see `RowRef`. */
  row: 'row',
  /** When the worker had decided about the record. */
  processedAt: 'processed-at',
  /** `<partition>:<offset>` of the input record that an output record comes from. */
  source: 'source',
} as const

/** Consumer groups. */
export const GROUPS = { worker: 'radtune-worker', backend: 'radtune-backend' } as const

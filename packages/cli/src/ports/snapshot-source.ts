import type { Reading } from '@radtune/core/metrics'

/** One source of a snapshot: it is asked again and again, and may fail or say nothing for ever. */
export interface SnapshotSource<Value> {
  /** As it is called in a why: `Kafka`, `worker-1`. */
  name: string
  /** After so long without an answer what it said before counts no more. */
  limitMs: number
  ask(): Promise<Reading<Value>>
}

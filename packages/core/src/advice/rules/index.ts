import type { Rule } from '../rule.ts'
import { checkpointCostly } from './checkpoint-costly.ts'
import { cpuSaturated } from './cpu-saturated.ts'
import { fetchSmall } from './fetch-small.ts'
import { fetchWaitDominatesLatency } from './fetch-wait-dominates-latency.ts'
import { heapExceedsLimit } from './heap-exceeds-limit.ts'
import { hotPartition } from './hot-partition.ts'
import { hotSlot } from './hot-slot.ts'
import { latencyHigh } from './latency-high.ts'
import { limitOversubscribed } from './limit-oversubscribed.ts'
import { memoryHigh } from './memory-high.ts'
import { memoryLeak } from './memory-leak.ts'
import { networkBound } from './network-bound.ts'
import { operatorHeavy } from './operator-heavy.ts'
import { overProvisioned } from './over-provisioned.ts'
import { retentionOutgrowsDisk } from './retention-outgrows-disk.ts'
import { serviceThrottled } from './service-throttled.ts'
import { throughputLow } from './throughput-low.ts'
import { watermarkHeld } from './watermark-held.ts'

/** All rules; of equal ones the earlier is answered first. */
export const rules: readonly Rule[] = [
  heapExceedsLimit,
  cpuSaturated,
  serviceThrottled,
  throughputLow,
  fetchWaitDominatesLatency,
  memoryHigh,
  memoryLeak,
  hotPartition,
  hotSlot,
  latencyHigh,
  fetchSmall,
  networkBound,
  operatorHeavy,
  retentionOutgrowsDisk,
  limitOversubscribed,
  overProvisioned,
  checkpointCostly,
  watermarkHeld,
]

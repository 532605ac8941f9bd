import { monitorEventLoopDelay, PerformanceObserver, performance } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import type { RejectReason, SlotStats } from '@radtune/core/contract'
import type { InputBatch } from '../kafka/index.ts'
import type { Outcome, StageTimes } from '../stages/index.ts'
import { LatencyMeter } from '../stats-server/index.ts'
import type { Slot } from './slot.ts'

/** Counts what a slot does and turns it into its stats, once a second. */
export interface SlotMeter {
  onFetch(): void
  onFetched(batch: InputBatch): void
  onDecided(outcome: Outcome, sentAt: Buffer | undefined, nowMs: number): void
  onAcknowledged(batch: { records: number; bytes: number; ageMs: number }): void
  onCommitFailure(error: unknown): void
  backPressured(ms: number): void
  readonly stages: StageTimes
  /** Time of `now` of the last answer to a fetch. */
  readonly lastFetchAt: number | undefined
  readonly lastCommitFailure: string | undefined
  /** Stats since the last call. */
  sample(slot: Slot): SlotStats
  stop(): void
}

export function createSlotMeter(options: {
  slot: number
  maxPartitionFetchBytes: number
  stages: StageTimes
  /** Monotonic milliseconds. */
  now: () => number
}): SlotMeter {
  const { stages, now } = options
  const arrival = new LatencyMeter()
  const processing = new LatencyMeter()
  const loopDelay = monitorEventLoopDelay({ resolution: 10 })
  loopDelay.enable()
  let gcMs = 0
  const gc = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) gcMs += entry.duration
  })
  gc.observe({ entryTypes: ['gc'] })

  const total = { in: 0, normal: 0, critical: 0, dirty: 0, duplicates: 0 }
  const rejects: Partial<Record<RejectReason, number>> = {}
  let window = freshWindow()
  let utilization = performance.eventLoopUtilization()
  let backPressuredMs = 0
  let sampledAt = performance.now()
  let lastFetchAt: number | undefined
  let lastCommitFailure: string | undefined
  let produced = { batches: 0, records: 0, bytes: 0, filled: 0 }

  return {
    stages,
    get lastFetchAt() {
      return lastFetchAt
    },
    get lastCommitFailure() {
      return lastCommitFailure
    },
    onFetch() {
      lastFetchAt = now()
    },
    onFetched({ count, bytes }) {
      window.batches += 1
      window.records += count
      window.bytes += bytes
    },
    onDecided(outcome, sentAt, nowMs) {
      total.in += 1
      window.decided += 1
      switch (outcome.kind) {
        case 'duplicate':
          total.duplicates += 1
          break
        case 'dirty':
          total.dirty += 1
          rejects[outcome.reason] = (rejects[outcome.reason] ?? 0) + 1
          break
        case 'kept':
          total[outcome.critical ? 'critical' : 'normal'] += 1
      }
      if (sentAt) arrival.record(nowMs - readMillis(sentAt))
    },
    onAcknowledged({ ageMs }) {
      processing.record(ageMs)
    },
    onCommitFailure(error) {
      lastCommitFailure = error instanceof Error ? error.message : String(error)
    },
    backPressured(ms) {
      backPressuredMs += ms
    },
    sample(slot) {
      const at = performance.now()
      const seconds = Math.max(0.001, (at - sampledAt) / 1000)
      sampledAt = at
      const counts = slot.accumulator.counts
      const batches = counts.batches - produced.batches
      const heap = getHeapStatistics()
      const perSecond = (ms: number) => Math.min(1000, ms / seconds)
      const { active } = performance.eventLoopUtilization(utilization)
      utilization = performance.eventLoopUtilization()
      // The clients decode, compress and send on this thread too: busy is all the time that the thread ran.
      const busyMs = perSecond(active)
      const waitedMs = Math.min(1000 - busyMs, perSecond(backPressuredMs))
      const stats: SlotStats = {
        slot: options.slot,
        partitions: [...slot.assigned].sort((a, b) => a - b),
        in: total.in,
        out: { normal: total.normal, critical: total.critical, dirty: total.dirty },
        duplicates: total.duplicates,
        rejects: { ...rejects },
        // Not what is read again to fill the duplicate window after a start.
        recordsPerSecond: window.decided / seconds,
        busyMs,
        backPressuredMs: waitedMs,
        idleMs: 1000 - busyMs - waitedMs,
        stageMs: stages.take(seconds),
        fetch: {
          batches: window.batches / seconds,
          records: window.records / seconds,
          bytes: window.bytes / seconds,
          fill: window.batches === 0 ? 0 : window.bytes / window.batches / options.maxPartitionFetchBytes,
        },
        produce: {
          batches: batches / seconds,
          records: (counts.records - produced.records) / seconds,
          bytes: (counts.bytes - produced.bytes) / seconds,
          fill: batches === 0 ? 0 : (counts.filled - produced.filled) / batches,
        },
        queuedBytes: counts.queuedBytes,
        lag: Object.fromEntries(
          [...slot.partitions.values()].map(({ partition, end, next, committedAtStart }) => [
            partition,
            Math.max(0, end - Math.max(next, committedAtStart)),
          ]),
        ),
        commitAgeMs: slot.lastCommitAt === undefined ? null : now() - slot.lastCommitAt,
        arrival: arrival.take(),
        processing: processing.take(),
        latencyBuckets: { arrival: arrival.buckets(), processing: processing.buckets() },
        eventLoopDelayMs: Number.isFinite(loopDelay.mean) ? loopDelay.mean / 1e6 : 0,
        heapUsedBytes: heap.used_heap_size,
        heapLimitBytes: heap.heap_size_limit,
        gcMs: perSecond(gcMs),
      }
      produced = {
        batches: counts.batches,
        records: counts.records,
        bytes: counts.bytes,
        filled: counts.filled,
      }
      window = freshWindow()
      backPressuredMs = 0
      gcMs = 0
      loopDelay.reset()
      return stats
    },
    stop() {
      loopDelay.disable()
      gc.disconnect()
    },
  }
}

/** Decimal text as a number, without making text of it first; NaN when it is none. */
function readMillis(text: Buffer): number {
  let value = 0
  for (let at = 0; at < text.length; at += 1) {
    const digit = (text[at] as number) - 48
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

function freshWindow() {
  return { batches: 0, records: 0, bytes: 0, decided: 0 }
}

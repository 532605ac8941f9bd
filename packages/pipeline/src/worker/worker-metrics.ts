import type { WorkerSample } from '@radtune/core/contract'
import { Counter, Gauge, Registry } from 'prom-client'
import { latencyHistogramText } from '../stats-server/index.ts'

/** A worker's sample as Prometheus text. Cumulative counts are counters, everything of the last second a gauge. */
export async function workerMetrics(sample: WorkerSample): Promise<string> {
  const registry = new Registry()
  const registers = [registry]
  const slotLabels = ['slot'] as const
  const received = new Counter({
    name: 'radtune_slot_records_in_total',
    help: 'Records decided about',
    labelNames: slotLabels,
    registers,
  })
  const emitted = new Counter({
    name: 'radtune_slot_records_out_total',
    help: 'Records by output',
    labelNames: ['slot', 'output'],
    registers,
  })
  const duplicates = new Counter({
    name: 'radtune_slot_duplicates_total',
    help: 'Duplicates dropped',
    labelNames: slotLabels,
    registers,
  })
  const rejects = new Counter({
    name: 'radtune_slot_rejects_total',
    help: 'Dirty records by reason',
    labelNames: ['slot', 'reason'],
    registers,
  })
  const time = new Gauge({
    name: 'radtune_slot_time_ms_per_second',
    help: 'Busy, idle and back-pressured time',
    labelNames: ['slot', 'state'],
    registers,
  })
  const stage = new Gauge({
    name: 'radtune_slot_stage_ms_per_second',
    help: 'Time by stage, sampled',
    labelNames: ['slot', 'stage'],
    registers,
  })
  const lag = new Gauge({
    name: 'radtune_partition_lag_records',
    help: 'Records not yet processed',
    labelNames: ['slot', 'partition'],
    registers,
  })
  const queued = new Gauge({
    name: 'radtune_slot_queued_bytes',
    help: 'Bytes held for the broker',
    labelNames: slotLabels,
    registers,
  })
  const heap = new Gauge({
    name: 'radtune_slot_heap_used_bytes',
    help: 'V8 heap in use',
    labelNames: slotLabels,
    registers,
  })
  const rss = new Gauge({
    name: 'radtune_process_resident_bytes',
    help: 'Resident memory of the process',
    registers,
  })
  const cpu = new Counter({
    name: 'radtune_process_cpu_seconds_total',
    help: 'CPU time of the process',
    registers,
  })
  rss.set(sample.rssBytes)
  cpu.inc(sample.cpuMs / 1000)
  for (const stats of sample.slots) {
    const slot = String(stats.slot)
    received.inc({ slot }, stats.in)
    duplicates.inc({ slot }, stats.duplicates)
    for (const [output, count] of Object.entries(stats.out)) emitted.inc({ slot, output }, count)
    for (const [reason, count] of Object.entries(stats.rejects)) rejects.inc({ slot, reason }, count)
    time.set({ slot, state: 'busy' }, stats.busyMs)
    time.set({ slot, state: 'idle' }, stats.idleMs)
    time.set({ slot, state: 'back-pressured' }, stats.backPressuredMs)
    for (const [name, ms] of Object.entries(stats.stageMs)) stage.set({ slot, stage: name }, ms)
    for (const [partition, records] of Object.entries(stats.lag)) lag.set({ slot, partition }, records)
    queued.set({ slot }, stats.queuedBytes)
    heap.set({ slot }, stats.heapUsedBytes)
  }
  return (await registry.metrics()) + latencyText(sample)
}

function latencyText({ slots }: WorkerSample): string {
  const series = slots.flatMap(({ slot, latencyBuckets: { arrival, processing } }) => [
    { labels: { slot: String(slot), leg: 'arrival' }, buckets: arrival },
    { labels: { slot: String(slot), leg: 'processing' }, buckets: processing },
  ])
  const help = 'Provider to decision (arrival), first append to acknowledgement of a batch (processing)'
  return latencyHistogramText({ name: 'radtune_slot_latency_ms', help }, series)
}

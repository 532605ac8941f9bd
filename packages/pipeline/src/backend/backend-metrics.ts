import type { BackendSample, Latency, RecordSums } from '@radtune/core/contract'
import { Counter, Gauge, Registry } from 'prom-client'

/** Everything `/metrics` of the backend says. */
export interface BackendNumbers {
  sample: BackendSample
  latencySinceStart: Latency
  records: RecordSums | null
  mismatches: number
  sensors: number
  undecodable: number
  coalesced: number
  healthy: boolean
}

/** The backend's numbers as Prometheus text. What is unknown is left out, not zero. */
export async function backendMetrics(numbers: BackendNumbers): Promise<string> {
  const registry = new Registry()
  const registers = [registry]
  const { sample, records } = numbers
  const gauge = (name: string, help: string, value: number) =>
    new Gauge({ name: `radtune_${name}`, help, registers }).set(value)
  const counter = (name: string, help: string, value: number) =>
    new Counter({ name: `radtune_${name}`, help, registers }).inc(value)

  gauge('backend_healthy', '1 when /health answers 200', numbers.healthy ? 1 : 0)
  const received = new Counter({
    name: 'radtune_backend_records_received_total',
    help: 'Records received by output',
    labelNames: ['output'],
    registers,
  })
  for (const [output, count] of Object.entries(sample.received)) received.inc({ output }, count)
  const levels = new Counter({
    name: 'radtune_backend_readings_total',
    help: 'Readings received by level',
    labelNames: ['level'],
    registers,
  })
  for (const [level, count] of Object.entries(sample.levels)) levels.inc({ level }, count)
  gauge(
    'backend_records_per_second',
    'Records received per second, over the last second',
    sample.recordsPerSecond,
  )
  counter('backend_undecodable_total', 'Records of output topics that could not be read', numbers.undecodable)
  counter('backend_coalesced_total', 'Readings replaced before they were sent to the page', numbers.coalesced)
  counter('backend_frames_skipped_total', 'Frames that slow clients did not get', sample.skippedFrames)
  gauge('backend_clients', 'WebSocket clients', sample.clients)
  gauge('backend_sensors', 'Sensors whose latest reading is held', numbers.sensors)
  addLatency(registry, { 'last-10-s': sample.endToEnd, 'since-start': numbers.latencySinceStart })
  if (records) addRecords(registry, records)
  gauge('record_count_mismatches', 'Partitions whose counters do not match their offsets', numbers.mismatches)
  gauge('process_resident_bytes', 'Resident memory of the process', sample.rssBytes)
  counter('process_cpu_seconds_total', 'CPU time of the process', sample.cpuMs / 1000)
  return registry.metrics()
}

function addLatency(registry: Registry, windows: Record<string, Latency>): void {
  const latency = new Gauge({
    name: 'radtune_end_to_end_latency_ms',
    help: 'From sent-at at the provider to receipt at the backend',
    labelNames: ['window', 'quantile'],
    registers: [registry],
  })
  for (const [window, { p50Ms, p95Ms, p99Ms, p999Ms, maxMs }] of Object.entries(windows)) {
    for (const [quantile, ms] of [
      ['0.5', p50Ms],
      ['0.95', p95Ms],
      ['0.99', p99Ms],
      ['0.999', p999Ms],
      ['1', maxMs],
    ] as const) {
      if (ms !== null) latency.set({ window, quantile }, ms)
    }
  }
}

function addRecords(registry: Registry, records: RecordSums): void {
  const gauge = new Gauge({
    name: 'radtune_records',
    help: 'Where the records of the input are, from committed counters; in is the sum of the others',
    labelNames: ['place'],
    registers: [registry],
  })
  for (const place of ['in', 'normal', 'critical', 'dirty', 'duplicates', 'inFlight'] as const) {
    gauge.set({ place }, records[place])
  }
  const dirty = new Gauge({
    name: 'radtune_records_dirty',
    help: 'Dirty records by reason',
    labelNames: ['reason'],
    registers: [registry],
  })
  for (const [reason, count] of Object.entries(records.dirtyByReason)) dirty.set({ reason }, count)
}

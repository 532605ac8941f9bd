import type { ProviderSample } from '@radtune/core/contract'
import { Counter, Gauge, Registry } from 'prom-client'

/** The provider's sample as Prometheus text. */
export async function providerMetrics(sample: ProviderSample): Promise<string> {
  const registry = new Registry()
  const registers = [registry]
  const counter = (name: string, help: string, value: number) =>
    new Counter({ name, help, registers }).inc(value)
  const gauge = (name: string, help: string, value: number) => new Gauge({ name, help, registers }).set(value)
  counter('radtune_provider_rows_read_total', 'Rows read', sample.read)
  counter('radtune_provider_rows_published_total', 'Rows published and acknowledged', sample.published)
  counter('radtune_provider_rows_skipped_total', 'Rows that an earlier run had published', sample.skipped)
  counter('radtune_provider_lines_malformed_total', 'Lines that are not rows', sample.malformed)
  gauge('radtune_provider_rows_per_second', 'Rows published per second', sample.recordsPerSecond)
  gauge(
    'radtune_provider_target_rows_per_second',
    'Rows per second asked for; 0 is no limit',
    sample.targetPerSecond,
  )
  gauge('radtune_provider_queued_bytes', 'Bytes held for the broker', sample.queuedBytes)
  gauge(
    'radtune_provider_back_pressured_ms_per_second',
    'Time in which reading waited for Kafka',
    sample.backPressuredMs,
  )
  gauge('radtune_process_resident_bytes', 'Resident memory of the process', sample.rssBytes)
  counter('radtune_process_cpu_seconds_total', 'CPU time of the process', sample.cpuMs / 1000)
  return registry.metrics()
}

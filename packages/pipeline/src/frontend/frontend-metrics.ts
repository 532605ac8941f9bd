import type { FrontendSample } from '@radtune/core/contract'
import { Counter, Gauge, Registry } from 'prom-client'

/** The frontend's sample as Prometheus text. */
export async function frontendMetrics(sample: FrontendSample): Promise<string> {
  const registry = new Registry()
  const registers = [registry]
  new Counter({ name: 'radtune_frontend_requests_total', help: 'HTTP requests', registers }).inc(
    sample.requests,
  )
  new Gauge({
    name: 'radtune_process_resident_bytes',
    help: 'Resident memory of the process',
    registers,
  }).set(sample.rssBytes)
  new Counter({ name: 'radtune_process_cpu_seconds_total', help: 'CPU time of the process', registers }).inc(
    sample.cpuMs / 1000,
  )
  return registry.metrics()
}

import type { BackendSample, Health, ProviderSample, WorkerSample } from '@radtune/core/contract'
import type { Reading } from '@radtune/core/metrics'

/** HTTP questions to the services of the pipeline. A service that does not answer is a Reading with a why. */
export interface StatsSource {
  worker(port: number): Promise<Reading<WorkerSample>>
  provider(port: number): Promise<Reading<ProviderSample>>
  backend(port: number): Promise<Reading<BackendSample>>
  health(port: number): Promise<Reading<Health>>
}

import type {
  BackendSample,
  Health,
  ProviderSample,
  SettingsReport,
  WorkerSample,
} from '@radtune/core/contract'
import type { Reading } from '@radtune/core/metrics'

/** HTTP questions to the services of the pipeline. A service that does not answer is a Reading with a why. */
export interface StatsSource {
  worker(port: number): Promise<Reading<WorkerSample>>
  provider(port: number): Promise<Reading<ProviderSample>>
  backend(port: number): Promise<Reading<BackendSample>>
  /** What a service remembers of the last 15 minutes, oldest first: a sample a second of the newest, one in five seconds of older ones. */
  workerHistory(port: number): Promise<Reading<WorkerSample[]>>
  providerHistory(port: number): Promise<Reading<ProviderSample[]>>
  backendHistory(port: number): Promise<Reading<BackendSample[]>>
  /** The live settings that any service runs by. */
  settings(port: number): Promise<Reading<SettingsReport>>
  health(port: number): Promise<Reading<Health>>
}

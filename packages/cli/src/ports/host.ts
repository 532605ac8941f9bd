import type { HostLoad } from '@radtune/core/metrics'

/** The machine that radtune runs on, the limits of its own cgroup respected. */
export interface Host {
  facts(): Promise<{ cpus: number; memoryBytes: number; availableMemoryBytes: number; platform: string }>
  /** How busy it is: CPU since the question before (the first one waits for a moment), and memory. */
  load(): Promise<HostLoad>
}

import type { HostLoad } from '@radtune/core/metrics'

/** What a process may use of a machine, and the machine itself. */
export interface HostFacts {
  /** The limits of our own cgroup respected. */
  cpus: number
  memoryBytes: number
  availableMemoryBytes: number
  platform: string
  /** The machine without those limits. */
  machine: { cpus: number; memoryBytes: number }
  /** The limits of our own cgroup and those above it; absent where none are set. */
  limits?: { how: 'cgroup v1' | 'cgroup v2'; cpus?: number; memoryBytes?: number }
}

/** The machine that radtune runs on, the limits of its own cgroup respected. */
export interface Host {
  facts(): Promise<HostFacts>
  /** How busy it is: CPU since the question before (the first one waits for a moment), and memory. */
  load(): Promise<HostLoad>
}

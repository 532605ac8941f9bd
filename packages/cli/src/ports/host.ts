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

/** What tells one machine from another, and does not change while it runs. */
export interface HostIdentity {
  cpuModel: string
  /** Operating system and its version up to the minor one: `Linux 6.8`. */
  kernel: string
  arch: string
}

/** The machine that radtune runs on, the limits of its own cgroup respected. */
export interface Host {
  facts(): Promise<HostFacts>
  identity(): Promise<HostIdentity>
  /** How busy it is: CPU since the question before (the first one waits for a moment), and memory. */
  load(): Promise<HostLoad>
}

/** The machine that radtune runs on, the limits of its own cgroup respected. */
export interface Host {
  facts(): Promise<{ cpus: number; memoryBytes: number; availableMemoryBytes: number; platform: string }>
}

import type { SettingKey, SettingValues } from '../settings/index.ts'

export type Role = 'kafka' | 'worker' | 'backend' | 'provider' | 'frontend'

/** Where a value came from; anything but `derived` is a pin. Later ones win. */
export type Origin =
  | 'derived'
  | 'profile'
  | 'user config'
  | 'radtune.yaml'
  | 'overlay'
  | 'environment'
  | 'flag'

/** Why a number is what it is: the rule that gave it and the sentence that explains it with its figures. */
export interface Reason {
  /** What it explains: a field of the service (`memoryBytes`) or a setting key. */
  of: string
  rule: string
  sentence: string
  /** Who pinned the number; absent when the rule derived it. */
  origin?: Origin
  /** Where a pin was written, as file:line, when it was a file. */
  at?: string
}

/** One service of the stack: limits, reservations, and the reason for each number. */
export interface ServiceSpec {
  /** kafka, worker-1, worker-2, backend, provider, frontend. */
  name: string
  role: Role
  memoryBytes: number
  cpus: number
  reservedMemoryBytes: number
  reservedCpus: number
  heapBytes?: number
  /** Workers only: consumer threads in this process. */
  slots?: number
  reasons: readonly Reason[]
}

export interface TopicSpec {
  name: string
  partitions: number
  replicationFactor: number
  /** Topic settings in Kafka's own names, values as text. */
  config: Readonly<Record<string, string>>
}

export interface ResolvedSetting<Key extends SettingKey = SettingKey> {
  value: SettingValues[Key]
  origin: Origin
  /** Where a pin was written, as file:line, when it was a file. */
  at?: string
  reason: Reason
}

/** Something of the reference configuration that is done otherwise here, and why. */
export interface Deviation {
  documented: string
  instead: string
  reason: string
}

/** What should run: services, limits, topics, settings, and the reason for each number. No dialect of any runtime. */
export interface StackSpec {
  schema: 'radtune.stack/1'
  profile: string
  engine: 'worker'
  machine: { cpus: number; memoryBytes: number; usableMemoryBytes: number }
  workload: { minPerSecond: number; maxPerSecond: number; latencyTargetMs: number }
  services: readonly ServiceSpec[]
  topics: readonly TopicSpec[]
  settings: Readonly<{ [Key in SettingKey]: ResolvedSetting<Key> }>
  totals: {
    memoryBytes: number
    cpus: number
    reservedMemoryBytes: number
    reservedCpus: number
    /** Σ CPU limits ÷ machine CPUs, and the most that is allowed. */
    cpuOvercommit: number
    maxCpuOvercommit: number
  }
  deviations: readonly Deviation[]
}

import type { SettingKey, SettingValues } from '../settings/index.ts'

/** A setting that a profile pins. */
export interface ProfilePin<Key extends SettingKey = SettingKey> {
  key: Key
  value: SettingValues[Key]
  /** Line of the profile, from 1. */
  line: number
  /** Set when it is for one service of the role only, e.g. `worker-2`. */
  service?: string
}

/** A validated description of a machine, its workload and its wishes. No derived number. */
export interface Profile {
  name: string
  /** The file it was read from; absent when it was made from its name alone. */
  file?: string
  machine: { cpus: number; memoryBytes: number }
  workload: { minPerSecond: number; maxPerSecond: number; latencyTargetMs: number }
  pins: readonly ProfilePin[]
}

/** Something wrong in the text of a profile, where it stands. Lines and columns count from 1. */
export interface ProfileProblem {
  file: string
  line: number
  column: number
  message: string
  /** The word that was probably meant. */
  suggestion?: string
}

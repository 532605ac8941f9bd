import type { SlotFault, SlotStats } from '@radtune/core/contract'
import type { SlotSettings } from './slot-settings.ts'

/** What a slot thread is started with. */
export interface SlotStart {
  slot: number
  service: string
  bootstrap: string
  settings: SlotSettings
  /** Counts the changes of settings in this process. */
  generation: number
  fault: SlotFault | undefined
}

/** From the thread to its process, once a second and when something happens. */
export type SlotMessage =
  | { kind: 'stats'; stats: SlotStats; health: SlotHealth }
  | { kind: 'log'; level: 'info' | 'warn' | 'error'; message: string; details: Record<string, unknown> }
  /** The settings of this generation are in force. */
  | { kind: 'applied'; generation: number }
  | { kind: 'failed'; message: string }
  | { kind: 'stopped' }

/** From the process to its thread. `leave` gives the slot's place in the group up; else whoever comes back under its name gets it. */
export type SlotCommand =
  | { kind: 'stop'; leave: boolean }
  | { kind: 'settings'; settings: SlotSettings; generation: number }

export interface SlotHealth {
  joined: boolean
  /** Milliseconds since the last answer to a fetch; undefined before the first. */
  silentMs: number | undefined
  lastCommitFailure: string | undefined
}

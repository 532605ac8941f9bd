import type { SlotStats } from '@radtune/core/contract'
import type { SlotSettings } from './slot-settings.ts'

/** What a slot thread is started with. */
export interface SlotStart {
  slot: number
  service: string
  bootstrap: string
  settings: SlotSettings
}

/** From the thread to its process, once a second and when something happens. */
export type SlotMessage =
  | { kind: 'stats'; stats: SlotStats; health: SlotHealth }
  | { kind: 'log'; level: 'info' | 'warn' | 'error'; message: string; details: Record<string, unknown> }
  | { kind: 'failed'; message: string }
  | { kind: 'stopped' }

/** From the process to its thread. */
export type SlotCommand = { kind: 'stop' }

export interface SlotHealth {
  joined: boolean
  /** Milliseconds since the last answer to a fetch; undefined before the first. */
  silentMs: number | undefined
  lastCommitFailure: string | undefined
}

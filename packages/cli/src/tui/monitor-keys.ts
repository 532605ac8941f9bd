import type { MonitorStore } from './monitor-store.ts'

/** A key of the monitor. None of them changes the system. */
export interface MonitorKey {
  /** As it is typed. */
  keys: readonly string[]
  /** As it is named in the help. */
  name: string
  does: string
  act(store: MonitorStore, quit: () => void): void
}

/** All keys: the footer, the help and the docs are made of them. */
export const MONITOR_KEYS: readonly MonitorKey[] = [
  { keys: ['?'], name: '?', does: 'help', act: (store) => store.toggleHelp() },
  { keys: ['q', 'ctrl-c'], name: 'q', does: 'quit', act: (_, quit) => quit() },
  { keys: [' '], name: 'space', does: 'pause', act: (store) => store.togglePause() },
  { keys: ['<', ',', 'left'], name: '<', does: 'step back', act: (store) => store.step(-1) },
  { keys: ['>', '.', 'right'], name: '>', does: 'step on', act: (store) => store.step(1) },
  { keys: ['{', '['], name: '[', does: 'ten back', act: (store) => store.step(-10) },
  { keys: ['}', ']'], name: ']', does: 'ten on', act: (store) => store.step(10) },
]

import { useInput } from 'ink'
import { useSyncExternalStore } from 'react'
import { MONITOR_KEYS } from '../monitor-keys.ts'
import type { MonitorStore } from '../monitor-store.ts'
import { monitorHelp, monitorView, waitingView } from '../view-models/monitor-view.ts'
import { StyledFrame, type Terminal, useScreenSize } from './StyledFrame.tsx'

interface MonitorScreenProps {
  store: MonitorStore
  terminal: Terminal
  intervalMs: number
  replayed: boolean
  /** What radtune itself uses, when that is asked for. */
  self?: (() => string) | undefined
  onQuit: () => void
}

/** The live monitor: drawn anew with each moment, held while it is paused. */
export function MonitorScreen({ store, terminal, intervalMs, replayed, self, onQuit }: MonitorScreenProps) {
  const { moments, held, help, over } = useSyncExternalStore(store.subscribe, store.current)
  const size = useScreenSize(terminal)
  useInput((input, key) => {
    const typed =
      key.ctrl && input === 'c' ? 'ctrl-c' : key.leftArrow ? 'left' : key.rightArrow ? 'right' : input
    if (key.escape && help) return store.toggleHelp()
    MONITOR_KEYS.find(({ keys }) => keys.includes(typed))?.act(store, onQuit)
  })
  const moment = moments[held ?? moments.length - 1]
  const mode = held !== undefined ? 'PAUSED' : over ? 'END' : replayed ? 'REPLAY' : 'LIVE'
  const lines = help
    ? monitorHelp(MONITOR_KEYS, size)
    : moment
      ? monitorView(
          { moment, now: moment.snapshot.at, intervalMs, mode, self: self?.(), keys: MONITOR_KEYS },
          size,
        )
      : waitingView(size)
  return <StyledFrame lines={lines} size={size} />
}

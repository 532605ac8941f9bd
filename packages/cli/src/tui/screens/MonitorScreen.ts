import { type Key, useInput } from 'ink'
import { useEffect, useSyncExternalStore } from 'react'
import { followLogs, type OpenLogs } from '../follow-logs.ts'
import type { Terminal } from '../frame-painter.ts'
import { MONITOR_KEYS, type MonitorActions, pressKey } from '../monitor-keys.ts'
import type { MonitorState, MonitorStore } from '../monitor-store.ts'
import { useFrame, useScreenSize } from '../use-frame.ts'
import { monitorHelp } from '../view-models/monitor-help.ts'
import { monitorView, waitingView } from '../view-models/monitor-view.ts'
import type { ScreenSize } from '../view-models/status-view.ts'
import { type StyledLine, textOf } from '../view-models/styled-line.ts'

interface MonitorScreenProps {
  store: MonitorStore
  terminal: Terminal
  colour: boolean
  /** Between two samples, at the present pace. */
  intervalMs: () => number
  replayed: boolean
  /** What radtune itself uses, when that is asked for. */
  self?: (() => string) | undefined
  pace: MonitorActions['pace']
  /** Writes a frame of text; answers where, or why not. */
  save(frame: string): Promise<string>
  openLogs: OpenLogs
  onQuit: () => void
}

/** The live monitor: drawn anew with each moment and each key, held while it is paused. */
export function MonitorScreen(props: MonitorScreenProps) {
  const { store, terminal, colour, pace, save, openLogs, onQuit } = props
  const state = useSyncExternalStore(store.subscribe, store.current)
  const size = useScreenSize(terminal)
  const lines = linesOf(state, props, size)
  const actions: MonitorActions = {
    quit: onQuit,
    pace,
    save: () => save(`${lines.map((line) => textOf(line).trimEnd()).join('\n')}\n`),
    rows: () => size.rows,
  }
  useInput((input, key) => {
    const name = nameOf(key, input)
    // What is pasted or typed ahead comes at once.
    for (const typed of name === undefined ? input : [name]) pressKey(typed, store, actions)
  })
  const { view, logsOf } = state.look
  const reading = view === 'logs'
  useEffect(
    () => (reading ? followLogs(store, openLogs, logsOf) : undefined),
    [store, openLogs, reading, logsOf],
  )
  useFrame(terminal, { lines, size, colour })
  return null
}

function linesOf(
  { moment, held, look, logs, judged, drift, over }: MonitorState,
  { intervalMs, replayed, self }: MonitorScreenProps,
  size: ScreenSize,
): readonly StyledLine[] {
  if (look.view === 'help')
    return monitorHelp(
      MONITOR_KEYS.filter(({ name }) => name !== ''),
      size,
    )
  if (!moment) return waitingView(size)
  const mode = held !== undefined ? 'PAUSED' : over ? 'END' : replayed ? 'REPLAY' : 'LIVE'
  const keys = MONITOR_KEYS.filter(({ footer }) => footer)
  return monitorView(
    { moment, intervalMs: intervalMs(), mode, self: self?.(), screen: { look, keys, logs, judged, drift } },
    size,
  )
}

/** A key by the name that the table of keys has for it; undefined for text. */
function nameOf(key: Key, input: string): string | undefined {
  if (key.ctrl) return `ctrl-${input}`
  if (key.upArrow) return 'up'
  if (key.downArrow) return 'down'
  if (key.leftArrow) return 'left'
  if (key.rightArrow) return 'right'
  if (key.pageUp) return 'pageup'
  if (key.pageDown) return 'pagedown'
  if (key.return) return 'enter'
  if (key.escape) return 'escape'
  if (key.tab) return key.shift ? 'shift-tab' : 'tab'
  if (key.backspace || key.delete) return 'backspace'
  return undefined
}

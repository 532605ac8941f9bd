import { useInput } from 'ink'
import { useSyncExternalStore } from 'react'
import type { Terminal } from '../frame-painter.ts'
import type { StatusStore } from '../status-store.ts'
import { useFrame, useScreenSize } from '../use-frame.ts'
import { statusView } from '../view-models/status-view.ts'

interface StatusScreenProps {
  store: StatusStore
  terminal: Terminal
  colour: boolean
  onQuit: () => void
}

/** The status of a stack, drawn anew with each report, until `q`, escape or Ctrl-C. */
export function StatusScreen({ store, terminal, colour, onQuit }: StatusScreenProps) {
  const history = useSyncExternalStore(store.subscribe, store.current)
  const size = useScreenSize(terminal)
  useInput((input, key) => {
    if (input === 'q' || key.escape || (key.ctrl && input === 'c')) onQuit()
  })
  useFrame(terminal, { lines: statusView(history, size), size, colour })
  return null
}

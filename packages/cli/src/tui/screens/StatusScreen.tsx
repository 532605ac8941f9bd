import { Box, Text, useInput } from 'ink'
import { useEffect, useState, useSyncExternalStore } from 'react'
import type { StatusStore } from '../status-store.ts'
import { theme } from '../theme.ts'
import { type ScreenSize, statusView } from '../view-models/status-view.ts'

/** The part of a terminal's stream that tells its size. */
interface Terminal {
  columns?: number
  rows?: number
  on(event: 'resize', listener: () => void): unknown
  off(event: 'resize', listener: () => void): unknown
}

interface StatusScreenProps {
  store: StatusStore
  terminal: Terminal
  onQuit: () => void
}

/** The status of a stack, drawn anew with each report, until `q`, escape or Ctrl-C. */
export function StatusScreen({ store, terminal, onQuit }: StatusScreenProps) {
  const history = useSyncExternalStore(store.subscribe, store.current)
  const size = useScreenSize(terminal)
  useInput((input, key) => {
    if (input === 'q' || key.escape || (key.ctrl && input === 'c')) onQuit()
  })
  const lines = statusView(history, size)
  return (
    // A frame as high as the terminal would make Ink clear the scrollback; a new key at each size draws it from scratch.
    <Box key={`${size.columns}x${size.rows}`} flexDirection="column" height={size.rows - 1}>
      {lines.map((line, index) => (
        <Text key={index} wrap="truncate">
          {line.length === 0 ? ' ' : null}
          {line.map(({ text, tone }, place) => (
            <Text key={place} {...theme[tone]}>
              {text}
            </Text>
          ))}
        </Text>
      ))}
    </Box>
  )
}

function useScreenSize(terminal: Terminal): ScreenSize {
  const [size, setSize] = useState(() => sizeOf(terminal))
  useEffect(() => {
    const resized = () => setSize(sizeOf(terminal))
    terminal.on('resize', resized)
    return () => {
      terminal.off('resize', resized)
    }
  }, [terminal])
  return size
}

function sizeOf({ columns, rows }: Terminal): ScreenSize {
  return { columns: columns || 80, rows: rows || 24 }
}

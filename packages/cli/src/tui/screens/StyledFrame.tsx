import { Box, Text } from 'ink'
import { useEffect, useState } from 'react'
import { plainTheme, theme } from '../theme.ts'
import type { ScreenSize } from '../view-models/status-view.ts'
import type { StyledLine } from '../view-models/styled-line.ts'

/** The part of a terminal's stream that tells its size. */
export interface Terminal {
  columns?: number
  rows?: number
  on(event: 'resize', listener: () => void): unknown
  off(event: 'resize', listener: () => void): unknown
}

/** Styled lines as a frame of a terminal. */
export function StyledFrame({
  lines,
  size,
  colour,
}: {
  lines: readonly StyledLine[]
  size: ScreenSize
  colour: boolean
}) {
  const looks = colour ? theme : plainTheme
  return (
    // A frame as high as the terminal would make Ink clear the scrollback; a new key at each size draws it from scratch.
    <Box key={`${size.columns}x${size.rows}`} flexDirection="column" height={size.rows - 1}>
      {lines.map((line, index) => (
        <Text key={index} wrap="truncate">
          {line.length === 0 ? ' ' : null}
          {line.map(({ text, tone }, place) => (
            <Text key={place} {...looks[tone]}>
              {text}
            </Text>
          ))}
        </Text>
      ))}
    </Box>
  )
}

/** The size of a terminal, followed as it changes. */
export function useScreenSize(terminal: Terminal): ScreenSize {
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

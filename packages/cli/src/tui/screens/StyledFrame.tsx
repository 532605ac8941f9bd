import { Box, Text } from 'ink'
import { memo, useEffect, useState } from 'react'
import { plainTheme, theme } from '../theme.ts'
import type { ScreenSize } from '../view-models/status-view.ts'
import type { Span, StyledLine } from '../view-models/styled-line.ts'

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
  return (
    // A frame as high as the terminal would make Ink clear the scrollback; a new key at each size draws it from scratch.
    <Box key={`${size.columns}x${size.rows}`} flexDirection="column" height={size.rows - 1}>
      {lines.map((line, index) => (
        <FrameLine key={index} line={line} colour={colour} />
      ))}
    </Box>
  )
}

/** Most lines of a frame are those of the frame before: they are left as they are. */
const FrameLine = memo(
  function FrameLine({ line, colour }: { line: StyledLine; colour: boolean }) {
    const looks = colour ? theme : plainTheme
    return (
      <Text wrap="truncate">
        {line.length === 0 ? ' ' : null}
        {joined(line).map(({ text, tone }, place) => (
          <Text key={place} {...looks[tone]}>
            {text}
          </Text>
        ))}
      </Text>
    )
  },
  (before, after) => before.colour === after.colour && isSame(before.line, after.line),
)

/** Neighbours of one tone as one: each costs Ink a node. */
function joined(line: StyledLine): Span[] {
  const spans: Span[] = []
  for (const { text, tone } of line) {
    const last = spans.at(-1)
    if (last?.tone === tone) last.text += text
    else spans.push({ text, tone })
  }
  return spans
}

function isSame(before: StyledLine, after: StyledLine): boolean {
  return (
    before.length === after.length &&
    before.every(({ text, tone }, index) => text === after[index]?.text && tone === after[index]?.tone)
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

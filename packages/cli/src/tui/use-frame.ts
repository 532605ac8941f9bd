import { useEffect, useLayoutEffect, useMemo, useState } from 'react'
import { FramePainter, type Terminal } from './frame-painter.ts'
import type { ScreenSize } from './view-models/status-view.ts'
import type { StyledLine } from './view-models/styled-line.ts'

/**
 * Draws a frame when a screen renders. Ink itself is given nothing to draw: it would lay out and style each cell of each frame anew
 * (decision 17).
 */
export function useFrame(
  terminal: Terminal,
  { lines, size, colour }: { lines: readonly StyledLine[]; size: ScreenSize; colour: boolean },
): void {
  const painter = useMemo(() => new FramePainter(terminal, colour), [terminal, colour])
  useLayoutEffect(() => painter.paint(lines, size))
  useEffect(() => () => painter.stop(), [painter])
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

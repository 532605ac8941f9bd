import type { Tone } from './view-models/styled-line.ts'

/** How Ink draws a text. */
interface TextLook {
  color?: string
  bold?: boolean
  dimColor?: boolean
}

/** What a tone looks like, in Ink's names. */
export const theme: Readonly<Record<Tone, TextLook>> = {
  plain: {},
  strong: { bold: true },
  dim: { dimColor: true },
  good: { color: 'green' },
  warn: { color: 'yellow' },
  bad: { color: 'red', bold: true },
  accent: { color: 'cyan' },
  chosen: { bold: true },
}

/** The same without colours, for `NO_COLOR`. */
export const plainTheme = Object.fromEntries(
  Object.entries(theme).map(([tone, { color: _, ...look }]) => [tone, look]),
) as typeof theme

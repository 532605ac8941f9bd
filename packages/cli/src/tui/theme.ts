import type { Tone } from './view-models/styled-line.ts'

/** What a tone looks like: parameters of the escape code that selects it (SGR, ECMA-48). */
export const theme: Readonly<Record<Tone, string>> = {
  plain: '',
  strong: '1',
  dim: '2',
  good: '32',
  warn: '33',
  bad: '1;31',
  accent: '36',
  chosen: '1',
}

/** The same without colours, for `NO_COLOR`. */
export const plainTheme: typeof theme = { ...theme, good: '', warn: '', bad: '1', accent: '' }

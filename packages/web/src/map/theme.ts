/** Colours of the map that go with the page's; those of the dose classes are the same in both. */
export interface MapTheme {
  water: string
  land: string
  coast: string
  border: string
  /** Around symbols, channels from 0 to 1. */
  outline: readonly [number, number, number]
  /** Text on the strong and on the weak classes. */
  cellBorder: string
}

export const MAP_THEMES: Record<'light' | 'dark', MapTheme> = {
  dark: {
    water: '#0d1117',
    land: '#1c2430',
    coast: '#344154',
    border: '#2b3646',
    outline: [0.05, 0.07, 0.09],
    cellBorder: '#0d1117',
  },
  light: {
    water: '#dfe6ee',
    land: '#f7f7f4',
    coast: '#a9b5c4',
    border: '#cfd5dd',
    outline: [0.16, 0.2, 0.26],
    cellBorder: '#333d4b',
  },
}

/** Colours of one stream; each function gives its text back unchanged where colour is off. */
export interface Palette {
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  green(text: string): string
  yellow(text: string): string
  cyan(text: string): string
}

export function createPalette(colour: boolean): Palette {
  const paint = (open: number, close: number) => (text: string) =>
    colour && text !== '' ? `\u001b[${open}m${text}\u001b[${close}m` : text
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    cyan: paint(36, 39),
  }
}

/**
 * Whether a stream gets colour: `NO_COLOR` (any text) turns it off, `FORCE_COLOR` turns it on (off for `0` or `false`),
 * else a terminal that is not `TERM=dumb` gets it.
 */
export function wantsColour(
  environment: Readonly<Record<string, string | undefined>>,
  terminal: boolean,
): boolean {
  if (environment.NO_COLOR) return false
  const force = environment.FORCE_COLOR
  if (force !== undefined) return force !== '0' && force !== 'false'
  return terminal && environment.TERM !== 'dumb'
}

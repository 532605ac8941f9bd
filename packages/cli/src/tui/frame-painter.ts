import { plainTheme, theme } from './theme.ts'
import type { ScreenSize } from './view-models/status-view.ts'
import type { StyledLine } from './view-models/styled-line.ts'

/** The part of a terminal's stream that a screen needs. */
export interface Terminal {
  columns?: number
  rows?: number
  write(text: string): unknown
  on(event: 'resize', listener: () => void): unknown
  off(event: 'resize', listener: () => void): unknown
}

/** Keys that repeat and replays at full speed are not drawn more often. */
const LEAST_MS = 30
/** A terminal that knows them shows what is between them at once; others ignore them. */
const [BEGIN_UPDATE, END_UPDATE] = ['\u001b[?2026h', '\u001b[?2026l']
const CLEAR_SCREEN = '\u001b[2J'

/**
 * Draws frames of whole lines on a terminal, which must be its alternate screen: only lines that are not the same as before are
 * written, and a frame that comes too soon after another is drawn a moment later, unless a newer one replaces it.
 */
export class FramePainter {
  readonly #terminal: Terminal
  readonly #looks: typeof theme
  #drawn: string[] = []
  #size: ScreenSize = { columns: 0, rows: 0 }
  #drawnAt = 0
  #later: NodeJS.Timeout | undefined

  constructor(terminal: Terminal, colour: boolean) {
    this.#terminal = terminal
    this.#looks = colour ? theme : plainTheme
  }

  /** `lines` are as wide as `size` at most, and not more than its rows. */
  paint(lines: readonly StyledLine[], size: ScreenSize): void {
    this.stop()
    const waitMs = this.#drawnAt + LEAST_MS - performance.now()
    if (waitMs > 0) this.#later = setTimeout(() => this.paint(lines, size), waitMs)
    else this.#draw(lines, size)
  }

  /** What was not drawn yet will not be. */
  stop(): void {
    clearTimeout(this.#later)
    this.#later = undefined
  }

  #draw(lines: readonly StyledLine[], { columns, rows }: ScreenSize): void {
    this.#drawnAt = performance.now()
    const resized = columns !== this.#size.columns || rows !== this.#size.rows
    const before = resized ? [] : this.#drawn
    const texts = lines.map((line) => this.#textOf(line))
    let changes = resized ? CLEAR_SCREEN : ''
    for (let row = 0; row < Math.max(texts.length, before.length); row += 1) {
      const text = texts[row] ?? ''
      // Erased before it is written: after a line that fills its row the cursor still stands on the last cell.
      if (text !== (before[row] ?? '')) changes += `\u001b[${row + 1};1H\u001b[K${text}`
    }
    this.#drawn = texts
    this.#size = { columns, rows }
    if (changes !== '') this.#terminal.write(`${BEGIN_UPDATE}${changes}${END_UPDATE}`)
  }

  #textOf(line: StyledLine): string {
    let written = ''
    for (const { text, tone } of line) {
      const look = this.#looks[tone]
      const shown = text.replace(CONTROL, '')
      written += look === '' ? shown : `\u001b[${look}m${shown}\u001b[m`
    }
    return written.trimEnd()
  }
}

/** A text that came from outside must not move the cursor. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is left out
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g

/** The stream that a live line is drawn on. */
interface LineStream {
  write(text: string): unknown
  columns?: number
}

/** One line at the bottom of a terminal that says what goes on now; lines above it stay. */
export interface LiveLine {
  /** What goes on from now; '' for nothing. */
  show(text: string): void
  /** Puts lines that stay above it. */
  print(lines: readonly string[]): void
  /** Takes the line away until it is drawn again. */
  hide(): void
  draw(): void
  /** Takes the line away and stops drawing. */
  end(): void
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const CLEAR = '\r\u001b[2K'
const FRAME_MS = 100

/** Draws a spinner, a text and the seconds since it was first shown. Nothing is left of it after `end`. */
export function createLiveLine(stream: LineStream, now: () => number): LiveLine {
  let text = ''
  let since = now()
  let frame = 0
  let timer: NodeJS.Timeout | undefined

  const draw = () => {
    if (text === '') return
    const seconds = Math.floor((now() - since) / 1000)
    const elapsed = seconds > 0 ? `  ${seconds}s` : ''
    // One cell short of the width: a full line would make some terminals begin a new one.
    const room = (stream.columns ?? 80) - 6 - elapsed.length
    const shown = text.length > room ? `${text.slice(0, Math.max(0, room - 1))}…` : text
    stream.write(`${CLEAR} ${FRAMES[frame++ % FRAMES.length]}  ${shown}${elapsed}`)
  }
  const rest = () => {
    clearInterval(timer)
    timer = undefined
    stream.write(CLEAR)
  }

  return {
    show(next) {
      if (next === text) return
      text = next
      since = now()
      if (text === '') return rest()
      timer ??= setInterval(draw, FRAME_MS)
      timer.unref()
      draw()
    },
    print(lines) {
      if (lines.length === 0) return
      stream.write(`${text === '' ? '' : CLEAR}${lines.map((line) => `${line}\n`).join('')}`)
      draw()
    },
    hide() {
      if (text !== '') stream.write(CLEAR)
    },
    draw,
    end() {
      if (text !== '') rest()
      text = ''
    },
  }
}

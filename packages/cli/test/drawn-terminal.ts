import { EventEmitter } from 'node:events'

/** A terminal of a size that does what it is told, as far as screens tell it anything, and shows what is on it. */
export class DrawnTerminal extends EventEmitter {
  columns: number
  rows: number
  #lines: string[] = []
  #row = 0

  constructor(columns = 80, rows = 24) {
    super()
    this.columns = columns
    this.rows = rows
  }

  /** The rows down to the last that is not empty, without their colours. */
  get frame(): string {
    return this.#lines
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd()
  }

  resize(columns: number, rows: number): void {
    Object.assign(this, { columns, rows })
    this.emit('resize')
  }

  write = (text: string): boolean => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes are what is interpreted
    for (const piece of text.split(/(\u001b\[[\d;?]*[A-Za-z])/)) this.#take(piece)
    return true
  }

  #take(piece: string): void {
    if (!piece.startsWith('\u001b')) {
      this.#lines[this.#row] = (this.#lines[this.#row] ?? '') + piece
      return
    }
    const to = /\[(\d+);1H$/.exec(piece)
    if (to) this.#moveTo(Number(to[1]) - 1)
    else if (piece.endsWith('[K')) this.#lines[this.#row] = ''
    else if (piece.endsWith('[2J')) this.#lines = []
    else if (!/m$|\?2026[hl]$/.test(piece)) throw new Error(`not known here: ${JSON.stringify(piece)}`)
  }

  #moveTo(row: number): void {
    if (row >= this.rows) throw new Error(`row ${row + 1} of ${this.rows}`)
    while (this.#lines.length < row) this.#lines.push('')
    this.#row = row
  }
}

import { describe, expect, test } from 'vitest'
import { createLiveLine } from './live-line.ts'

function drawn(columns = 80) {
  let text = ''
  const stream = {
    columns,
    write(chunk: string) {
      text += chunk
    },
  }
  return { line: createLiveLine(stream, () => 0), text: () => text }
}

/** What stays on the screen of a terminal that understands carriage returns and erased lines. */
function screenOf(text: string): string[] {
  const lines = ['']
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this is the language of terminals
  for (const piece of text.split(/(\r\u001b\[2K|\n)/)) {
    if (piece === '\n') lines.push('')
    else if (piece === '\r\u001b[2K') lines[lines.length - 1] = ''
    else lines[lines.length - 1] += piece
  }
  return lines
}

describe('createLiveLine', () => {
  test('keeps printed lines and leaves nothing of itself', () => {
    const { line, text } = drawn()
    line.show('kafka starting')
    line.print([' ok  kafka', 'second'])
    line.show('worker-1 starting')
    expect(screenOf(text()).at(-1)).toContain('worker-1 starting')
    line.print([' ok  worker-1'])
    line.end()
    expect(screenOf(text())).toEqual([' ok  kafka', 'second', ' ok  worker-1', ''])
  })

  test('never fills the width of the terminal', () => {
    const { line, text } = drawn(30)
    line.show('a very long description of what is going on just now')
    expect([...(screenOf(text()).at(-1) ?? '')].length).toBeLessThan(30)
    line.end()
  })

  test('writes nothing when there was nothing to say', () => {
    const { line, text } = drawn()
    line.show('')
    line.print([])
    line.end()
    expect(text()).toBe('')
  })
})

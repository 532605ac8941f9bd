import fc from 'fast-check'
import { expect, test } from 'vitest'
import { displayWidth } from './display-width.ts'
import { createPalette } from './palette.ts'
import { tableText } from './table-text.ts'
import { wrapText } from './wrap-text.ts'

test.each([
  ['', 0],
  ['abc', 3],
  ['1,000–10,000 → 5 × µSv/h', 24],
  ['福島', 4],
  ['e\u0301', 1],
  ['ｆｕｌｌ', 8],
  ['🙂', 2],
  ['👩‍🚀', 2],
  ['⚠️', 2],
  ['\u001b[31mred\u001b[39m', 3],
  ['a\u200bb', 2],
])('%j takes %i cells', (text, cells) => {
  expect(displayWidth(text)).toBe(cells)
})

test('the last column of a table begins at one place, whatever the cells hold', () => {
  const { red } = createPalette(true)
  const text = tableText(
    [
      ['name', '1', '|'],
      ['福島', red('22'), '|'],
      ['a–b', '333', '|'],
    ],
    { align: ['left', 'right'], columns: 80 },
  )
  const starts = text.split('\n').map((line) => displayWidth(line.slice(0, line.indexOf('|'))))
  expect(new Set(starts).size).toBe(1)
})

test('wrapped text keeps every word in order, and no line is wider than asked unless one word is', () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-z福→]{1,12}$/), { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 1, max: 60 }),
      (words, columns) => {
        const lines = wrapText(words.join(' '), columns)
        expect(lines.join(' ').split(' ')).toEqual(words)
        for (const line of lines) expect(displayWidth(line) <= columns || !line.includes(' ')).toBe(true)
      },
    ),
  )
})

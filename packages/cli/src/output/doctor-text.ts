import type { Examination, Examined } from '../services/examine-machine.ts'
import type { StreamStyle } from './output.ts'
import { wrapText } from './wrap-text.ts'

const STATE_CELLS = 11
const ID_CELLS = 12

/** What the doctor found, one check after the other, and the sums last. */
export function doctorText({ checks, counts, profile }: Examination, style: StreamStyle): string {
  const columns = Math.min(style.columns, 120)
  const sums = [
    `${counts.ok} ok`,
    ...(counts.note > 0 ? [`${counts.note} ${counts.note === 1 ? 'note' : 'notes'}`] : []),
    ...(counts.problem > 0 ? [`${counts.problem} ${counts.problem === 1 ? 'problem' : 'problems'}`] : []),
    ...(counts.unchecked > 0 ? [`${counts.unchecked} could not be checked`] : []),
  ].join(', ')
  const next = counts.problem > 0 ? [] : [`next  radtune up --profile ${profile}`]
  return [...checks.map((check) => checkText(check, { style, columns })), '', sums, ...next].join('\n')
}

function checkText(
  { id, state, found, fix = [] }: Examined,
  { style: { palette }, columns }: { style: StreamStyle; columns: number },
): string {
  const paint = { ok: palette.green, note: palette.cyan, problem: palette.red, unchecked: palette.yellow }[
    state
  ]
  const indent = ' '.repeat(STATE_CELLS + ID_CELLS)
  const [first = '', ...rest] = wrapText(found, columns - indent.length)
  return [
    `${paint(state.padEnd(STATE_CELLS))}${id.padEnd(ID_CELLS)}${first}`,
    ...rest.map((line) => indent + line),
    ...fix.map((step, index) => `${indent}${palette.dim(index === 0 ? 'fix  ' : '     ')}${step}`),
  ].join('\n')
}

import type { RadtuneError } from '@radtune/core/errors'
import { displayWidth } from './display-width.ts'
import type { StreamStyle } from './output.ts'
import { wrapText } from './wrap-text.ts'

const labelWidth = 6
const indent = ' '.repeat(2 + labelWidth)

/**
 * The text form of an error: code, what, why, logs, fix, left and where to read more, wrapped to the stream.
 * Log lines and commands are kept whole: they are evidence, or are to be pasted.
 */
export function errorText(error: RadtuneError, style: StreamStyle): string {
  const { palette } = style
  const columns = Math.min(style.columns, 120)
  const head = `error[${error.code}]: `
  const exit = `exit ${error.exitCode}`
  const [first = '', ...rest] = wrapText(error.message, columns - displayWidth(head))
  const gap = columns - displayWidth(head) - displayWidth(first) - exit.length
  const aligned = gap >= 2 ? `${' '.repeat(gap)}${palette.dim(exit)}` : ''
  return [
    `${palette.red(palette.bold(head.trimEnd()))} ${palette.bold(first)}${aligned}`,
    ...rest.map((line) => `  ${line}`),
    ...(error.why ? labelled('why', wrapText(error.why, columns - indent.length)) : []),
    ...labelled('logs', error.logs),
    ...labelled('fix', error.fix),
    ...(error.left ? labelled('left', wrapText(error.left, columns - indent.length)) : []),
    ...labelled('more', [`radtune explain ${error.code}`]),
  ].join('\n')

  function labelled(label: string, lines: readonly string[]): string[] {
    return lines.map((line, index) =>
      index === 0 ? `  ${palette.dim(label.padEnd(labelWidth))}${line}` : `${indent}${line}`,
    )
  }
}
